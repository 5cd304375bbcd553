// k + alpha / size * sum of squares, the base of local response norm's power, in a double-double: a large exponent magnifies
// its error.

import { exponentOf, lostInProduct, pow, scaled, timesPower } from "../../math/pow.js";
import type { LocalResponseJob } from "../backend.js";

/** Outside, a sum of squares or its power may have lost digits, or all of them. */
export const SMALLEST = 2 ** -900;
export const LARGEST = 2 ** 900;

/** The base that was computed last: (high + low) 2^unit. */
export const wideBase = { high: 0, low: 0, unit: 0 };

type Window = Pick<LocalResponseJob, "alpha" | "beta" | "k" | "size">;

/**
 * Leaves in `wideBase` what `base` is to more digits, for the window of every `columns`th element from `from` to `to`; outside
 * float64's range, from squares in units of the largest. False where it is `base` itself: for zeros, infinities and NaN.
 */
export function widenBase(
  { alpha, beta, k, size }: Window,
  x: Float64Array,
  columns: number,
  base: number,
  from: number,
  to: number,
): boolean {
  let largest = 0;
  for (let i = from; i <= to; i += columns) largest = Math.max(largest, Math.abs(x[i]));
  if (!(largest > 0 && largest < Infinity && Math.abs(beta) < Infinity)) {
    [wideBase.high, wideBase.low, wideBase.unit] = [base, 0, 0];
    return false;
  }
  const inside = base >= SMALLEST && base <= LARGEST && largest >= 2 ** -400 && largest <= 2 ** 400;
  const e = inside ? 0 : exponentOf(largest);
  let sum = 0;
  let sumLow = 0;
  for (let i = from; i <= to; i += columns) {
    const v = scaled(x[i], -e);
    const square = v * v;
    const next = sum + square;
    const added = next - sum;
    sumLow += sum - (next - added) + (square - added);
    sum = next;
  }
  const slope = alpha / size;
  const whole = slope * size;
  const slopeLow = (alpha - whole - lostInProduct(slope, size, whole)) / size;
  const term = slope * sum;
  const termLow = lostInProduct(slope, sum, term) + slope * sumLow + slopeLow * sum;
  // In units of 2^unit, of which neither the term nor k has many.
  const unit = inside ? 0 : Math.max(exponentOf(Math.abs(term)) + 2 * e, k === 0 ? -2148 : exponentOf(Math.abs(k)));
  const [a, b] = [scaled(term, 2 * e - unit), scaled(k, -unit)];
  const high = a + b;
  const added = high - a;
  wideBase.high = high;
  wideBase.low = a - (high - added) + (b - added) + scaled(termLow, 2 * e - unit);
  wideBase.unit = unit;
  return true;
}

/** wideBase^exponent. */
export function powerOfWideBase(exponent: number): number {
  const { high } = wideBase;
  const ordinary = high !== 0 && Math.abs(high) < Infinity && Math.abs(exponent) < Infinity;
  if (!ordinary) return pow(high, exponent);
  return (high < 0 ? pow(-1, exponent) : 1) * timesWidePower(1, exponent);
}

/** x / wideBase. */
export function overWideBase(x: number): number {
  const { high, unit } = wideBase;
  if (unit === 0 || x === 0 || high === 0) return x / high;
  return Math.sign(x) * Math.sign(high) * timesWidePower(Math.abs(x), -1);
}

/** x |wideBase|^exponent for x > 0. */
export function timesWidePower(x: number, exponent: number): number {
  const { high, low, unit } = wideBase;
  return timesPower(x, Math.abs(high), Math.sign(high) * low, unit, exponent, 0);
}
