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
/** From here on sums of squares of float64 have overflowed, or would in finish. */
const LARGEST_SAFE: f64 = 1.0715086071862673e301; // 2^1000
const LEAST_EPS: f64 = 3.872591914849318e-121; // 2^-400

/**
 * Turns the sums of a row of n elements into its statistics and the coefficients of its map, or says that the row must
 * be summed again (SETTLED, RESHIFT, RESCALE).
 */
export function finish<T>(state: usize, n: f64, eps: f64): i32 {
  return sizeof<T>() == 8 ? finishDouble(state, n, eps) : finishSingle(state, 1 / n, eps);
}


@inline
function finishSingle(state: usize, inverse: f64, eps: f64): i32 {
  const attempts = i32.load(state, ATTEMPTS);
  const scale = <f64>f32.load(state, SCALE);
  const squares = f64.load(state, SQUARES) + sumOfPair(v128.load(state, LANES_SQUARED));
  const offset = attempts & UNCENTRED ? 0 : (f64.load(state, SUM) + sumOfPair(v128.load(state, LANES))) * inverse;
  const variance = squares * inverse - offset * offset;
  const radicand = max0(variance) + (scale == 1 ? eps : eps * scale * scale);
  if (!(squares < Infinity && radicand >= smallestSafe<f32>()) && !(attempts & TRIED_SCALE)) return RESCALE;
  const mean = <f64>f32.load(state, K) + offset;
  if (offset * offset > variance && !(attempts & TRIED_SHIFT)) {
    begin<f32>(state, <f32>mean, <f32>scale, attempts | TRIED_SHIFT);
    return RESHIFT;
  }
  // Of a constant row, scaled, eps alone counts, whose product with a scale's square may underflow.
  const rstd = variance <= 0 && scale != 1 ? 1 / sqrt(eps) / scale : 1 / sqrt(radicand);
  conclude<f32>(state, mean, 0, max0(variance), rstd);
  return SETTLED;
}

/**
 * In pairs of float64 where digits would be lost. Float64 may shift twice: where the deviations are but a few of the
 * mean's last digits, the second shift is the mean to its last digit, and nothing less leaves the variance all its
 * digits, and a constant row none.
 */
function finishDouble(state: usize, n: f64, eps: f64): i32 {
  closeChunk<f64>(state);
  const attempts = i32.load(state, ATTEMPTS);
  const scale = f64.load(state, SCALE);
  const inverse = 1 / n;
  const sum = attempts & UNCENTRED ? 0 : f64.load(state, SUM);
  const sumLow = attempts & UNCENTRED ? 0 : f64.load(state, SUM + LOW);
  const squares = f64.load(state, SQUARES);
  // Quotients in two parts, of which the leading ones have exact squares and products with n.
  const offset = leading(sum * inverse);
  const offsetLow = (sum - offset * n + sumLow) * inverse;
  const square = leading(squares * inverse);
  const squareLow = (squares - square * n + f64.load(state, SQUARES + LOW)) * inverse;
  let variance = square - offset * offset + (squareLow - offsetLow * (offset + offset + offsetLow));
  // An infinity leaves its low part NaN.
  if (!(squares < Infinity)) variance = squares;
  const ownEps = scale == 1 ? eps : scaledEps(eps, scale);
  const radicand = max0(variance) + ownEps;
  const inRange = squares < LARGEST_SAFE && radicand >= smallestSafe<f64>();
  // Below the range of squares, a mean's low part may be lost, and its square cannot be compared with the variance.
  const hasMean = sum == 0 || squares * inverse >= smallestSafe<f64>();
  if (!(inRange && hasMean) && !(attempts & TRIED_SCALE)) return RESCALE;
  const k = f64.load(state, K);
  const high = k + offset;
  const rest = lost(k, offset, high) + offsetLow;
  const mean = high + rest;
  if (offset * offset > variance && !(attempts & TRIED_SHIFT_AGAIN)) {
    begin<f64>(state, mean, scale, attempts | (attempts & TRIED_SHIFT ? TRIED_SHIFT_AGAIN : TRIED_SHIFT));
    return RESHIFT;
  }
  let rstd = 1 / sqrt(radicand);
  let rstdOfX = rstd * scale;
  if (scale != 1 && (variance <= 0 || ownEps == Infinity)) {
    rstdOfX = 1 / sqrt(eps);
    if (ownEps == Infinity) rstd = rstdOfX / scale;
  }
  f64.store(state, rstdOfX, RSTD_OF_X);
  conclude<f64>(state, mean, rest - (mean - high), max0(variance), rstd);
  return SETTLED;
}

/**
 * The leading 21 digits of a float64: the product with another such number, or with a whole number below 2^32, is
 * exact.
 */
@inline
function leading(value: f64): f64 {
  return reinterpret<f64>(reinterpret<u64>(value) & 0xffffffff00000000);
}

/** eps in scaled units. One that underflows cannot matter but to a constant row, whose rstd it must keep finite. */
@inline
function scaledEps(eps: f64, scale: f64): f64 {
  const scaled = eps * scale * scale;
  return abs(scaled) < LEAST_EPS && eps != 0 ? copysign(LEAST_EPS, eps) : scaled;
}

/** Rounding may leave a variance of zero a little below it; NaN stays. */
@inline
export function max0(value: f64): f64 {
  return value < 0 ? 0 : value;
}


@inline
function conclude<T>(state: usize, mean: f64, low: f64, variance: f64, rstd: f64): void {
  f64.store(state, mean, MEAN);
  if (sizeof<T>() == 8) f64.store(state, low, MEAN + LOW);
  f64.store(state, variance, VARIANCE);
  f64.store(state, rstd, RSTD);
  store<T>(state, <T>mean, CENTRE);
  store<T>(state, <T>slopeOf<T>(rstd), SLOPE);
  store<T>(state, residualOf<T>(mean, low, variance, rstd), RESIDUAL);
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
