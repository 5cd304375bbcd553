import type { Store } from "./store.js";

/** Bytes that operands in scratch are aligned to. */
const ALIGNMENT = 64;

/**
 * What a call needs of linear memory besides its resident operands: asked for piece by piece, taken in one allocation,
 * given back in one. Offsets are relative until `acquire`.
 */
export class ScratchPlan {
  #bytes = 0;
  #alignment: 4 | 8 = 4;

  /** The relative offset of `elements` elements of `bytes` bytes each. */
  add(elements: number, bytes: 4 | 8 = 4): number {
    const offset = this.#bytes;
    this.#bytes += Math.ceil((elements * bytes) / ALIGNMENT) * ALIGNMENT;
    if (bytes === 8 && elements > 0) this.#alignment = 8;
    return offset;
  }

  /** Runs `use` with the scratch's address. Throws before `use` runs if there is no memory. */
  with<Result>(store: Store, functionName: string, use: (base: number) => Result): Result {
    if (this.#bytes === 0) return use(0);
    const base = store.heap.allocate(functionName, this.#bytes, this.#alignment);
    try {
      return use(base);
    } finally {
      store.heap.free(base);
    }
  }
}
