import { createEngineSync, type Engine } from "../../src/index.js";

const PAGE_BYTES = 65_536;

/** Words before and after every allocation: four vectors, as many as a loop takes at a time. */
const GUARD_WORDS = 16;
/** A NaN, so that a result into which it is read shows it; no kernel writes this one. */
const GUARD = 0x7fa5_a5a5;

/** A foreign memory for an engine whose allocator notices whoever writes beyond what he was given. */
export class GuardedHeap {
  readonly memory: WebAssembly.Memory;
  readonly #words: Uint32Array;
  readonly #held = new Map<number, number>();
  readonly #damage: string[] = [];
  #next = PAGE_BYTES;

  constructor(bytes: number) {
    this.memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) + 2 });
    this.#words = new Uint32Array(this.memory.buffer);
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
    const words = Math.ceil(bytes / 4);
    if (this.#held.size === 0) this.#next = PAGE_BYTES + ((this.#next + 4) % 64);
    const offset = this.#next + 4 * GUARD_WORDS;
    const end = offset + 4 * (words + GUARD_WORDS);
    if (end > this.#words.byteLength) return 0;
    this.#words.fill(GUARD, this.#next / 4, end / 4);
    this.#held.set(offset, 4 * words);
    // Odd distances, so that allocations start everywhere on a cache line.
    this.#next = end + 4;
    return offset;
  }

  #free(offset: number): void {
    this.#inspect(offset, this.#held.get(offset)!);
    this.#held.delete(offset);
  }

  #inspect(offset: number, bytes: number): void {
    this.#inspectGuard(offset - 4 * GUARD_WORDS, `before ${bytes} bytes at ${offset}`);
    this.#inspectGuard(offset + bytes, `behind ${bytes} bytes at ${offset}`);
  }

  #inspectGuard(start: number, where: string): void {
    for (let word = start / 4; word < start / 4 + GUARD_WORDS; word++) {
      if (this.#words[word] !== GUARD) this.#damage.push(`word ${word - start / 4} of the guard ${where}`);
    }
    this.#words.fill(GUARD, start / 4, start / 4 + GUARD_WORDS);
  }
}
