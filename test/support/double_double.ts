// Numbers of twice float64's precision, as unevaluated sums of two float64 numbers: Dekker's, Knuth's and Priest's
// error-free transformations. Functions are small and free of branches so that engines inline them and allocate nothing.
// Magnitudes must be within 2^-450 and 2^990, or 0, so that no product loses its low part; `scaleBy` and `wideMultiply`
// are for the others.

import { exponentOf, timesPowerOfTwo } from "./powers_of_two.js";

/** high + low, |low| at most half an ulp of high: 106 bits. */
export interface DoubleDouble {
  readonly high: number;
  readonly low: number;
}

/** Veltkamp's constant, 2^27 + 1: parts a significand into two halves whose products are exact. */
const splitter = 134217729;

export function doubleDouble(high: number, low = 0): DoubleDouble {
  return { high, low };
}

/** a + b exactly. */
export function twoSum(a: number, b: number): DoubleDouble {
  const high = a + b;
  const part = high - a;
  return { high, low: a - (high - part) + (b - part) };
}

/** a + b exactly, where |a| >= |b| or a is 0. */
export function quickTwoSum(a: number, b: number): DoubleDouble {
  const high = a + b;
  return { high, low: b - (high - a) };
}

/** a * b exactly. */
export function twoProduct(a: number, b: number): DoubleDouble {
  const high = a * b;
  const spreadA = splitter * a;
  const upperA = spreadA - (spreadA - a);
  const lowerA = a - upperA;
  const spreadB = splitter * b;
  const upperB = spreadB - (spreadB - b);
  const lowerB = b - upperB;
  return { high, low: upperA * upperB - high + upperA * lowerB + lowerA * upperB + lowerA * lowerB };
}

/** The error is at most 2^-104 of |a| + |b|, not of the sum: terms that cancel lose what they had not. */
export function add(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const sum = twoSum(a.high, b.high);
  return quickTwoSum(sum.high, sum.low + (a.low + b.low));
}

export function negate(a: DoubleDouble): DoubleDouble {
  return { high: -a.high, low: -a.low };
}

export function subtract(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  return add(a, { high: -b.high, low: -b.low });
}

export function multiply(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const product = twoProduct(a.high, b.high);
  return quickTwoSum(product.high, product.low + (a.high * b.low + a.low * b.high));
}

/** Long division: two digits of 53 bits each, and what is left corrects them. Division by zero is that of float64. */
export function divide(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const first = a.high / b.high;
  if (!Number.isFinite(first) || !Number.isFinite(b.high)) return doubleDouble(first);
  const left = subtract(a, multiply(doubleDouble(first), b));
  const second = left.high / b.high;
  const third = subtract(left, multiply(doubleDouble(second), b)).high / b.high;
  return add(quickTwoSum(first, second), doubleDouble(third));
}

/** Karp's trick: one step of Newton from float64's root, with the residual exact. NaN below zero. */
export function squareRoot(a: DoubleDouble): DoubleDouble {
  const root = Math.sqrt(a.high);
  if (!(root > 0) || root === Infinity) return doubleDouble(root);
  const residual = subtract(a, twoProduct(root, root));
  return quickTwoSum(root, residual.high / (2 * root));
}

/** a * 2^exponent: exact, but that what comes out subnormal is rounded and what is too large becomes infinite. */
export function scaleBy(a: DoubleDouble, exponent: number): DoubleDouble {
  if (exponent === 0) return a;
  const high = timesPowerOfTwo(a.high, exponent);
  // The high part alone is rounded among subnormals; what it lost is below anything a low part could hold.
  return { high, low: Number.isFinite(high) ? timesPowerOfTwo(a.low, exponent) : 0 };
}

/** a * b of any magnitudes. */
export function wideMultiply(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  if (isHandy(a.high) && isHandy(b.high)) return multiply(a, b);
  const plain = a.high * b.high;
  if (!Number.isFinite(a.high) || !Number.isFinite(b.high) || a.high === 0 || b.high === 0) return doubleDouble(plain);
  const [exponentA, exponentB] = [exponentOf(a.high), exponentOf(b.high)];
  return scaleBy(multiply(scaleBy(a, -exponentA), scaleBy(b, -exponentB)), exponentA + exponentB);
}

function isHandy(value: number): boolean {
  const magnitude = Math.abs(value);
  return magnitude > 2 ** -450 && magnitude < 2 ** 450;
}
