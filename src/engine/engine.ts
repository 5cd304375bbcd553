import type { Backend } from "../backend/backend.js";
import type { DType, Format, TypedArray } from "../dtype.js";
import { describe, float32, formatOfData, formatOfDType, lengthOf } from "../dtype.js";
import { writeNumbers } from "../elements.js";
import { ArgumentError, DTypeError, OutOfMemoryError } from "../errors.js";
import type * as functions from "../functions.js";
import { affineGlobal, affineVectorized } from "../ops/affine.js";
import { batchNorm, nativeBatchNorm } from "../ops/batch_norm.js";
import { batchNormBackward } from "../ops/batch_norm_backward.js";
import { groupNorm, nativeGroupNorm } from "../ops/group_norm.js";
import { groupNormBackward } from "../ops/group_norm_backward.js";
import { instanceNorm, nativeInstanceNorm } from "../ops/instance_norm.js";
import { instanceNormBackward } from "../ops/instance_norm_backward.js";
import { layerNorm, nativeLayerNorm } from "../ops/layer_norm.js";
import { layerNormBackward } from "../ops/layer_norm_backward.js";
import { localResponseNorm } from "../ops/local_response_norm.js";
import { localResponseNormBackward } from "../ops/local_response_norm_backward.js";
import { type AxisMoments, axisMoments, rowwiseMoments } from "../ops/moments.js";
import { normalize } from "../ops/normalize.js";
import { normalizeBackward } from "../ops/normalize_backward.js";
import type { NormalizeContext } from "../ops/normalize_groups.js";
import { checkLength, reading, shapeOf } from "../ops/operand.js";
import { nativeRmsNorm, rmsNorm } from "../ops/rms_norm.js";
import { rmsNormBackward } from "../ops/rms_norm_backward.js";
import { standardize } from "../ops/standardize.js";
import { formatShape, sizeOf } from "../shape.js";
import { Tensor, type TensorLike } from "../tensor.js";
import { ADDRESSABLE_BYTES } from "./memory.js";
import { Scopes } from "./scopes.js";
import type { Store } from "./store.js";

/** The class of array that tensors of a dtype have where none was given: bits for the short ones. */
export type ArrayOf<Type extends DType> = Type extends "float64"
  ? Float64Array
  : Type extends "float32"
    ? Float32Array
    : Uint16Array;

/** Memory figures of an engine, in bytes. */
export interface EngineMemory {
  /** Held by resident tensors now, and by calls while they run. */
  readonly usedBytes: number;
  /** The most that was held at once. */
  readonly peakBytes: number;
  /** The size of the linear memory. */
  readonly capacityBytes: number;
}

/** Every function of the package, on the engine that its context is of. */
const ops = {
  layerNorm,
  nativeLayerNorm,
  rmsNorm,
  nativeRmsNorm,
  groupNorm,
  nativeGroupNorm,
  instanceNorm,
  nativeInstanceNorm,
  batchNorm,
  nativeBatchNorm,
  standardize,
  normalize,
  localResponseNorm,
  layerNormBackward,
  rmsNormBackward,
  groupNormBackward,
  instanceNormBackward,
  batchNormBackward,
  normalizeBackward,
  localResponseNormBackward,
  rowwiseMoments,
  affineGlobal,
  affineVectorized,
};

type Op = (context: NormalizeContext, ...args: never[]) => unknown;

type Functions = typeof functions;

/** The functions of the package as methods: see the function of the name. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type, @typescript-eslint/no-unsafe-declaration-merging -- defined below
export interface Engine extends Functions {}

/**
 * The kernels on one memory, with every function of the package as a method. Made by createEngineSync or createEngine.
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- see the interface
export class Engine {
  /** @internal Whether a value is an engine: unlike instanceof, takes no proxy. */
  static is(value: unknown): value is Engine {
    return typeof value === "object" && value !== null && #context in value;
  }

  static {
    for (const [name, op] of Object.entries<Op>(ops)) {
      Object.defineProperty(this.prototype, name, {
        value(this: Engine, ...args: never[]) {
          return op(this.#alive(name), ...args);
        },
        writable: true,
        configurable: true,
      });
    }
  }

  readonly #context: NormalizeContext;
  readonly #scopes = new Scopes();

  /** @internal */
  constructor(store: Store, backend: Backend) {
    this.#context = { store, backend, allocate: (...args) => this.#allocate(...args) };
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

  /** @internal What Moments are made of. */
  axisMoments(x: TensorLike, axes: readonly number[] | undefined): AxisMoments {
    return axisMoments(this.#alive("Moments.of"), x, axes);
  }

  /**
   * A resident tensor with a copy of `data`. Free it with `dispose()`, `using` or `scope`. Numbers in an array are
   * rounded to `dtype`, by default float32. Throws ShapeError, DTypeError, OutOfMemoryError.
   */
  tensor<Data extends TypedArray>(data: Data, shape: readonly number[], dtype?: DType): Tensor<Data>;
  tensor<Type extends DType = "float32">(
    data: readonly number[],
    shape: readonly number[],
    dtype?: Type,
  ): Tensor<ArrayOf<Type>>;
  tensor(data: TypedArray | readonly number[], shape: readonly number[], dtype?: DType): Tensor {
    const { store } = this.#alive("engine.tensor");
    const numbers = isArray(data) ? fromNumbers(data) : undefined;
    const format = numbers
      ? formatOfDType("engine.tensor", dtype === undefined ? "float32" : dtype)
      : formatOfData("engine.tensor", "data", data, dtype);
    const sizes = shapeOf("engine.tensor", "shape", shape);
    const length = numbers ? numbers.length : lengthOf(data as TypedArray);
    checkLength("engine.tensor", "data", length, sizes);
    // Growing for the copy detaches views of this memory: such data is kept by what it was.
    const kept = numbers ?? keep(data as Float32Array, store);
    const tensor = this.#allocate("engine.tensor", sizes, format);
    if (numbers) writeNumbers(tensor, numbers);
    else if (length > 0) (tensor.data as Float32Array).set(kept);
    return tensor;
  }

  /** A resident tensor of zeros. Throws ShapeError, DTypeError, OutOfMemoryError. */
  empty<Type extends DType = "float32">(shape: readonly number[], dtype?: Type): Tensor<ArrayOf<Type>> {
    this.#alive("engine.empty");
    const sizes = shapeOf("engine.empty", "shape", shape);
    const format = dtype === undefined ? float32 : formatOfDType("engine.empty", dtype);
    const tensor = this.#allocate("engine.empty", sizes, format) as Tensor<ArrayOf<Type>>;
    (tensor.data as Float32Array).fill(0);
    return tensor;
  }

  /**
   * A resident tensor over bytes that are already in the engine's memory, and stay whose they are: disposing of it
   * frees nothing. Bytes that no tensor owns are free for any call to use. `byteOffset` is a multiple of the bytes of an
   * element. Throws ShapeError, DTypeError, ArgumentError.
   */
  view<Type extends DType = "float32">(
    byteOffset: number,
    shape: readonly number[],
    dtype?: Type,
  ): Tensor<ArrayOf<Type>> {
    const { store } = this.#alive("engine.view");
    const sizes = shapeOf("engine.view", "shape", shape);
    const format = dtype === undefined ? float32 : formatOfDType("engine.view", dtype);
    const { bytes } = format;
    if (!Number.isSafeInteger(byteOffset) || byteOffset < 0 || byteOffset % bytes !== 0) {
      const expected = `must be a multiple of ${bytes} from 0 up`;
      throw new ArgumentError("engine.view", "byteOffset", expected, describe(byteOffset));
    }
    const end = byteOffset + sizeOf(sizes) * bytes;
    if (store.heap.reserves(byteOffset, end)) {
      const expected = "must leave out the bytes that kernels use";
      throw new ArgumentError("engine.view", "byteOffset", expected, `${byteOffset}, an end of ${end}`);
    }
    if (end > store.memory.byteLength) {
      const expected = `must leave shape ${formatShape(sizes)} inside the ${store.memory.byteLength} bytes of memory`;
      throw new ArgumentError("engine.view", "byteOffset", expected, `${byteOffset}, an end of ${end}`);
    }
    return Tensor.resident(store, byteOffset, sizes, format, false) as Tensor<ArrayOf<Type>>;
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

  #allocate(functionName: string, shape: readonly number[], format: Format): Tensor {
    const { store } = this.#context;
    const bytes = sizeOf(shape) * format.bytes;
    if (bytes > ADDRESSABLE_BYTES) {
      throw new OutOfMemoryError(
        functionName,
        "shape",
        `must take at most ${ADDRESSABLE_BYTES} bytes`,
        `${bytes} bytes`,
      );
    }
    const offset = store.heap.allocate(functionName, bytes, format.bytes === 8 ? 8 : 4);
    const tensor = Tensor.resident(store, offset, shape, format, true);
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
function fromNumbers(values: readonly unknown[]): Float64Array {
  return reading("engine.tensor", "data", () => {
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
    return Float64Array.from(numbers);
  });
}

/** Data as it is now: a copy, if it lies in the memory that is about to grow. */
function keep(data: Float32Array, { memory }: Store): Float32Array {
  return data.buffer === memory.memory.buffer ? data.slice() : data;
}
