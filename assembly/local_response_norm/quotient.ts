// x / base^beta.

import { high, low, lostInProduct, pair, times } from "../double_double";
import { lost } from "../lanes";
import { powLanes } from "../powers/pow_lanes";
import { exp2Fraction, exponentOf, log2, pow, scaleToPower, signOfPower, times2 } from "../pow";
import { BETA, K, LINEAR, ROOTS, SLOPE, SLOPE_LOW, WINDOW } from "./parameters";

/** base^beta for the kinds with roots. */
@inline
export function power<T>(base: v128, kind: i32): v128 {
  if (kind == LINEAR) return base;
  const root = v128.sqrt<T>(base);
  return kind == ROOTS ? v128.mul<T>(root, v128.sqrt<T>(root)) : root;
}

/** Two float32 quotients, in lanes 0 and 1, of numbers and bases in float64. */
@inline
export function quotientOfTwo(x: v128, base: v128, kind: i32): v128 {
  return f32x4.demote_f64x2_zero(f64x2.div(x, power<f64>(base, kind)));
}

/** The same for any beta; `sign` is (-1)^beta. */
@inline
export function generalOfTwo(x: v128, base: v128, beta: f64, sign: f64): v128 {
  const magnitude = powLanes(f64x2.abs(base), -beta);
  const negative = f64x2.lt(base, f64x2.splat(0));
  const signs = v128.bitselect(f64x2.splat(sign), f64x2.splat(1), negative);
  return f32x4.demote_f64x2_zero(f64x2.mul(x, f64x2.mul(magnitude, signs)));
}

/** x / ((h + l) 2^e)^beta, where neither the power nor the base need be within float64's range. */
export function quotient(x: f64, h: f64, l: f64, e: f64, beta: f64): f64 {
  if (!(abs(h) > 0 && abs(h) < Infinity)) return x / pow(h, beta);
  const sign = h < 0 ? signOfPower(beta) : 1;
  if (x == 0 || !(abs(x) < Infinity)) return x * sign;
  const logarithm = log2(abs(h), h < 0 ? -l : l);
  const whole = high(logarithm) + e;
  const exponent = pair(whole, lost(high(logarithm), e, whole) + low(logarithm));
  const estimate = high(exponent) * beta;
  if (!(abs(estimate) < 5000)) return x * sign * (estimate > 0 ? 0 : Infinity);
  const t = times(exponent, pair(-beta, 0));
  const m = exp2Fraction(high(t), low(t));
  // x = f 2^n, so that the product with m is in range.
  const tiny = abs(x) < 2.2250738585072014e-308;
  const normal = tiny ? x * 18014398509481984 : x;
  const n = exponentOf(normal);
  const f = reinterpret<f64>((reinterpret<u64>(normal) & 0x000fffffffffffff) | 0x3ff0000000000000);
  const product = f * high(m);
  const rest = lostInProduct(f, high(m), product) + f * low(m);
  const to = nearest(high(t)) + <f64>(tiny ? n - 54 : n);
  const scaled = to > 1100 ? Infinity : to < -1100 ? 0 : scaleToPower(product, rest, to);
  return copysign(scaled, x) * sign;
}

/**
 * The quotient of an x whose window leaves float64's range when squared, from the window's channels: `stride` bytes
 * apart in a ring, in whatever order.
 */
export function wideQuotient(parameters: usize, x: f64, ring: usize, stride: usize): f64 {
  const window = i32.load(parameters, WINDOW);
  const k = f64.load(parameters, K);
  const beta = f64.load(parameters, BETA);
  const slope = f64.load(parameters, SLOPE);
  let largest: f64 = 0;
  let at = ring;
  for (let slot = 0; slot < window; slot++) {
    largest = max(largest, abs(f64.load(at)));
    at += stride;
  }
  if (!(largest > 0 && largest < Infinity)) return quotient(x, k + slope * largest, 0, 0, beta);
  // In units of 2^e.
  const e = max(exponentOf(largest), -1022);
  const sum = sumOfSquares(ring, stride, window, -e);
  const scaled = times(sum, pair(slope, f64.load(parameters, SLOPE_LOW)));
  const twice = <f64>(2 * e);
  if (k == 0 || slope == 0) return quotient(x, high(scaled) + k, low(scaled), k == 0 ? twice : 0, beta);
  // In units of 2^unit, of which neither term has many.
  const unit = max(<f64>exponentOf(high(scaled)) + twice, <f64>exponentOf(k));
  const first = scaleWithin(high(scaled), twice - unit);
  const second = scaleWithin(k, -unit);
  const base = first + second;
  const rest = lost(first, second, base) + scaleWithin(low(scaled), twice - unit);
  return quotient(x, base, rest, unit, beta);
}

/** v 2^n, or 0 where n is very negative. */
// prettier-ignore
function scaleWithin(v: f64, n: f64): f64 { return n < -2000 ? 0 : times2(v, <i32>n); }

/** The sum of (x 2^n)^2. */
function sumOfSquares(at: usize, stride: usize, window: i32, n: i32): v128 {
  let sum: f64 = 0;
  let rest: f64 = 0;
  for (let slot = 0; slot < window; slot++) {
    const v = times2(f64.load(at), n);
    const square = v * v;
    const next = sum + square;
    rest += lost(sum, square, next) + lostInProduct(v, v, square);
    sum = next;
    at += stride;
  }
  return pair(sum, rest);
}
