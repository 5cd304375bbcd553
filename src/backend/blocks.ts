// Where the groups of a reduction lie.

import type { Dimension, Reduction } from "../plan.js";

/** Blocks of pieces of steps of columns, in elements. A group that is no column is a block of one. */
export interface Blocks {
  readonly blocks: number;
  /** Where each begins, if not one after the other, `length` elements apart. */
  readonly starts: readonly number[] | undefined;
  readonly length: number;
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
  return { blocks, starts: undefined, length: steps * columns, pieces: [0], steps, columns, width };
}

/** Where a block begins. No method: a call of one of several closures takes longer than the product. */
export function startOf({ starts, length }: Blocks, block: number): number {
  return starts ? starts[block] : block * length;
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
  return { blocks: starts.length, starts, length: 0, pieces: offsetsOf(pieces), steps, columns, width: 1 };
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
