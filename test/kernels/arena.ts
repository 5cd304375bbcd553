import { expect } from "vitest";
import { compileSync, instantiate, type Kernels } from "../../src/engine/module.js";

export type FloatArray = Float32Array | Float64Array;

const PAGE_BYTES = 65_536;
const GUARD_BYTES = 64;
/** Four of it are a NaN, so that a result into which it is read shows it. */
const GUARD = 0xff;

/** A memory whose allocations are surrounded by guards, and the kernels on it. Nothing is freed but by `reset`. */
export class Arena {
  readonly kernels: Kernels;
  readonly #memory: WebAssembly.Memory;
  #next = PAGE_BYTES;
  #held: { offset: number; bytes: number }[] = [];

  constructor(bytes: number) {
    this.#memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) + 1 });
    this.kernels = instantiate(compileSync(), this.#memory);
  }

  /** The offset of `bytes` bytes of guards, aligned to 8 but not to 16. */
  allocate(bytes: number): number {
    const offset = this.#next + GUARD_BYTES;
    this.#next = offset + ((bytes + GUARD_BYTES + 7) & ~7);
    if (this.#next % 16 === 0) this.#next += 8;
    new Uint8Array(this.#memory.buffer, offset - GUARD_BYTES, bytes + 2 * GUARD_BYTES).fill(GUARD);
    this.#held.push({ offset, bytes });
    return offset;
  }

  place(data: FloatArray): number {
    const offset = this.allocate(data.byteLength);
    this.view(data, offset).set(data);
    return offset;
  }

  /** A copy of an array of the kind and length of `like`. */
  read<A extends FloatArray>(like: A, offset: number): A {
    return this.view(like, offset).slice() as A;
  }

  view<A extends FloatArray>(like: A, offset: number): A {
    const Kind = like.constructor as new (buffer: ArrayBufferLike, offset: number, length: number) => A;
    return new Kind(this.#memory.buffer, offset, like.length);
  }

  /** Checks the guards and forgets all allocations. */
  reset(): void {
    const bytes = new Uint8Array(this.#memory.buffer);
    for (const held of this.#held) {
      const before = bytes.subarray(held.offset - GUARD_BYTES, held.offset);
      const behind = bytes.subarray(held.offset + held.bytes, held.offset + held.bytes + GUARD_BYTES);
      if ([...before, ...behind].some((byte) => byte !== GUARD)) expect.fail(`guards of ${held.bytes} bytes`);
    }
    this.#held = [];
    this.#next = PAGE_BYTES;
  }
}

/** Fails unless both have the same bits, NaN being NaN. */
export function expectSame(actual: FloatArray, expected: FloatArray, label: string): void {
  for (let index = 0; index < expected.length; index++) {
    if (!Object.is(actual[index], expected[index]))
      expect.fail(`${label}[${index}]: ${actual[index]}, not ${expected[index]}`);
  }
}
