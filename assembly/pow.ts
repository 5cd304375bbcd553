// x^y in float64: correct to 0.51 ulp (0.52 where the result is subnormal), with the same bits on every engine.
// src/math/pow.ts is the same in TypeScript, operation by operation: change both.
//
// x^y = 2^(y log2 x). The logarithm and its product with y are double-doubles, so that even an exponent of 1,000 keeps
// digits to spare; no tables, and Taylor series, whose coefficients need no explanation.

import { high, lostInProduct, low, pair, times } from "./double_double";

const SMALLEST_NORMAL: f64 = 2.2250738585072014e-308; // 2^-1022
const TWO_54: f64 = 18014398509481984;

/** 2^n for -1022 <= n <= 1023. */
@inline
export function powerOfTwo(n: i32): f64 {
  return reinterpret<f64>((<i64>(1023 + n)) << 52);
}

/** The n of 2^n <= |x| < 2^(n + 1) for normal x; -1023 for smaller ones. */
@inline
export function exponentOf(x: f64): i32 {
  return ((<i32>(reinterpret<u64>(x) >>> 52)) & 0x7ff) - 1023;
}

/** v * 2^n for |n| <= 2,044. */
export function times2(v: f64, n: i32): f64 {
  const half = n >> 1;
  return v * powerOfTwo(half) * powerOfTwo(n - half);
}

/** log2 of the double-double h + l, with a relative error below 2^-68; 0 < h < Infinity. */
export function log2(h: f64, l: f64): v128 {
  let e = 0;
  if (h < SMALLEST_NORMAL) {
    h *= TWO_54;
    l *= TWO_54;
    e = -54;
  }
  // h = 2^k m, where m begins at the last number but some below sqrt(1/2), so that log2 m does not cancel against k.
  const bits = reinterpret<i64>(h);
  const k = (<i32>(bits >> 32) - 0x3fe6a09e) >> 20;
  const m = reinterpret<f64>(bits - ((<i64>k) << 52));
  const ml = l == 0 ? 0 : l * powerOfTwo(-k);
  const logarithm = log2NearOne(m, ml);
  const whole = <f64>(k + e);
  if (whole == 0) return logarithm;
  const sum = pair(whole, high(logarithm));
  return pair(high(sum), low(sum) + low(logarithm));
}

/** log2(m + ml) = 2 / ln 2 (s + s^3/3 + s^5/5 + ...), s = (m - 1) / (m + 1), for sqrt(1/2) <= m < sqrt(2), nearly. */
@inline
function log2NearOne(m: f64, ml: f64): v128 {
  const f = m - 1;
  const a = m + 1;
  const s = f / a;
  const product = s * a;
  const rest = f - product - lostInProduct(s, a, product) - s * (m - (a - 1) + ml) + ml;
  const quotient = pair(s, rest / a);
  const z = times(quotient, quotient);
  // From z^3/7 on, float64 will do.
  const zh = high(z);
  const tail = 1.0 / 21 + zh * (1.0 / 23 + zh * (1.0 / 25 + zh * (1.0 / 27)));
  const series =
    1.0 / 7 +
    zh *
      (1.0 / 9 + zh * (1.0 / 11 + zh * (1.0 / 13 + zh * (1.0 / 15 + zh * (1.0 / 17 + zh * (1.0 / 19 + zh * tail))))));
  const fifth = pair(0.2, zh * series);
  const third = times(z, pair(high(fifth), low(fifth) - 1.1102230246251566e-17));
  const sum = pair(0.3333333333333333, high(third));
  const rise = times(z, pair(high(sum), low(sum) + low(third) + 1.850371707708594e-17));
  const one = pair(1, high(rise));
  const twoOverLn2 = f64x2(2.8853900817779268, 4.0710547481862066e-17);
  return times(quotient, times(twoOverLn2, pair(high(one), low(one) + low(rise))));
}

/** 2^(t - nearest(t)), t = th + tl, as a double-double from sqrt(1/2) to sqrt(2), with an error below 2^-59. */
export function exp2Fraction(th: f64, tl: f64): v128 {
  const f = pair(th - nearest(th), tl);
  const r = times(f, f64x2(0.6931471805599453, 2.3190468138462996e-17));
  const rh = high(r);
  const square = rh * rh;
  const squareLow = lostInProduct(rh, rh, square) * 0.5 + rh * low(r);
  // From r^3/6 on, float64 will do.
  const tail =
    1.0 / 39916800 +
    rh * (1.0 / 479001600 + rh * (1.0 / 6227020800 + rh * (1.0 / 87178291200 + rh * (1.0 / 1307674368000))));
  const series =
    1.0 / 6 +
    rh *
      (1.0 / 24 +
        rh *
          (1.0 / 120 +
            rh *
              (1.0 / 720 +
                rh * (1.0 / 5040 + rh * (1.0 / 40320 + rh * (1.0 / 362880 + rh * (1.0 / 3628800 + rh * tail)))))));
  const first = pair(1, rh);
  const second = pair(high(first), square * 0.5);
  return pair(high(second), low(first) + low(second) + (low(r) + squareLow + square * rh * series));
}

/** (mh + ml) * 2^n, rounded once, for mh from 1/2 to 2 and |n| <= 1,100. */
export function scaleToPower(mh: f64, ml: f64, n: f64): f64 {
  const k = <i32>n;
  if (k > 1023) return mh * powerOfTwo(1023) * powerOfTwo(k - 1023);
  const normal = k < -1022 ? 0 : mh * powerOfTwo(k);
  if (normal >= SMALLEST_NORMAL) return normal;
  // 1 plus the number times 2^1022 rounds where a subnormal has its last digit.
  const scale = powerOfTwo(k + 1022);
  const scaled = mh * scale;
  const sum = 1 + scaled;
  return (sum + (1 - sum + scaled + ml * scale) - 1) * SMALLEST_NORMAL;
}

/** IEEE 754's pow. */
export function pow(x: f64, y: f64): f64 {
  if (y == 0 || x == 1) return 1;
  if (!(x == x && y == y)) return NaN;
  if (x < 0) return signOfPower(y) * pow(-x, y);
  if (x == 0 || x == Infinity || abs(y) == Infinity) return powerAtTheEnds(x, y);
  return exp2Times(log2(x, 0), f64x2(y, 0));
}

/** 2^(t y), rounded. */
@inline
function exp2Times(t: v128, y: v128): f64 {
  const estimate = high(t) * high(y);
  if (estimate > 1100) return Infinity;
  if (estimate < -1100) return 0;
  const exponent = times(t, y);
  const m = exp2Fraction(high(exponent), low(exponent));
  return scaleToPower(high(m), low(m), nearest(high(exponent)));
}

/** (-1)^y: NaN but for whole numbers. */
export function signOfPower(y: f64): f64 {
  if (y != floor(y)) return NaN;
  const half = y * 0.5;
  return half == floor(half) ? 1 : -1;
}

/** x is 0 or infinite, or y is infinite; x is positive and not 1. */
function powerAtTheEnds(x: f64, y: f64): f64 {
  return x > 1 == y > 0 ? Infinity : 0;
}
