import { OutOfMemoryError } from "../errors.js";

/** What is needed of a WebAssembly.Memory. */
export interface MemoryLike {
  readonly buffer: ArrayBufferLike;
  grow(pages: number): number;
}

export const PAGE_BYTES = 65_536;
/** All that 32-bit addresses reach: 65,536 pages. */
export const ADDRESSABLE_BYTES = 2 ** 32;

/** A memory with live views: growing, by anyone, detaches views, so they are made anew when the buffer changes. */
export class LinearMemory {
  readonly memory: MemoryLike;
  #views: Views;

  constructor(memory: MemoryLike) {
    this.memory = memory;
    this.#views = viewsOf(memory.buffer);
  }

  get byteLength(): number {
    return this.memory.buffer.byteLength;
  }

  /** All of the memory, as each class of array. Do not keep it. */
  get views(): Views {
    const buffer = this.memory.buffer;
    if (buffer !== this.#views.buffer) this.#views = viewsOf(buffer);
    return this.#views;
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

interface Views {
  readonly buffer: ArrayBufferLike;
  readonly float32: Float32Array;
  readonly float64: Float64Array;
  readonly bits16: Uint16Array;
  readonly bytes: Uint8Array;
}

/** The whole words of a buffer: a foreign memory ends on a page, but an emulated one may not. */
function viewsOf(buffer: ArrayBufferLike): Views {
  const { byteLength } = buffer;
  return {
    buffer,
    float32: new Float32Array(buffer, 0, Math.floor(byteLength / 4)),
    float64: new Float64Array(buffer, 0, Math.floor(byteLength / 8)),
    bits16: new Uint16Array(buffer, 0, Math.floor(byteLength / 2)),
    bytes: new Uint8Array(buffer),
  };
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
