// exp, log and pow in twice float64's precision, for p-norms and local response normalisation. Numbers are kept apart
// from their exponents where they may be too large or too small for float64.

import { add, divide, doubleDouble, multiply, scaleBy, subtract, type DoubleDouble } from "./double_double.js";
import { exponentOf } from "./powers_of_two.js";

/** value * 2^exponent, where value is of the order of 1, or zero, infinite or NaN. */
export interface Wide {
  readonly value: DoubleDouble;
  readonly exponent: number;
}

const ln2 = doubleDouble(0.6931471805599453, 2.3190468138462996e-17);

/** Taylor's series is summed for 2^-9 of the argument, and squared nine times. */
const halvings = 9;
const terms = 9;

/** A number with its exponent split off. */
export function wide(value: DoubleDouble, exponent = 0): Wide {
  if (value.high === 0 || !Number.isFinite(value.high)) return { value, exponent: 0 };
  const own = exponentOf(value.high);
  return { value: scaleBy(value, -own), exponent: exponent + own };
}

/** The number itself, where float64 has it. */
export function narrow({ value, exponent }: Wide): DoubleDouble {
  return scaleBy(value, exponent);
}

/** e^x, relative error below 2^-92 for |x| < 2^10: that of x itself. */
export function exponential(x: DoubleDouble): Wide {
  if (!Number.isFinite(x.high)) return { value: doubleDouble(Math.exp(x.high)), exponent: 0 };
  const exponent = Math.round(x.high / ln2.high);
  const rest = subtract(x, multiply(doubleDouble(exponent), ln2));
  const small = scaleBy(rest, -halvings);
  let sum = doubleDouble(0);
  for (let term = terms; term >= 1; term--)
    sum = multiply(divide(small, doubleDouble(term)), add(doubleDouble(1), sum));
  // e^2a - 1 = (e^a - 1)^2 + 2 (e^a - 1): without the 1 nothing is lost.
  for (let squaring = 0; squaring < halvings; squaring++) sum = add(multiply(sum, sum), scaleBy(sum, 1));
  return { value: add(sum, doubleDouble(1)), exponent };
}

/** The natural logarithm, absolute error below 2^-95: Newton from float64's, near 1. NaN below zero. */
export function logarithm(x: Wide): DoubleDouble {
  const guess = Math.log(x.value.high);
  if (!Number.isFinite(guess)) return doubleDouble(guess);
  const inverse = narrow(exponential(doubleDouble(-guess)));
  const correction = subtract(multiply(x.value, inverse), doubleDouble(1));
  return add(add(doubleDouble(guess), correction), multiply(doubleDouble(x.exponent), ln2));
}

/** x^power for x >= 0; NaN below zero. */
export function power(x: Wide, power: DoubleDouble): Wide {
  if (x.value.high === 0)
    return { value: doubleDouble(power.high > 0 ? 0 : power.high < 0 ? Infinity : 1), exponent: 0 };
  if (x.value.high === Infinity) return { value: doubleDouble(power.high > 0 ? Infinity : 0), exponent: 0 };
  return exponential(multiply(logarithm(x), power));
}

/** a * b. */
export function wideProduct(a: Wide, b: Wide): Wide {
  const plain = a.value.high * b.value.high;
  if (plain === 0 || !Number.isFinite(plain)) return wide(doubleDouble(plain));
  return wide(multiply(a.value, b.value), a.exponent + b.exponent);
}

/** a + b. */
export function wideAdd(a: Wide, b: Wide): Wide {
  if (a.value.high === 0) return b;
  if (b.value.high === 0) return a;
  const plain = a.value.high + b.value.high;
  if (!Number.isFinite(plain)) return wide(doubleDouble(plain));
  const exponent = Math.max(a.exponent, b.exponent);
  return wide(add(scaleBy(a.value, a.exponent - exponent), scaleBy(b.value, b.exponent - exponent)), exponent);
}

/** 1 / a. */
export function reciprocal(a: Wide): Wide {
  return { value: divide(doubleDouble(1), a.value), exponent: -a.exponent };
}

/** A number, exactly. */
export function wideNumber(value: number): Wide {
  return wide(doubleDouble(value));
}
