// |x|^p of two elements of a group, for any p, added to pairs. The plain ways of p = 1 and p = 2 are in sums.ts.

import { high, low, pair, times } from "../double_double";
import { addToPairs, lost } from "../lanes";
import { exp2Fraction, log2, powerOfTwo } from "../pow";
import { powLanes } from "./pow_lanes";

/** Powers of float32 data with smaller exponents are as exact as those of float64: the root multiplies errors by 1/p. */
const SMALLEST_FAST: f64 = 0.015625; // 1/64

/** Adds |x|^p to the pairs at `at` (high, low 16 bytes on), for x of either sign. */
@inline
export function addPowers<T>(at: usize, x: v128, p: f64): void {
  add<T>(at, x, p);
}

// A function of its own behind an inlined one: asc warns of vectors as arguments of functions that files export.
function add<T>(at: usize, x: v128, p: f64): void {
  const v = f64x2.abs(x);
  if (p == 1) addToPairs(at, v);
  else if (p == 2) addToPairs(at, f64x2.mul(v, v));
  else if (sizeof<T>() == 4 && p >= SMALLEST_FAST) addToPairs(at, powLanes(v, p));
  else {
    addExact(at, f64x2.extract_lane(v, 0), p);
    addExact(at + 8, f64x2.extract_lane(v, 1), p);
  }
}

/** Adds one element's power to one lane of the pairs. */
function addExact(at: usize, v: f64, p: f64): void {
  const term = exactPower(v, p);
  const before = f64.load(at);
  const sum = before + high(term);
  f64.store(at, sum);
  f64.store(at, f64.load(at, 16) + (lost(before, high(term), sum) + low(term)), 16);
}

/** v^p as a double-double; 0 and Infinity where it is out of range. */
function exactPower(v: f64, p: f64): v128 {
  if (!(v > 0 && v < Infinity)) return f64x2.replace_lane(f64x2.splat(0), 0, v);
  const logarithm = log2(v, 0);
  const estimate = high(logarithm) * p;
  if (estimate < -1020) return f64x2.splat(0);
  if (estimate > 1020) return f64x2(Infinity, 0);
  const t = times(logarithm, pair(p, 0));
  const m = exp2Fraction(high(t), low(t));
  return f64x2.mul(m, f64x2.splat(powerOfTwo(<i32>nearest(high(t)))));
}
