// From a row's sums to its statistics and the coefficients of its map, or to the repair it needs.

import { lost, sumOfPair } from "./lanes";
import {
  ATTEMPTS,
  begin,
  CENTRE,
  closeChunk,
  K,
  LANES,
  LANES_SQUARED,
  LOW,
  MEAN,
  RESIDUAL,
  RSTD,
  RSTD_OF_X,
  SCALE,
  SLOPE,
  SQUARES,
  SUM,
  TRIED_SCALE,
  TRIED_SHIFT,
  TRIED_SHIFT_AGAIN,
  UNCENTRED,
  VARIANCE,
} from "./state";

/** What finish says of the sums. */
export const SETTLED: i32 = 0;
/** The shift was too far from the mean. The state holds a better one: sum the row again. */
export const RESHIFT: i32 = 1;
/** The squares overflowed or underflowed: find the row's largest magnitude, call rescale, sum the row again. */
export const RESCALE: i32 = 2;

/** The steepest slope of a map of float32; see slopeOf. */
export const STEEPEST: f64 = 1152921504606846976; // 2^60

/** Below this, the mean of squares of T may have lost digits to underflow: 2^-80 (the smallest float32 is 2^-149), 2^-960. */
// prettier-ignore
@inline export function smallestSafe<T>(): f64 { return sizeof<T>() == 8 ? 1.026250101163224e-289 : 8.271806125530277e-25; }
/** From here on sums of squares have overflowed, or would in finish: 2^1000 for f64. */
// prettier-ignore
@inline function largestSafe<T>(): f64 { return sizeof<T>() == 8 ? 1.0715086071862673e301 : Infinity; }

/**
 * Turns the sums of a row of n elements into its statistics and the coefficients of its map, or says that the row must
 * be summed again (SETTLED, RESHIFT, RESCALE).
 */
export function finish<T>(state: usize, n: f64, eps: f64): i32 {
  const attempts = i32.load(state, ATTEMPTS);
  const scale = <f64>load<T>(state, SCALE);
  const k = <f64>load<T>(state, K);
  const inverse = 1 / n;
  let sum: f64, squares: f64, offset: f64, variance: f64, mean: f64;
  let low: f64 = 0;
  if (sizeof<T>() == 8) {
    closeChunk<T>(state);
    squares = f64.load(state, SQUARES);
    const square = leading(squares * inverse);
    const squareLow = (squares - square * n + f64.load(state, SQUARES + LOW)) * inverse;
    sum = attempts & UNCENTRED ? 0 : f64.load(state, SUM);
    const sumLow = attempts & UNCENTRED ? 0 : f64.load(state, SUM + LOW);
    offset = leading(sum * inverse);
    const offsetLow = (sum - offset * n + sumLow) * inverse;
    // The squares of leading parts are exact.
    variance = square - offset * offset + (squareLow - offsetLow * (offset + offset + offsetLow));
    // An infinity leaves its low part NaN.
    if (!(squares < Infinity)) variance = squares;
    const high = k + offset;
    const rest = lost(k, offset, high) + offsetLow;
    mean = high + rest;
    low = rest - (mean - high);
  } else {
    squares = f64.load(state, SQUARES) + sumOfPair(v128.load(state, LANES_SQUARED));
    sum = attempts & UNCENTRED ? 0 : f64.load(state, SUM) + sumOfPair(v128.load(state, LANES));
    offset = sum * inverse;
    variance = squares * inverse - offset * offset;
    mean = k + offset;
  }
  const ownEps = scale == 1 ? eps : scaledEps<T>(eps, scale);
  const radicand = max0(variance) + ownEps;
  const inRange = squares < largestSafe<T>() && radicand >= smallestSafe<T>() && !hidesMean<T>(squares * inverse, sum);
  if (!inRange && !(attempts & TRIED_SCALE)) return RESCALE;
  if (offset * offset > variance && !(attempts & lastShift<T>())) {
    begin<T>(state, <T>mean, <T>scale, attempts & TRIED_SHIFT ? attempts | lastShift<T>() : attempts | TRIED_SHIFT);
    return RESHIFT;
  }
  // An eps that overflows in scaled units is all there is to the deviation.
  const rstd = sizeof<T>() == 8 && ownEps == Infinity ? 1 / (sqrt(eps) * scale) : 1 / sqrt(radicand);
  conclude<T>(state, mean, low, max0(variance), rstd, eps);
  return SETTLED;
}

/**
 * Whether a mean is too small for its low part, or for a comparison of its square with the variance, although eps keeps
 * the radicand in range. The means of float32 are float64 and never too small.
 */
@inline
function hidesMean<T>(square: f64, sum: f64): bool {
  return sizeof<T>() == 8 && square < smallestSafe<T>() && sum != 0;
}

/**
 * The leading 21 digits of a float64: the product with another such number, or with a whole number below 2^32, is
 * exact.
 */
@inline
function leading(value: f64): f64 {
  return reinterpret<f64>(reinterpret<u64>(value) & 0xffffffff00000000);
}

/**
 * Float32 shifts once. Float64 may shift twice: where the deviations are but a few of the mean's last digits, the second
 * shift is their mean to the last digit, and nothing less leaves the variance all its digits (and a constant row zero).
 */
@inline
function lastShift<T>(): i32 {
  return sizeof<T>() == 8 ? TRIED_SHIFT_AGAIN : TRIED_SHIFT;
}

/** eps in scaled units. One that underflows cannot matter but to a constant row, whose rstd it must keep finite. */
@inline
function scaledEps<T>(eps: f64, scale: f64): f64 {
  const scaled = eps * scale * scale;
  if (sizeof<T>() == 4) return scaled;
  const least: f64 = 3.872591914849318e-121; // 2^-400
  return abs(scaled) < least && eps != 0 ? copysign(least, eps) : scaled;
}

/** Rounding may leave a variance of zero a little below it; NaN stays. */
@inline
export function max0(value: f64): f64 {
  return value < 0 ? 0 : value;
}


@inline
function conclude<T>(state: usize, mean: f64, low: f64, variance: f64, rstd: f64, eps: f64): void {
  f64.store(state, mean, MEAN);
  f64.store(state, variance, VARIANCE);
  f64.store(state, rstd, RSTD);
  store<T>(state, <T>mean, CENTRE);
  store<T>(state, <T>slopeOf<T>(rstd), SLOPE);
  store<T>(state, residualOf<T>(mean, low, variance, rstd), RESIDUAL);
  if (sizeof<T>() == 8) concludeDouble(state, low, variance, rstd, eps);
}

// prettier-ignore
@inline
function concludeDouble(state: usize, low: f64, variance: f64, rstd: f64, eps: f64): void {
  f64.store(state, low, MEAN + LOW);
  const scale = f64.load(state, SCALE);
  // A constant row's scaled eps may have underflowed.
  if (scale != 1 && variance == 0) f64.store(state, 1 / sqrt(eps), RSTD_OF_X);
  else f64.store(state, rstd * scale, RSTD_OF_X);
}

/**
 * What is left to add after x - centre, because the centre is the mean rounded. Within one standard deviation of zero
 * it is below half an ulp of the result: -0 then, which added changes no bit, so that loops may leave it out.
 */
@inline
export function residualOf<T>(mean: f64, low: f64, variance: f64, rstd: f64): T {
  if (!(mean * mean > variance)) return <T>-0.0;
  return <T>((sizeof<T>() == 8 ? -low : <f64>(<T>mean) - mean) * rstd);
}

/**
 * rstd for a map: of float32, only rows without any deviation are steeper than 2^60, and must not get 0 * Infinity.
 * float64 holds every rstd but Infinity itself.
 */
@inline
export function slopeOf<T>(rstd: f64): f64 {
  return sizeof<T>() == 4 && rstd < Infinity ? min(rstd, STEEPEST) : rstd;
}
