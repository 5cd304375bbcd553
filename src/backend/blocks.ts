// Where the groups of a reduction lie.

import type { Dimension, Reduction } from "../plan.js";

/** Blocks of pieces of steps of columns, in elements. A group that is no column is a block of one. */
export interface Blocks {
  readonly blocks: number;
  startOf(block: number): number;
  /** Where the pieces of a block begin, from its start. */
  readonly pieces: readonly number[];
  /** Steps of a piece, which follow each other, `columns` elements apart. */
  readonly steps: number;
  readonly columns: number;
  /** Neighbouring columns that share statistics. */
  readonly width: number;
}

/** Blocks in one piece, one after the other. */
export function wholeBlocks(blocks: number, steps: number, columns: number, width = 1): Blocks {
  const startOf = (block: number) => block * steps * columns;
  return { blocks, startOf, pieces: [0], steps, columns, width };
}

export function blocksOf(reduction: Reduction): Blocks {
  if (reduction.kind === "rows") return wholeBlocks(reduction.rows, reduction.n, 1);
  if (reduction.kind === "columns") {
    return wholeBlocks(reduction.blocks, reduction.steps, reduction.columns, reduction.width);
  }
  const { kept, reduced, run, columns } = reduction;
  const starts = offsetsOf(kept);
  // Of columns, the last of the reduced dimensions is that of steps.
  const [pieces, steps] = columns === 1 ? [reduced, run] : [reduced.slice(0, -1), reduced.at(-1)!.size];
  const startOf = (block: number) => starts[block];
  return { blocks: starts.length, startOf, pieces: offsetsOf(pieces), steps, columns, width: 1 };
}

/**
 * Where a walk over dimensions, the last one innermost, comes by. Ordinary arrays, because what is read from a Float64Array
 * is no small integer to an engine, and loops that start there count in floating point.
 */
function offsetsOf(dimensions: readonly Dimension[]): number[] {
  let offsets = [0];
  for (const { size, stride } of dimensions) {
    const next: number[] = [];
    for (const offset of offsets) for (let index = 0; index < size; index++) next.push(offset + index * stride);
    offsets = next;
  }
  return offsets;
}
