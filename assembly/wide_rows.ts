// Layer norm of rows so wide that a row, the next, its result, gamma and beta do not fit the first cache together. Two
// rows are summed, then mapped with one load of gamma and beta for both: half the traffic that the pipeline of
// layer_norm.ts would need for parameters.

import { HAS_BETA, HAS_GAMMA } from "./affine";
import { bytesOf } from "./lanes";
import { tailOf } from "./moments";
import { mapPairAffine } from "./pairs";
import { mapRow, momentsOfRow, prescaled, storeStatistics } from "./rows";
import { CENTRE, SCALE, SLOPE, STATE_BYTES } from "./state";

/** Rows longer than this, with gamma and beta, are wide: 8 KiB. */
// prettier-ignore
@inline export function wideOf<T>(): i32 { return 8192 >>> <i32>alignof<T>(); }

export function wideRows<T>(
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
  const stride = bytesOf<T>(n);
  const second = scratch + STATE_BYTES;
  for (let row = 0; row < rows; row += 2) {
    const pair = row + 1 < rows;
    momentsOfRow<T>(scratch, x, n, eps, flags);
    if (pair) momentsOfRow<T>(second, x + stride, n, eps, flags);
    storeStatistics<T>(scratch, mean, rstd, row, flags);
    if (pair) storeStatistics<T>(second, mean, rstd, row + 1, flags);
    if (pair && load<T>(scratch, SCALE) == 1 && load<T>(second, SCALE) == 1) {
      mapTwo<T>(out, x, gamma, beta, n, scratch, second);
    } else {
      mapOne<T>(out, x, gamma, beta, n, scratch);
      if (pair) mapOne<T>(out + stride, x + stride, gamma, beta, n, second);
    }
    x += 2 * stride;
    out += 2 * stride;
  }
}

function mapOne<T>(out: usize, x: usize, gamma: usize, beta: usize, n: i32, state: usize): void {
  mapRow<T>(out, prescaled<T>(state, out, x, n), gamma, beta, n, state, HAS_GAMMA | HAS_BETA);
}

/** Neighbouring rows that need no scale. */
@inline
function mapTwo<T>(out: usize, x: usize, gamma: usize, beta: usize, n: i32, first: usize, second: usize): void {
  const stride = bytesOf<T>(n);
  const tail = tailOf<T>(n);
  const done = bytesOf<T>(n - tail);
  const step = SLOPE - CENTRE;
  // Bound by loads, so that adding a residual of -0 costs nothing.
  mapPairAffine<T>(out, x, gamma, beta, done, stride, first + CENTRE, second + CENTRE, step);
  if (tail == 0) return;
  mapRow<T>(out + done, x + done, gamma + done, beta + done, tail, first, HAS_GAMMA | HAS_BETA);
  mapRow<T>(out + stride + done, x + stride + done, gamma + done, beta + done, tail, second, HAS_GAMMA | HAS_BETA);
}
