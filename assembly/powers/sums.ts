// Sums of |x|^p and largest magnitudes of contiguous elements, which may come in pieces: all but the last of a row are
// multiples of a block. Elements of either type go by twos, as float64 lanes, so that squares of float32 numbers are
// exact and none is out of range.

import { addToPairs, bytesOf, sumOfFour, zeros } from "../lanes";
import { largestMagnitude } from "../range";
import { addPowers } from "./power";
import { HIGH, LARGEST, P, UNIT } from "./state";

/** Elements whose powers are added in float64 before they go to the pairs. */
export const BLOCK: i32 = 128;
/** Elements per pass of an inner loop. */
const QUAD: i32 = 16;

/** Two elements as float64 lanes. */
@inline
export function loadTwo<T>(p: usize): v128 {
  return sizeof<T>() == 4 ? f64x2.promote_low_f32x4(v128.load64_zero(p)) : v128.load(p);
}

/** One element and a zero. */
@inline
export function loadOne<T>(p: usize): v128 {
  return sizeof<T>() == 4 ? f64x2.promote_low_f32x4(v128.load32_zero(p)) : v128.load64_zero(p);
}

/** x^2, or |x|. */
// prettier-ignore
@inline
export function simple(x: v128, square: bool): v128 { return square ? f64x2.mul(x, x) : f64x2.abs(x); }

/** The powers of eight elements, added to two lanes. */
@inline
function sumOfEight<T>(x: usize, square: bool): v128 {
  return sumOfFour<f64>(
    simple(loadTwo<T>(x), square),
    simple(loadTwo<T>(x + bytesOf<T>(2)), square),
    simple(loadTwo<T>(x + bytesOf<T>(4)), square),
    simple(loadTwo<T>(x + bytesOf<T>(6)), square),
  );
}

/** Takes the next `count` elements of a row. */
export function accumulate<T>(state: usize, x: usize, count: i32): void {
  const p = f64.load(state, P);
  if (p == Infinity) magnitude<T>(state, x, count);
  else if (f64.load(state, UNIT) != 0) accumulatePowers<T>(state, x, count, p);
  else if (p == 2) accumulateSquares<T>(state, x, count);
  else if (p == 1) accumulateMagnitudes<T>(state, x, count);
  else accumulatePowers<T>(state, x, count, p);
}

function accumulateSquares<T>(state: usize, x: usize, count: i32): void {
  accumulateSimple<T>(state, x, count, true);
}

function accumulateMagnitudes<T>(state: usize, x: usize, count: i32): void {
  accumulateSimple<T>(state, x, count, false);
}


@inline
function accumulateSimple<T>(state: usize, x: usize, count: i32, square: bool): void {
  const end = x + bytesOf<T>(count & ~(QUAD - 1));
  while (x != end) {
    const blockEnd = x + min(bytesOf<T>(BLOCK), end - x);
    let sum = zeros();
    do {
      const first = sumOfEight<T>(x, square);
      const second = sumOfEight<T>(x + bytesOf<T>(8), square);
      sum = f64x2.add(sum, f64x2.add(first, second));
      x += bytesOf<T>(QUAD);
    } while (x != blockEnd);
    addToPairs(state + HIGH, sum);
  }
  count &= QUAD - 1;
  if (count > 0) accumulateTail<T>(state, x, count, square);
}

/** The last elements, fewer than a quad: a block of their own. */
function accumulateTail<T>(state: usize, x: usize, count: i32, square: bool): void {
  let sum = zeros();
  for (; count > 0; count -= 2) {
    sum = f64x2.add(sum, simple(count == 1 ? loadOne<T>(x) : loadTwo<T>(x), square));
    x += bytesOf<T>(2);
  }
  addToPairs(state + HIGH, sum);
}

/** Any p, and rows that are summed again in units of their largest magnitude: by twos, each straight to the pairs. */
function accumulatePowers<T>(state: usize, x: usize, count: i32, p: f64): void {
  const unit = f64.load(state, UNIT);
  const divisor = f64x2.splat(unit == 0 ? 1 : unit);
  for (; count > 0; count -= 2) {
    addPowers<T>(state + HIGH, f64x2.div(count == 1 ? loadOne<T>(x) : loadTwo<T>(x), divisor), p);
    x += bytesOf<T>(2);
  }
}

/** Takes `count` elements into the largest magnitude; NaN stays. */
export function magnitude<T>(state: usize, x: usize, count: i32): void {
  f64.store(state, max<f64>(f64.load(state, LARGEST), <f64>largestMagnitude<T>(x, count)), LARGEST);
}
