// Layer norm of rows so wide that a row, the next, its result, gamma and beta do not fit the first cache together. Two
// rows are summed, then mapped with one load of gamma and beta for both: half the traffic that the pipeline of
// layer_norm.ts would need for parameters.

import { HAS_BETA, HAS_GAMMA, mapPairQuads } from "./affine";
import { SHIFT } from "./lanes";
import { CENTRE, QUAD, SCALE, STATE_BYTES } from "./moments";
import { mapRow, momentsOfRow, prescaled, storeStatistics, WANTS_STATISTICS } from "./rows";

/** Rows longer than this, with gamma and beta, are wide. */
export const WIDE: i32 = 2048;

export function wideRows(
  out: usize,
  x: usize,
  gamma: usize,
  beta: usize,
  mean: usize,
  rstd: usize,
  rows: i32,
  n: i32,
  eps: f64,
  scratch: usize,
  flags: i32,
): void {
  const inverse = 1 / <f64>n;
  const stride = (<usize>n) << SHIFT;
  const second = scratch + STATE_BYTES;
  for (let row = 0; row < rows; row += 2) {
    const pair = row + 1 < rows;
    momentsOfRow(scratch, x, n, inverse, eps);
    if (pair) momentsOfRow(second, x + stride, n, inverse, eps);
    if (flags & WANTS_STATISTICS) {
      storeStatistics(scratch, mean, rstd, row);
      if (pair) storeStatistics(second, mean, rstd, row + 1);
    }
    if (pair && f32.load(scratch, SCALE) == 1 && f32.load(second, SCALE) == 1) {
      mapTwo(out, x, gamma, beta, n, scratch, second);
    } else {
      mapOne(out, x, gamma, beta, n, scratch);
      if (pair) mapOne(out + stride, x + stride, gamma, beta, n, second);
    }
    x += 2 * stride;
    out += 2 * stride;
  }
}

function mapOne(out: usize, x: usize, gamma: usize, beta: usize, n: i32, state: usize): void {
  mapRow(out, prescaled(state, out, x, n), gamma, beta, n, state, HAS_GAMMA | HAS_BETA);
}

/** Neighbouring rows that need no scale. */
function mapTwo(out: usize, x: usize, gamma: usize, beta: usize, n: i32, first: usize, second: usize): void {
  const stride = (<usize>n) << SHIFT;
  const quads = n & ~(QUAD - 1);
  // Bound by loads, so that adding a residual of -0 costs nothing.
  mapPairQuads(out, x, gamma, beta, quads, stride, first + CENTRE, second + CENTRE, true);
  const tail = n & (QUAD - 1);
  if (tail == 0) return;
  const done = (<usize>quads) << SHIFT;
  mapRow(out + done, x + done, gamma + done, beta + done, tail, first, HAS_GAMMA | HAS_BETA);
  mapRow(out + stride + done, x + stride + done, gamma + done, beta + done, tail, second, HAS_GAMMA | HAS_BETA);
}
