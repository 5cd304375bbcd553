// The groups of a strided reduction.

import type { Dimension, Strided } from "../../plan.js";
import type { Blocks } from "./access.js";

/** Groups that are scattered in runs, in order of their first elements; or groups that are columns of pieces. */
export function blocksOfStrided({ kept, reduced, run, columns }: Strided): Blocks {
  const starts = offsetsOf(kept);
  if (columns === 1) return { starts, pieces: offsetsOf(reduced), steps: run, columns, width: 1 };
  // The last of the reduced dimensions is that of steps.
  return { starts, pieces: offsetsOf(reduced.slice(0, -1)), steps: reduced.at(-1)!.size, columns, width: 1 };
}

/** Where a walk over dimensions, the last one innermost, comes by. */
export function offsetsOf(dimensions: readonly Dimension[]): Float64Array {
  let offsets = Float64Array.of(0);
  for (const { size, stride } of dimensions) {
    const next = new Float64Array(offsets.length * size);
    for (let outer = 0; outer < offsets.length; outer++) {
      for (let index = 0; index < size; index++) next[outer * size + index] = offsets[outer] + index * stride;
    }
    offsets = next;
  }
  return offsets;
}
