// The coefficients of the gradient of a row of n elements. With g = dy * gamma and h = (x - mean) * rstd,
//
//   dx = rstd * (g - mean of g - h * mean of g * h) = g * rstd + h * slope + constant
//
// The saved mean is rounded: h is off by the mean of h, and where that is no more than rounding can be, it is put right.

import { sumOfG, sumOfGH, sumOfH, SUMS_BYTES } from "./sums";

// Byte offsets of coefficients, all of T:
export const MEAN: usize = 0;
export const RSTD: usize = 8;
export const SLOPE: usize = 16;
export const CONSTANT: usize = 24;
/** What terms lack, of (x - mean) * rstd; 0 for what is next to nothing. */
export const OFFSET: usize = 32;
export const COEFFICIENT_BYTES: usize = 40;

/** What rounding to T may have taken from a mean: half an ulp, and a little for the rounding of what finds it. */
@inline
function roundingOf<T>(mean: f64): f64 {
  return sizeof<T>() == 8
    ? 1.6653345369377348e-16 * max(abs(mean), 2.2250738585072014e-308) // 1.5 * 2^-53, the smallest normal number
    : 8.940696716308594e-8 * max(abs(mean), 1.1754943508222875e-38); // 1.5 * 2^-24
}

/** Offsets up to this are below half a last digit of what they are added to, at one standard deviation: terms do without. */
// prettier-ignore
@inline function negligible<T>(): f64 { return sizeof<T>() == 8 ? 5.551115123125783e-17 : 2.9802322387695312e-8; }

/** A value whose magnitude is up to a limit, or above it; else 0. Not by a branch, which is as often wrong as not. */
@inline
function where(value: f64, limit: f64, isUpTo: bool): f64 {
  const v = f64x2.splat(value);
  const size = f64x2.abs(v);
  const mask = isUpTo ? f64x2.le(size, f64x2.splat(limit)) : f64x2.gt(size, f64x2.splat(limit));
  return f64x2.extract_lane(v128.and(v, mask), 0);
}

/** Of rows of 1 / `inverse` elements, whose sums are complete. */
export function settleRows<T>(
  coefficients: usize,
  sums: usize,
  mean: usize,
  rstd: usize,
  rows: i32,
  inverse: f64,
  uncentred: bool,
): void {
  for (; rows > 0; rows--) {
    settle<T>(coefficients, sums, inverse, uncentred ? <T>0 : load<T>(mean), load<T>(rstd), uncentred);
    coefficients += COEFFICIENT_BYTES;
    sums += SUMS_BYTES;
    mean += sizeof<T>();
    rstd += sizeof<T>();
  }
}

/** Uncentred for RMS norm, which subtracts no mean. */
@inline
function settle<T>(coefficients: usize, sums: usize, inverse: f64, mean: T, rstd: T, uncentred: bool): void {
  const scale = <f64>rstd;
  let meanOfG = sumOfG<T>(sums) * inverse;
  const meanOfH = sumOfH<T>(sums) * inverse;
  const rounding = uncentred ? -1 : scale * roundingOf<T>(<f64>mean);
  const offset = where(-meanOfH, rounding, true);
  const slope = -(sumOfGH<T>(sums) * inverse + offset * meanOfG) * scale;
  if (uncentred) meanOfG = 0;
  store<T>(coefficients, mean, MEAN);
  store<T>(coefficients, rstd, RSTD);
  store<T>(coefficients, <T>slope, SLOPE);
  store<T>(coefficients, <T>(offset * slope - meanOfG * scale), CONSTANT);
  store<T>(coefficients, <T>where(offset, negligible<T>(), false), OFFSET);
}
