// A row that lies in memory whole: its statistics, and where its map reads.

import { mapVectorized } from "./affine";
import { SHIFT } from "./lanes";
import {
  accumulate,
  begin,
  CENTRE,
  finish,
  firstShift,
  MEAN,
  rescale,
  RESCALE,
  RESIDUAL,
  RSTD,
  SCALE,
  SETTLED,
  SLOPE,
} from "./moments";
import { largestMagnitude, scaleInto } from "./range";

/** A kernel's flag, besides HAS_GAMMA and HAS_BETA: mean and rstd are wanted. */
export const WANTS_STATISTICS: i32 = 4;

/** Statistics of `n` elements at x, from the first guess to the last repair. */
export function momentsOfRow(state: usize, x: usize, n: i32, inverse: f64, eps: f64): void {
  begin(state, firstShift(x, n), 1, 0);
  accumulate(state, x, n);
  settle(state, x, n, inverse, eps);
}

/** Finishes a row that has been summed once, summing it again for as long as finish asks for it (twice at most). */
export function settle(state: usize, x: usize, n: i32, inverse: f64, eps: f64): void {
  let verdict = finish(state, inverse, eps);
  while (verdict != SETTLED) {
    if (verdict == RESCALE) rescale(state, largestMagnitude(x, n));
    accumulate(state, x, n);
    verdict = finish(state, inverse, eps);
  }
}

/** Mean and rstd of a row, in the units of x. */
export function storeStatistics(state: usize, mean: usize, rstd: usize, row: i32): void {
  const at = (<usize>row) << SHIFT;
  const scale = <f64>f32.load(state, SCALE);
  f32.store(mean + at, <f32>(f64.load(state, MEAN) / scale));
  f32.store(rstd + at, <f32>(f64.load(state, RSTD) * scale));
}

/** Where the map of a row reads: x, or for a row of extreme magnitudes its scaled copy, made in out. */
export function prescaled(state: usize, out: usize, x: usize, n: i32): usize {
  const scale = f32.load(state, SCALE);
  if (scale == 1) return x;
  scaleInto(out, x, n, scale);
  return out;
}

/** The map of a row with its statistics in `state`. */
export function mapRow(out: usize, x: usize, gamma: usize, beta: usize, n: i32, state: usize, parameters: i32): void {
  const centre = f32.load(state, CENTRE);
  const slope = f32.load(state, SLOPE);
  mapVectorized(out, x, gamma, beta, n, centre, slope, f32.load(state, RESIDUAL), parameters);
}
