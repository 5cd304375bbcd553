// The groups of a strided reduction.

import type { Dimension, Strided } from "../../plan.js";
import type { ColumnBlocks } from "./column_access.js";
import type { ForEachGroup } from "./groups.js";

/** Groups that are scattered in runs, in order of their first elements. */
export function stridedGroups({ kept, reduced, run }: Strided): ForEachGroup {
  const offsets = offsetsOf(reduced);
  return (visit) => {
    const starts = offsetsOf(kept);
    for (let index = 0; index < starts.length; index++) {
      const start = starts[index];
      visit({ pieces: offsets.length, run, startOf: (piece) => start + offsets[piece] }, index);
    }
  };
}

/** Groups that are columns of pieces, in blocks. The last of the reduced dimensions is that of steps. */
export function stridedColumns({ kept, reduced, columns }: Strided): ColumnBlocks {
  const pieces = offsetsOf(reduced.slice(0, -1));
  return { starts: offsetsOf(kept), pieces, steps: reduced.at(-1)!.size, columns, width: 1 };
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
