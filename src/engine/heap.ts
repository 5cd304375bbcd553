import { describe } from "../dtype.js";
import { ArgumentError, OutOfMemoryError, UnsupportedError } from "../errors.js";
import { Allocator } from "./allocator.js";
import { type Holding, Ledger } from "./ledger.js";
import { ADDRESSABLE_BYTES, type LinearMemory, outOfMemory, PAGE_BYTES } from "./memory.js";
import { SCRATCH_BYTES } from "./module.js";

/** Where an engine's bytes come from. */
export interface Heap {
  readonly usedBytes: number;
  readonly peakBytes: number;
  /** Whether bytes from `offset` to `end` touch those that are set aside for kernels. */
  reserves(offset: number, end: number): boolean;
  /** The offset of `bytes` bytes, a multiple of `alignment`. Throws OutOfMemoryError or UnsupportedError. */
  allocate(functionName: string, bytes: number, alignment: 4 | 8): number;
  free(offset: number): void;
  /** Gives back all that is held. */
  freeAll(): void;
}

/** In an engine's own memory kernels have their scratch here, so that calls need not take any and no tensor is at 0. */
export const KERNEL_SCRATCH = 64;
const RESERVED_END = KERNEL_SCRATCH + SCRATCH_BYTES;

/** Where addresses differ by a multiple of this, give or take a few lines, processors take a load to depend on a store. */
const ALIAS_BYTES = 4096;
/** Allocations from here up are made in an order that kernels walk through them side by side. */
const LARGE = 65_536;

/**
 * Bytes with room behind, so that what is allocated next does not alias: an x and an out of a power of two of bytes would
 * cost group norm up to half as much again.
 */
function apart(bytes: number): number {
  if (bytes < LARGE) return bytes;
  const quarter = ALIAS_BYTES / 4;
  const distance = bytes % ALIAS_BYTES;
  if (distance >= quarter && distance <= 3 * quarter) return bytes;
  return bytes + quarter + (distance < quarter ? -distance : ALIAS_BYTES - distance);
}

/** The engine's own memory: grown as needed, never past `maximumBytes`. */
export class OwnHeap extends Allocator implements Heap {
  readonly #memory: LinearMemory;
  readonly #maximumBytes: number;

  constructor(memory: LinearMemory, maximumBytes: number) {
    super(RESERVED_END);
    this.#memory = memory;
    // Memory grows by whole pages.
    this.#maximumBytes = Math.min(Math.floor(maximumBytes / PAGE_BYTES) * PAGE_BYTES, ADDRESSABLE_BYTES);
  }

  allocate(functionName: string, bytes: number): number {
    // Sizes are doubles here: a product past 2^32 is refused before it could wrap around.
    if (bytes > this.#maximumBytes) throw outOfMemory(functionName, bytes, this.#maximumBytes);
    return this.take(apart(bytes), (end) => {
      this.#memory.growTo(functionName, end, this.#maximumBytes);
    });
  }

  reserves(offset: number, end: number): boolean {
    return offset < RESERVED_END && end > KERNEL_SCRATCH;
  }
}

/** Bytes asked of a foreign allocator at the least: many answer a request for none with 0. */
const SMALLEST = 4;

/** Another module's memory, through that module's allocator. */
export class ForeignHeap extends Ledger implements Heap {
  readonly #memory: LinearMemory;
  readonly #allocate: ((bytes: number) => number) | undefined;
  readonly #free: ((offset: number) => void) | undefined;

  constructor(memory: LinearMemory, allocate?: (bytes: number) => number, free?: (offset: number) => void) {
    super();
    this.#memory = memory;
    this.#allocate = allocate;
    this.#free = free;
  }

  allocate(functionName: string, bytes: number, alignment: 4 | 8): number {
    if (!this.#allocate) {
      const expected = "must be given to allocate in the memory of another module";
      throw new UnsupportedError(functionName, "allocate", expected, `none, with ${bytes} bytes needed`);
    }
    // Allocators for 32-bit words promise multiples of 4: room to move up to a multiple of 8.
    const size = Math.max(bytes, SMALLEST) + (alignment === 8 ? 4 : 0);
    const start = this.#checked(functionName, size, this.#allocate(size));
    const offset = Math.ceil(start / alignment) * alignment;
    this.hold(offset, { start, size });
    return offset;
  }

  reserves(): boolean {
    return false;
  }

  protected override giveBack({ start }: Holding): void {
    this.#free?.(start);
  }

  /** A foreign malloc says no with 0, and a signed offset past 2^31 comes back negative. */
  #checked(functionName: string, bytes: number, result: unknown): number {
    if (typeof result !== "number" || !Number.isInteger(result)) {
      throw new ArgumentError(functionName, "allocate", "must return an offset in bytes", describe(result));
    }
    if (result < -(2 ** 31) || result >= 2 ** 32) {
      throw new OutOfMemoryError(functionName, "allocate", "must return a 32-bit offset", String(result));
    }
    const offset = result >>> 0;
    if (offset === 0) throw new OutOfMemoryError(functionName, "allocate", `must provide ${bytes} bytes`, "offset 0");
    const ours = this.#holds(offset, bytes);
    if (ours || offset % 4 !== 0 || offset + bytes > this.#memory.byteLength) {
      if (!ours) this.#free?.(offset);
      const expected = `must return ${bytes} free bytes inside the memory, aligned to 4`;
      throw new OutOfMemoryError(functionName, "allocate", expected, `offset ${offset}`);
    }
    return offset;
  }

  /** Whether bytes are among those we already have from the allocator. */
  #holds(offset: number, bytes: number): boolean {
    for (const { start, size } of this.held.values()) {
      if (offset < start + size && start < offset + bytes) return true;
    }
    return false;
  }
}
