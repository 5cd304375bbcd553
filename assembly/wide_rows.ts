// Layer norm of float32 rows so wide that a row, the next, its result, gamma and beta do not fit the first cache together.
// Two rows are summed, then mapped with one load of gamma and beta for both: half the traffic that the pipeline of
// layer_norm.ts would need for parameters. Float64 gains nothing from it.

import { HAS_BETA, HAS_GAMMA } from "./affine";
import { bytesOf } from "./lanes";
import { tailOf } from "./moments";
import { mapPairAffine } from "./pairs";
import { mapRow, momentsOfRow, prescaled, storeStatistics } from "./rows";
import { CENTRE, SCALE, SLOPE, STATE_BYTES } from "./state";

/** Rows longer than this, with gamma and beta, are wide: 8 KiB. */
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
  const stride = bytesOf<f32>(n);
  const second = scratch + STATE_BYTES;
  for (let row = 0; row < rows; row += 2) {
    const pair = row + 1 < rows;
    momentsOfRow<f32>(scratch, x, n, eps, flags);
    if (pair) momentsOfRow<f32>(second, x + stride, n, eps, flags);
    storeStatistics<f32>(scratch, mean, rstd, row, flags);
    if (pair) storeStatistics<f32>(second, mean, rstd, row + 1, flags);
    if (pair && load<f32>(scratch, SCALE) == 1 && load<f32>(second, SCALE) == 1) {
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
  mapRow<f32>(out, prescaled<f32>(state, out, x, n), gamma, beta, n, state, HAS_GAMMA | HAS_BETA);
}

/** Neighbouring rows that need no scale. */
@inline
function mapTwo(out: usize, x: usize, gamma: usize, beta: usize, n: i32, first: usize, second: usize): void {
  const stride = bytesOf<f32>(n);
  const tail = tailOf<f32>(n);
  const done = bytesOf<f32>(n - tail);
  const step = SLOPE - CENTRE;
  // Bound by loads, so that adding a residual of -0 costs nothing.
  mapPairAffine(out, x, gamma, beta, done, stride, first + CENTRE, second + CENTRE, step);
  if (tail == 0) return;
  mapRow<f32>(out + done, x + done, gamma + done, beta + done, tail, first, HAS_GAMMA | HAS_BETA);
  mapRow<f32>(out + stride + done, x + stride + done, gamma + done, beta + done, tail, second, HAS_GAMMA | HAS_BETA);
}
