import { createEngineSync, type Engine } from "../../src/index.js";

const PAGE_BYTES = 65_536;

/** Bytes before and after every allocation: four vectors, as many as a loop takes at a time. */
const GUARD_BYTES = 64;
/** Of each half of a word: a NaN in every format, so that a result into which it is read shows it; no kernel writes this one. */
const GUARD = 0x7ff5;

/** A foreign memory for an engine whose allocator notices whoever writes beyond what he was given. */
export class GuardedHeap {
  readonly memory: WebAssembly.Memory;
  readonly #halves: Uint16Array;
  readonly #held = new Map<number, number>();
  readonly #damage: string[] = [];
  #next = PAGE_BYTES;

  constructor(bytes: number) {
    this.memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) + 2 });
    this.#halves = new Uint16Array(this.memory.buffer);
  }

  /** An engine that takes all it needs from here: tensors, results and scratch. */
  createEngine(backend: "wasm" | "js"): Engine {
    const { memory } = this;
    return createEngineSync({
      backend,
      memory,
      allocate: (bytes) => this.#allocate(bytes),
      free: (at) => this.#free(at),
    });
  }

  /** What was overwritten since the last call of this. */
  takeDamage(): string[] {
    for (const [offset, bytes] of this.#held) this.#inspect(offset, bytes);
    return this.#damage.splice(0);
  }

  /** Fills what it gives with guards, too: memory that was never written reads as NaN. */
  #allocate(bytes: number): number {
    if (this.#held.size === 0) this.#next = PAGE_BYTES + ((this.#next + 4) % 64);
    const offset = this.#next + GUARD_BYTES;
    const end = 4 * Math.ceil((offset + bytes + GUARD_BYTES) / 4);
    if (end > this.#halves.byteLength) return 0;
    this.#halves.fill(GUARD, this.#next / 2, end / 2);
    this.#held.set(offset, bytes);
    // Odd distances, so that allocations start everywhere on a cache line.
    this.#next = end + 4;
    return offset;
  }

  #free(offset: number): void {
    this.#inspect(offset, this.#held.get(offset)!);
    this.#held.delete(offset);
  }

  #inspect(offset: number, bytes: number): void {
    this.#inspectGuard(offset - GUARD_BYTES, `before ${bytes} bytes at ${offset}`);
    // Numbers of 16 bits may end within a word.
    this.#inspectGuard(offset + 2 * Math.ceil(bytes / 2), `behind ${bytes} bytes at ${offset}`);
  }

  #inspectGuard(start: number, where: string): void {
    const guard = this.#halves.subarray(start / 2, (start + GUARD_BYTES) / 2);
    for (let index = 0; index < guard.length; index++) {
      if (guard[index] !== GUARD) this.#damage.push(`bytes from ${2 * index} of the guard ${where}`);
    }
    guard.fill(GUARD);
  }
}
