import type { DType, Format, TypedArray } from "./dtype.js";
import type { Store } from "./engine/store.js";
import type { Stored } from "./engine/stored.js";
import { DisposedError } from "./errors.js";
import { sizeOf } from "./shape.js";

/** What every function accepts: dense row-major data and its shape. */
export interface TensorLike<Data extends TypedArray = TypedArray> {
  /** As many elements as the shape says. */
  readonly data: Data;
  /** Sizes, outermost first. */
  readonly shape: readonly number[];
  /** Taken from `data` where it is missing; a Uint16Array must say whether it holds float16 or bfloat16 numbers. */
  readonly dtype?: DType;
}

/** Where a resident tensor lies. */
interface Residence {
  readonly store: Store;
  readonly offset: number;
  /** Whether dispose gives the bytes back: those of a view are somebody else's. */
  readonly owned: boolean;
}

/**
 * The key of `using`, where TypeScript's lib knows it: so that the declarations also compile where it does not.
 */
type DisposeSymbol = SymbolConstructor extends { readonly dispose: infer Key extends symbol } ? Key : never;

/** `using tensor = engine.tensor(...)` frees the tensor at the end of the block. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type, @typescript-eslint/no-unused-vars -- defined below
export interface Tensor<Data extends TypedArray = TypedArray> extends Record<DisposeSymbol, () => void> {}

/**
 * A dense row-major tensor. Host tensors wrap an ordinary typed array; resident tensors lie in an engine's linear
 * memory, which nothing is copied from or to, and are freed by `dispose()`, `using` or `engine.scope`.
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- see the interface
export class Tensor<Data extends TypedArray = TypedArray> implements TensorLike<Data> {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly #format: Format;
  readonly #host: Data | undefined;
  readonly #residence: Residence | undefined;
  readonly #sizes: readonly number[];
  readonly #size: number;
  readonly #stored: Stored | undefined;
  #view: Data | undefined;
  #disposed = false;

  private constructor(
    shape: readonly number[],
    format: Format,
    host: Data | undefined,
    residence: Residence | undefined,
    stored?: Stored,
  ) {
    this.shape = Object.freeze([...shape]);
    // Frozen arrays are of another kind to an engine: loops that see both kinds are slow.
    this.#sizes = [...shape];
    this.dtype = format.dtype;
    this.#format = format;
    this.#host = host;
    this.#residence = residence;
    this.#stored = stored;
    this.#size = sizeOf(shape);
  }

  /** @internal Whether a value is one of these: unlike instanceof, runs none of the value's code and takes no proxy. */
  static is(value: unknown): value is Tensor {
    return typeof value === "object" && value !== null && #host in value;
  }

  /** @internal */
  static host(data: TypedArray, shape: readonly number[], format: Format): Tensor {
    return new Tensor(shape, format, data, undefined);
  }

  /** @internal A host tensor without an array of its own, which only the wasm backend takes, and as x and `out` only. */
  static stored(stored: Stored, shape: readonly number[], format: Format): Tensor {
    return new Tensor(shape, format, new format.Array!(0), undefined, stored);
  }

  /** @internal */
  static resident(store: Store, offset: number, shape: readonly number[], format: Format, owned: boolean): Tensor {
    return new Tensor(shape, format, undefined, { store, offset, owned });
  }

  /** Whether the tensor lies in an engine's linear memory. */
  get resident(): boolean {
    return this.#residence !== undefined;
  }

  /**
   * The elements. For a resident tensor a live view of the engine's memory, right also after the memory has grown:
   * read it anew rather than keep it. Throws DisposedError.
   */
  get data(): Data {
    if (this.#host) return this.#host;
    this.assertAlive("Tensor.data", "tensor");
    const { store, offset } = this.#residence!;
    const { buffer } = store.memory.memory;
    if (this.#view?.buffer !== buffer) this.#view = new this.#format.Array!(buffer, offset, this.#size) as Data;
    return this.#view!;
  }

  /** Frees a resident tensor's bytes; a second call, or a call on a host tensor, does nothing. */
  dispose(): void {
    if (this.#disposed || !this.#residence) return;
    this.#disposed = true;
    this.#view = undefined;
    const { store, offset, owned } = this.#residence;
    if (owned && !store.disposed) store.heap.free(offset);
  }

  /** @internal The engine's memory a resident tensor lies in. */
  get store(): Store | undefined {
    return this.#residence?.store;
  }

  /** @internal Where the elements of a host tensor are, if not in its array. */
  get stored(): Stored | undefined {
    return this.#stored;
  }

  /** @internal Bytes from the start of the memory; -1 for a host tensor. */
  get offset(): number {
    return this.#residence ? this.#residence.offset : -1;
  }

  /** @internal The shape, for the library's own loops. */
  get sizes(): readonly number[] {
    return this.#sizes;
  }

  /** @internal How the elements are stored. */
  get format(): Format {
    return this.#format;
  }

  /** @internal The number of elements. */
  get size(): number {
    return this.#size;
  }

  /** @internal Throws DisposedError. */
  assertAlive(functionName: string, argument: string): void {
    if (this.#disposed || this.#residence?.store.disposed) {
      const got = this.#disposed ? "a disposed tensor" : "a tensor of a disposed engine";
      throw new DisposedError(functionName, argument, "must not be disposed", got);
    }
  }
}

// Not every engine has Symbol.dispose: Safari does not.
if (Symbol.dispose) {
  Object.defineProperty(Tensor.prototype, Symbol.dispose, { value: Tensor.prototype.dispose });
}
