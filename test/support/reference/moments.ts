// The reduction of one group, two-pass, in twice float64's precision: exact enough for float64 results, whose own
// rounding errors are 2^-53.

import {
  add,
  divide,
  doubleDouble,
  negate,
  quickTwoSum,
  scaleBy,
  squareRoot,
  twoProduct,
  twoSum,
  type DoubleDouble,
} from "../double_double.js";
import { reciprocal, wide, wideAdd, wideNumber, type Wide } from "../elementary.js";
import { timesPowerOfTwo } from "../powers_of_two.js";
import { allFinite, scaledValues, type ScaledValues, type Values } from "./scaled_values.js";

/**
 * A group with its mean, (shift + offset) * 2^exponent, and its biased variance; if it is not centred, 0 and the mean of
 * squares. The shift is a number apart so that x - mean keeps its digits where the spread is 2^-50 of the mean.
 */
export interface GroupMoments extends ScaledValues {
  readonly shift: number;
  readonly offset: DoubleDouble;
  readonly variance: Wide;
}

const zero = doubleDouble(0);

/** The moments about the mean. NaN, all of them, if an element is not finite. */
export function centredMoments(x: Values): GroupMoments {
  const { values, exponent } = scaledValues(x);
  if (!allFinite(values)) return { values, exponent, shift: NaN, offset: zero, variance: wideNumber(NaN) };
  const n = doubleDouble(values.length);
  const shift = divide(sumOf(values, 0), n).high;
  const offset = divide(sumOf(values, shift), n);
  const variance = divide(sumOfSquares(values, shift, offset), n);
  return { values, exponent, shift, offset, variance: wide(variance, 2 * exponent) };
}

/** The moments about zero, for RMS norm: infinite if an element is, NaN if one is NaN. */
export function momentsAboutZero(x: Values): GroupMoments {
  const { values, exponent } = scaledValues(x);
  const about = { values, exponent, shift: 0, offset: zero };
  if (!allFinite(values)) return { ...about, variance: wideNumber(values.some(Number.isNaN) ? NaN : Infinity) };
  const meanOfSquares = divide(sumOfSquares(values, 0, zero), doubleDouble(values.length));
  return { ...about, variance: wide(meanOfSquares, 2 * exponent) };
}

/** A mean and a variance that are given, as running statistics are. */
export function givenMoments(x: Values, mean: number, variance: number): GroupMoments {
  const { values, exponent } = scaledValues(x, mean);
  const shift = timesPowerOfTwo(mean, -exponent);
  return { values, exponent, shift, offset: zero, variance: wideNumber(variance) };
}

export function meanOf({ exponent, shift, offset }: GroupMoments): DoubleDouble {
  return scaleBy(add(doubleDouble(shift), offset), exponent);
}

/** 1 / sqrt(variance + eps): may be too large for float64 though the results it makes are not. */
export function reciprocalDeviation(variance: Wide, eps: number): Wide {
  return reciprocal(deviationOf(wideAdd(variance, wideNumber(eps))));
}

/** sqrt(variance). */
export function deviationOf({ value, exponent }: Wide): Wide {
  const odd = exponent & 1;
  return { value: squareRoot(scaleBy(value, odd)), exponent: (exponent - odd) / 2 };
}

/** The sum of x - shift. */
function sumOf(values: Values, shift: number): DoubleDouble {
  let sum = zero;
  for (let index = 0; index < values.length; index++) sum = add(sum, twoSum(values[index], -shift));
  return sum;
}

/** The sum of (x - shift - offset)^2. */
function sumOfSquares(values: Values, shift: number, offset: DoubleDouble): DoubleDouble {
  const back = negate(offset);
  let sum = zero;
  for (let index = 0; index < values.length; index++) {
    const { high, low } = add(twoSum(values[index], -shift), back);
    const square = twoProduct(high, high);
    sum = add(sum, quickTwoSum(square.high, square.low + 2 * high * low));
  }
  return sum;
}
