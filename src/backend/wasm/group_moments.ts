// The reduction of a group in parts: what assembly/rows.ts does of a row in one piece, with the same bits.

import type { KernelSet } from "../../engine/module.js";
import { forEachPart, type GroupAccess, type Pieces } from "./group_access.js";

/** What moments_finish says; see assembly/moments.ts. */
const SETTLED = 0;
const RESCALE = 2;

/** Marks a state as one without a mean; see assembly/moments.ts. */
const UNCENTRED_STATE = 8;

/** Leaves the statistics of an open group in `state`. */
export function sweepMoments(
  kernels: KernelSet,
  access: GroupAccess,
  group: Pieces,
  tile: number,
  state: number,
  eps: number,
  centred: boolean,
): void {
  kernels.moments_begin(state, centred ? access.firstShift() : 0, 1, centred ? 0 : UNCENTRED_STATE);
  for (;;) {
    forEachPart(group, tile, (piece, start, count) => {
      kernels.moments_accumulate(state, access.read(piece, start, count), count);
      if (start + count === group.run) kernels.moments_end_run(state);
    });
    const verdict = kernels.moments_finish(state, group.pieces * group.run, eps);
    if (verdict === SETTLED) return;
    if (verdict === RESCALE) kernels.moments_rescale(state, largestMagnitude(kernels, access, group, tile));
  }
}

function largestMagnitude(kernels: KernelSet, access: GroupAccess, group: Pieces, tile: number): number {
  let largest = 0;
  forEachPart(group, tile, (piece, start, count) => {
    largest = Math.max(largest, kernels.largest_magnitude(access.read(piece, start, count), count));
  });
  return largest;
}
