import type { Store } from "./store.js";

/** Bytes that operands in scratch are aligned to. */
const ALIGNMENT = 64;

/**
 * What a call needs of linear memory besides its resident operands: asked for piece by piece, taken in one allocation,
 * given back in one. Offsets are relative until `acquire`.
 */
export class ScratchPlan {
  #bytes = 0;

  /** The relative offset of `elements` float32 elements. */
  add(elements: number): number {
    const offset = this.#bytes;
    this.#bytes += Math.ceil((elements * 4) / ALIGNMENT) * ALIGNMENT;
    return offset;
  }

  /** Runs `use` with the scratch's address. Throws before `use` runs if there is no memory. */
  with<Result>(store: Store, functionName: string, use: (base: number) => Result): Result {
    if (this.#bytes === 0) return use(0);
    const base = store.heap.allocate(functionName, this.#bytes);
    try {
      return use(base);
    } finally {
      store.heap.free(base);
    }
  }
}
