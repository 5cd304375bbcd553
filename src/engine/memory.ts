import { OutOfMemoryError } from "../errors.js";

/** What is needed of a WebAssembly.Memory. */
export interface MemoryLike {
  readonly buffer: ArrayBufferLike;
  grow(pages: number): number;
}

export const PAGE_BYTES = 65_536;
/** All that 32-bit addresses reach: 65,536 pages. */
export const ADDRESSABLE_BYTES = 2 ** 32;

/** A memory with a live view: growing, by anyone, detaches views, so they are made anew when the buffer changes. */
export class LinearMemory {
  readonly memory: MemoryLike;
  #buffer: ArrayBufferLike;
  #floats: Float32Array;

  constructor(memory: MemoryLike) {
    this.memory = memory;
    this.#buffer = memory.buffer;
    this.#floats = wholeFloats(this.#buffer);
  }

  get byteLength(): number {
    return this.memory.buffer.byteLength;
  }

  /** All of the memory as float32. Do not keep it. */
  get floats(): Float32Array {
    const buffer = this.memory.buffer;
    if (buffer !== this.#buffer) {
      this.#buffer = buffer;
      this.#floats = wholeFloats(buffer);
    }
    return this.#floats;
  }

  /** `count` float32 elements at a byte offset that is a multiple of 4. Do not keep it. */
  view(offset: number, count: number): Float32Array {
    return new Float32Array(this.memory.buffer, offset, count);
  }

  /** Grows to at least `bytes`. Throws OutOfMemoryError, with the memory as it was. */
  growTo(functionName: string, bytes: number, maximumBytes: number): void {
    if (bytes <= this.byteLength) return;
    if (bytes > maximumBytes) throw outOfMemory(functionName, bytes, maximumBytes);
    const pages = Math.ceil((bytes - this.byteLength) / PAGE_BYTES);
    try {
      this.memory.grow(pages);
    } catch {
      throw new OutOfMemoryError(
        functionName,
        "linear memory",
        `must grow by ${pages} pages`,
        "a refusal of the platform",
      );
    }
  }
}

export function outOfMemory(functionName: string, bytes: number, maximumBytes: number): OutOfMemoryError {
  const expected = `must stay within maximumBytes = ${maximumBytes}`;
  return new OutOfMemoryError(functionName, "linear memory", expected, `a need of ${bytes} bytes`);
}

/** The whole words of a buffer: a foreign memory ends on a page, but an emulated one may not. */
function wholeFloats(buffer: ArrayBufferLike): Float32Array {
  return new Float32Array(buffer, 0, Math.floor(buffer.byteLength / 4));
}

/** A memory where there is no WebAssembly, for the js backend. Growing detaches, as it does there. */
export class ArrayMemory implements MemoryLike {
  #buffer = new ArrayBuffer(PAGE_BYTES);

  get buffer(): ArrayBuffer {
    return this.#buffer;
  }

  grow(pages: number): number {
    const old = this.#buffer;
    const before = old.byteLength / PAGE_BYTES;
    const grown = new ArrayBuffer(old.byteLength + pages * PAGE_BYTES);
    new Uint8Array(grown).set(new Uint8Array(old));
    structuredClone(old, { transfer: [old] });
    this.#buffer = grown;
    return before;
  }
}
