import type { Backend } from "../backend/backend.js";
import type { DType, TypedArray } from "../dtype.js";
import { describe, dtypeOf, lengthOf, quote } from "../dtype.js";
import { ArgumentError, DTypeError, LanenormError, OutOfMemoryError, ShapeError } from "../errors.js";
import { type AffineOptions, affineGlobal, affineVectorized } from "../ops/affine.js";
import { groupNorm, type GroupNormOptions, nativeGroupNorm } from "../ops/group_norm.js";
import { layerNorm, type LayerNormOptions, nativeLayerNorm } from "../ops/layer_norm.js";
import { rowwiseMoments, type RowwiseMoments } from "../ops/moments.js";
import type { NormalizeContext, WithStatistics } from "../ops/normalize_rows.js";
import { shapeOf, thrown } from "../ops/operand.js";
import { formatShape, sizeOf } from "../shape.js";
import { Tensor, type TensorLike } from "../tensor.js";
import { ADDRESSABLE_BYTES } from "./memory.js";
import { Scopes } from "./scopes.js";
import type { Store } from "./store.js";

/** Memory figures of an engine, in bytes. */
export interface EngineMemory {
  /** Held by resident tensors now, and by calls while they run. */
  readonly usedBytes: number;
  /** The most that was held at once. */
  readonly peakBytes: number;
  /** The size of the linear memory. */
  readonly capacityBytes: number;
}

/**
 * The kernels on one memory, with every function of the package as a method. Made by createEngineSync or createEngine.
 */
export class Engine {
  /** @internal Whether a value is an engine: unlike instanceof, takes no proxy. */
  static is(value: unknown): value is Engine {
    return typeof value === "object" && value !== null && #context in value;
  }

  readonly #context: NormalizeContext;
  readonly #scopes = new Scopes();

  /** @internal */
  constructor(store: Store, backend: Backend) {
    this.#context = { store, backend, allocate: (functionName, shape) => this.#allocate(functionName, shape) };
  }

  /** "wasm" or "js". */
  get backend(): "wasm" | "js" {
    return this.#context.backend.name;
  }

  /** How much memory the engine holds. */
  get memory(): EngineMemory {
    const { heap, memory } = this.#context.store;
    return { usedBytes: heap.usedBytes, peakBytes: heap.peakBytes, capacityBytes: memory.byteLength };
  }

  /** See the function of this name. */
  layerNorm(x: TensorLike, normalizedShape: number | readonly number[], options?: LayerNormOptions): Tensor {
    return layerNorm(this.#alive("layerNorm"), x, normalizedShape, options);
  }

  /** See the function of this name. */
  nativeLayerNorm(
    x: TensorLike,
    normalizedShape: number | readonly number[],
    options?: LayerNormOptions,
  ): WithStatistics {
    return nativeLayerNorm(this.#alive("nativeLayerNorm"), x, normalizedShape, options);
  }

  /** See the function of this name. */
  groupNorm(x: TensorLike, numGroups: number, options?: GroupNormOptions): Tensor {
    return groupNorm(this.#alive("groupNorm"), x, numGroups, options);
  }

  /** See the function of this name. */
  nativeGroupNorm(x: TensorLike, numGroups: number, options?: GroupNormOptions): WithStatistics {
    return nativeGroupNorm(this.#alive("nativeGroupNorm"), x, numGroups, options);
  }

  /** See the function of this name. */
  rowwiseMoments(x: TensorLike, n: number): RowwiseMoments {
    return rowwiseMoments(this.#alive("rowwiseMoments"), x, n);
  }

  /** See the function of this name. */
  affineGlobal(
    x: TensorLike,
    scale: TensorLike | TypedArray,
    bias: TensorLike | TypedArray,
    options?: AffineOptions,
  ): Tensor {
    return affineGlobal(this.#alive("affineGlobal"), x, scale, bias, options);
  }

  /** See the function of this name. */
  affineVectorized(
    x: TensorLike,
    scale: TensorLike | TypedArray,
    bias: TensorLike | TypedArray,
    gamma: TensorLike | TypedArray,
    beta: TensorLike | TypedArray,
    options?: AffineOptions,
  ): Tensor {
    return affineVectorized(this.#alive("affineVectorized"), x, scale, bias, gamma, beta, options);
  }

  /**
   * A resident tensor with a copy of `data`. Free it with `dispose()`, `using` or `scope`.
   * Throws ShapeError, DTypeError, OutOfMemoryError.
   */
  tensor(data: TypedArray | readonly number[], shape: readonly number[], dtype?: DType): Tensor {
    const { store } = this.#alive("engine.tensor");
    const values = isArray(data) ? fromNumbers(data) : (data as TypedArray);
    dtypeOf("engine.tensor", "data", values, dtype);
    const sizes = shapeOf("engine.tensor", "shape", shape);
    const length = lengthOf(values);
    if (sizeOf(sizes) !== length) {
      const expected = `must have as many elements as shape ${formatShape(sizes)} says, ${sizeOf(sizes)}`;
      throw new ShapeError("engine.tensor", "data", expected, String(length));
    }
    // Growing for the copy detaches views of this memory: such data is kept by what it was.
    const kept = values.buffer === store.memory.memory.buffer ? values.slice() : values;
    const tensor = this.#allocate("engine.tensor", sizes);
    if (length > 0) tensor.data.set(kept);
    return tensor;
  }

  /** A resident tensor of zeros. Throws ShapeError, OutOfMemoryError. */
  empty(shape: readonly number[], dtype: DType = "float32"): Tensor {
    this.#alive("engine.empty");
    const sizes = shapeOf("engine.empty", "shape", shape);
    checkDtype("engine.empty", dtype);
    const tensor = this.#allocate("engine.empty", sizes);
    tensor.data.fill(0);
    return tensor;
  }

  /**
   * A resident tensor over bytes that are already in the engine's memory, and stay whose they are: disposing of it
   * frees nothing. Bytes that no tensor owns are free for any call to use. Throws ShapeError, ArgumentError.
   */
  view(byteOffset: number, shape: readonly number[], dtype: DType = "float32"): Tensor {
    const { store } = this.#alive("engine.view");
    const sizes = shapeOf("engine.view", "shape", shape);
    checkDtype("engine.view", dtype);
    if (!Number.isSafeInteger(byteOffset) || byteOffset < 0 || byteOffset % 4 !== 0) {
      throw new ArgumentError("engine.view", "byteOffset", "must be a multiple of 4 from 0 up", describe(byteOffset));
    }
    const end = byteOffset + sizeOf(sizes) * 4;
    if (store.heap.reserves(byteOffset, end)) {
      const expected = "must leave out the bytes that kernels use";
      throw new ArgumentError("engine.view", "byteOffset", expected, `${byteOffset}, an end of ${end}`);
    }
    if (end > store.memory.byteLength) {
      const expected = `must leave shape ${formatShape(sizes)} inside the ${store.memory.byteLength} bytes of memory`;
      throw new ArgumentError("engine.view", "byteOffset", expected, `${byteOffset}, an end of ${end}`);
    }
    return Tensor.resident(store, byteOffset, sizes, false);
  }

  /**
   * Runs `fn` and frees the resident tensors that were made meanwhile, except those in what it returns (a tensor, or
   * tensors in an array or object). If `fn` throws, all are freed.
   */
  scope<Result>(fn: () => Result): Result {
    this.#alive("engine.scope");
    return this.#scopes.run(fn);
  }

  /** Ends the engine: its tensors cannot be used any more, and its memory can be collected. Twice is once. */
  dispose(): void {
    this.#context.store.dispose();
  }

  #alive(functionName: string): NormalizeContext {
    this.#context.store.assertAlive(functionName);
    return this.#context;
  }

  #allocate(functionName: string, shape: readonly number[]): Tensor {
    const { store } = this.#context;
    const bytes = sizeOf(shape) * 4;
    if (bytes > ADDRESSABLE_BYTES) {
      throw new OutOfMemoryError(
        functionName,
        "shape",
        `must take at most ${ADDRESSABLE_BYTES} bytes`,
        `${bytes} bytes`,
      );
    }
    const tensor = Tensor.resident(store, store.heap.allocate(functionName, bytes), shape, true);
    this.#scopes.track(tensor);
    return tensor;
  }
}

/** Array.isArray throws for a proxy that has been revoked. */
function isArray(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

/** Numbers of an array, each read once. */
function fromNumbers(values: readonly unknown[]): TypedArray {
  try {
    const { length } = values;
    const numbers: number[] = [];
    for (let index = 0; index < length; index++) {
      const value = values[index];
      if (typeof value !== "number") {
        const got = `${describe(value)} at index ${index}`;
        throw new DTypeError("engine.tensor", "data", "must hold numbers", got);
      }
      numbers.push(value);
    }
    return Float32Array.from(numbers);
  } catch (reason) {
    if (reason instanceof LanenormError) throw reason;
    throw new ArgumentError("engine.tensor", "data", "must be readable", thrown(reason));
  }
}

function checkDtype(functionName: string, dtype: unknown): void {
  if (dtype !== "float32") {
    throw new DTypeError(functionName, "dtype", 'must be "float32"', quote(dtype));
  }
}
