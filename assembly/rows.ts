// A row that lies in memory whole: its statistics, and where its map reads.

import { mapVectorized } from "./affine";
import { finish, RESCALE, SETTLED } from "./finish";
import { bytesOf } from "./lanes";
import { accumulate } from "./moments";
import { largestMagnitude, scaleInto } from "./range";
import { firstShift } from "./shift";
import { begin, CENTRE, MEAN, rescale, RESIDUAL, RSTD, RSTD_OF_X, SCALE, SLOPE, UNCENTRED, VARIANCE } from "./state";

// A kernel's flags, besides HAS_GAMMA, HAS_BETA and UNCENTRED.
/** Mean and rstd are wanted, as T; where no mean is taken, rstd alone. */
export const WANTS_STATISTICS: i32 = 4;
/** In their place, float64 whatever T is: the mean and the biased variance. */
export const WANTS_MOMENTS: i32 = 16;

/** Begins a row whose first element is x. */
export function beginRow<T>(state: usize, x: usize, n: i32, flags: i32): void {
  begin<T>(state, flags & UNCENTRED ? 0 : firstShift<T>(x, n), 1, flags & UNCENTRED);
}

/** Statistics of `n` elements at x, from the first guess to the last repair. */
export function momentsOfRow<T>(state: usize, x: usize, n: i32, eps: f64, flags: i32): void {
  beginRow<T>(state, x, n, flags);
  accumulate<T>(state, x, n);
  settle<T>(state, x, n, eps);
}

/** Finishes a row that has been summed once, summing it again for as long as finish asks for it. */
export function settle<T>(state: usize, x: usize, n: i32, eps: f64): void {
  let verdict = finish<T>(state, n, eps);
  while (verdict != SETTLED) {
    if (verdict == RESCALE) rescale<T>(state, largestMagnitude<T>(x, n));
    accumulate<T>(state, x, n);
    verdict = finish<T>(state, n, eps);
  }
}

/** What the flags want of a row's statistics, in the units of x. */
@inline
export function storeStatistics<T>(state: usize, mean: usize, rstd: usize, row: i32, flags: i32): void {
  if (flags & (WANTS_STATISTICS | WANTS_MOMENTS)) storeWanted<T>(state, mean, rstd, row, flags);
}

function storeWanted<T>(state: usize, mean: usize, rstd: usize, row: i32, flags: i32): void {
  if (flags & WANTS_MOMENTS) storeMoments<T, f64>(state, mean, rstd, row, flags);
  else {
    if (!(flags & UNCENTRED)) store<T>(mean + bytesOf<T>(row), <T>(f64.load(state, MEAN) / <f64>load<T>(state, SCALE)));
    const own = sizeof<T>() == 8 ? f64.load(state, RSTD_OF_X) : f64.load(state, RSTD) * <f64>load<T>(state, SCALE);
    store<T>(rstd + bytesOf<T>(row), <T>own);
  }
}

/** Mean and biased variance of a row as type S, in the units of x; where no mean is taken, the variance alone. */
export function storeMoments<T, S>(state: usize, mean: usize, variance: usize, row: i32, flags: i32): void {
  const scale = <f64>load<T>(state, SCALE);
  if (!(flags & UNCENTRED)) store<S>(mean + bytesOf<S>(row), <S>(f64.load(state, MEAN) / scale));
  // The square of a float64's scale may leave its range.
  store<S>(variance + bytesOf<S>(row), <S>(f64.load(state, VARIANCE) / scale / scale));
}

/** Where the map of a row reads: x, or for a row of extreme magnitudes its scaled copy, made in out. */
@inline
export function prescaled<T>(state: usize, out: usize, x: usize, n: i32): usize {
  const scale = load<T>(state, SCALE);
  if (scale == 1) return x;
  scaleInto<T>(out, x, n, scale);
  return out;
}

/** The map of a row with its statistics in `state`. */
export function mapRow<T>(out: usize, x: usize, gamma: usize, beta: usize, n: i32, state: usize, flags: i32): void {
  const centre = load<T>(state, CENTRE);
  const slope = load<T>(state, SLOPE);
  mapVectorized<T>(out, x, gamma, beta, n, centre, slope, load<T>(state, RESIDUAL), flags);
}
