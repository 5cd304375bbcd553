// From the sum of a group to the two factors of its map: y = (x * scale) * factor, where scale is a power of two, 1 but
// where 1 / norm is not well within the range of x's type. So a norm may even lie beyond what that can hold.

import { high, low, lostInProduct, pair, times } from "../double_double";
import { exp2Fraction, exponentOf, log2, powerOfTwo, times2 } from "../pow";
import { isUnit } from "./state";

/**
 * Scale (lane 0) and factor (lane 1), both of x's type (wide: float64), of a group whose sum of (|x| / unit)^p is sum + rest; a unit of
 * 0 says that it is the sum of |x|^p. With p = Infinity the norm is the largest magnitude, and so it is for groups that
 * have no unit because that is 0, Infinity or NaN.
 */
export function factorsOf(sum: f64, rest: f64, p: f64, largest: f64, rescaled: bool, eps: f64, wide: bool): v128 {
  let norm = largest;
  let exponent: f64 = 0;
  if (p != Infinity && !(rescaled && !isUnit(largest))) {
    const root = rootOf(sum, rest, p);
    norm = high(root);
    exponent = low(root);
    if (rescaled) {
      // The largest magnitude is m * 2^e, so that products with the root cannot overflow.
      const e = max(exponentOf(largest), -1022);
      norm *= times2(largest, -e);
      exponent += <f64>e;
    }
  }
  return divisor(norm, exponent, eps, wide);
}

/** (sum + rest)^(1/p), sum being the whole rounded, as lane 0 times 2^lane 1. */
@inline
function rootOf(sum: f64, rest: f64, p: f64): v128 {
  if (p == 1) return f64x2.replace_lane(f64x2.splat(sum), 1, 0);
  if (p == 2) return f64x2.replace_lane(f64x2.splat(sqrt(sum)), 1, 0);
  const inverse = 1 / p;
  const t = times(log2(sum, rest), pair(inverse, (1 - p * inverse - lostInProduct(p, inverse, p * inverse)) / p));
  // Beyond these exponents, no float64 is left of x / norm.
  if (high(t) > 4000) return f64x2(1, 4000);
  const m = exp2Fraction(high(t), low(t));
  return f64x2.replace_lane(m, 1, nearest(high(t)));
}

/** Whether both of two divisors are such that factorsOf gives a scale of 1 and the reciprocal. */
@inline
export function isPlain(divisors: v128, wide: bool): bool {
  const least = wide ? 9.332636185032189e-302 : 7.52316384526264e-37; // 2^-1000, 2^-120
  const most = wide ? 2.1430172143725346e301 : 2.658455991569832e36; // 2^1001, 2^121
  const inside = v128.and(f64x2.ge(divisors, f64x2.splat(least)), f64x2.lt(divisors, f64x2.splat(most)));
  return i64x2.all_true(inside);
}

/** The factors of a division by max(norm * 2^exponent, eps). */
@inline
function divisor(norm: f64, exponent: f64, eps: f64, wide: bool): v128 {
  if (eps > times2(norm, <i32>min(exponent, 2000))) {
    norm = eps;
    exponent = 0;
  }
  const limit: f64 = wide ? 1022 : 126;
  let e = min(max(<f64>exponentOf(norm) + exponent, -limit), limit);
  if (abs(e) <= (wide ? 1000 : 120)) e = 0;
  const divisor = times2(norm, <i32>min(exponent - e, 2000));
  let factor = 1 / divisor;
  // A divisor too small to have a reciprocal belongs to a group of zeros.
  if (divisor > 0) factor = min(factor, wide ? f64.MAX_VALUE : <f64>f32.MAX_VALUE);
  return f64x2.replace_lane(f64x2.splat(powerOfTwo(<i32>-e)), 1, wide ? factor : <f64>(<f32>factor));
}
