import { ArgumentError, OutOfMemoryError, UnsupportedError } from "../errors.js";
import { Allocator } from "./allocator.js";
import { ADDRESSABLE_BYTES, type LinearMemory, outOfMemory } from "./memory.js";

/** Where an engine's bytes come from. */
export interface Heap {
  readonly usedBytes: number;
  readonly peakBytes: number;
  /** The offset of `bytes` bytes, a multiple of 8. Throws OutOfMemoryError or UnsupportedError. */
  allocate(functionName: string, bytes: number): number;
  free(offset: number): void;
}

/** The engine's own memory: grown as needed, never past `maximumBytes`. */
export class OwnHeap implements Heap {
  readonly #allocator: Allocator;
  readonly #memory: LinearMemory;
  readonly #maximumBytes: number;

  constructor(memory: LinearMemory, start: number, maximumBytes: number) {
    this.#allocator = new Allocator(start);
    this.#memory = memory;
    this.#maximumBytes = Math.min(maximumBytes, ADDRESSABLE_BYTES);
  }

  get usedBytes(): number {
    return this.#allocator.usedBytes;
  }

  get peakBytes(): number {
    return this.#allocator.peakBytes;
  }

  allocate(functionName: string, bytes: number): number {
    // Sizes are doubles here: a product past 2^32 is refused before it could wrap around.
    if (bytes > this.#maximumBytes) throw outOfMemory(functionName, bytes, this.#maximumBytes);
    return this.#allocator.allocate(bytes, (end) => {
      this.#memory.growTo(functionName, end, this.#maximumBytes);
    });
  }

  free(offset: number): void {
    this.#allocator.free(offset);
  }
}

/** Another module's memory, through that module's allocator. */
export class ForeignHeap implements Heap {
  readonly #memory: LinearMemory;
  readonly #allocate: ((bytes: number) => number) | undefined;
  readonly #free: ((offset: number) => void) | undefined;
  readonly #sizes = new Map<number, number>();
  #usedBytes = 0;
  #peakBytes = 0;

  constructor(memory: LinearMemory, allocate?: (bytes: number) => number, free?: (offset: number) => void) {
    this.#memory = memory;
    this.#allocate = allocate;
    this.#free = free;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get peakBytes(): number {
    return this.#peakBytes;
  }

  allocate(functionName: string, bytes: number): number {
    if (!this.#allocate) {
      const expected = "must be given to allocate in the memory of another module";
      throw new UnsupportedError(functionName, "allocate", expected, `none, with ${bytes} bytes needed`);
    }
    const offset = this.#checked(functionName, bytes, this.#allocate(bytes));
    this.#sizes.set(offset, bytes);
    this.#usedBytes += bytes;
    this.#peakBytes = Math.max(this.#peakBytes, this.#usedBytes);
    return offset;
  }

  free(offset: number): void {
    const bytes = this.#sizes.get(offset);
    if (bytes === undefined) return;
    this.#sizes.delete(offset);
    this.#usedBytes -= bytes;
    this.#free?.(offset);
  }

  /** A foreign malloc says no with 0, and a signed offset past 2^31 comes back negative. */
  #checked(functionName: string, bytes: number, result: unknown): number {
    if (typeof result !== "number" || !Number.isInteger(result)) {
      throw new ArgumentError(functionName, "allocate", "must return an offset in bytes", String(result));
    }
    const offset = result >>> 0;
    if (offset === 0) throw new OutOfMemoryError(functionName, "allocate", `must provide ${bytes} bytes`, "offset 0");
    if (offset % 4 !== 0 || offset + bytes > this.#memory.byteLength || this.#sizes.has(offset)) {
      this.#giveBack(offset);
      const expected = `must return ${bytes} free bytes inside the memory, aligned to 4`;
      throw new OutOfMemoryError(functionName, "allocate", expected, `offset ${offset}`);
    }
    return offset;
  }

  #giveBack(offset: number): void {
    if (!this.#sizes.has(offset)) this.#free?.(offset);
  }
}
