import type { Store } from "./store.js";

/** Bytes that operands in scratch are aligned to. */
const ALIGNMENT = 64;

/**
 * What a call needs of linear memory besides its resident operands: asked for piece by piece, taken in one allocation,
 * given back in one. Offsets are relative to `base`.
 */
export class ScratchPlan {
  /** The address of the scratch, while it is held. */
  base = 0;
  #bytes = 0;
  #alignment: 4 | 8 = 4;

  /** The relative offset of `elements` elements of `bytes` bytes each. */
  add(elements: number, bytes: 4 | 8 = 4): number {
    const offset = this.#bytes;
    this.#bytes += Math.ceil((elements * bytes) / ALIGNMENT) * ALIGNMENT;
    if (bytes === 8 && elements > 0) this.#alignment = 8;
    return offset;
  }

  /** Runs `use` with the scratch held. Throws before `use` runs if there is no memory. */
  with(store: Store, functionName: string, use: () => void): void {
    if (this.#bytes === 0) {
      use();
      return;
    }
    this.base = store.heap.allocate(functionName, this.#bytes, this.#alignment);
    try {
      use();
    } finally {
      store.heap.free(this.base);
    }
  }
}
