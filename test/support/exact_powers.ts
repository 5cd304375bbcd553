// What `normalize` and local response norm should give, by integer arithmetic: for small groups, of any magnitudes.

import { exactPower, magnitudeOf, relativeError } from "./exact_power.js";
import { add, divide, multiply, rational, type Rational } from "./rational.js";

const zero: Rational = { numerator: 0n, denominator: 1n };

/** x / max(||x||_p, eps) of one group; eps > 0. */
export function exactNormalize(x: ArrayLike<number>, p: number, eps: number): Rational[] {
  const divisor = larger(norm(Array.from(x, rational), p), rational(eps));
  return Array.from(x, (value) => divide(rational(value), divisor));
}

function norm(x: Rational[], p: number): Rational {
  const magnitudes = x.map(absolute).filter(({ numerator }) => numerator > 0n);
  const largest = magnitudes.reduce(larger, zero);
  if (p === Infinity || magnitudes.length === 0) return largest;
  if (p === 1) return sum(magnitudes);
  const terms = magnitudes.map((magnitude) => ratioToPower(divide(magnitude, largest), p));
  const { numerator, denominator } = rational(p);
  return multiply(largest, exactPower(sum(terms), { numerator: denominator, denominator: numerator }));
}

/** Of a number up to 1; what is below 2^-300 does not count in a sum that begins with 1. */
function ratioToPower(ratio: Rational, p: number): Rational {
  return Number(magnitudeOf(ratio) + 1n) * p < -300 ? zero : exactPower(ratio, rational(p));
}

export interface WindowOptions {
  readonly before: number;
  readonly after: number;
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;
}

/** Local response norm along one line of channels; a number where there is no finite result. */
export function exactLocalResponseNorm(x: ArrayLike<number>, options: WindowOptions): (Rational | number)[] {
  const { before, after, size, alpha, beta, k } = options;
  const squares = Array.from(x, (value) => multiply(rational(value), rational(value)));
  return Array.from(x, (value, c) => {
    const total = sum(squares.slice(Math.max(0, c - before), c + after + 1));
    const base = add(rational(k), divide(multiply(rational(alpha), total), rational(size)));
    if (base.numerator === 0n) return value / (beta > 0 ? 0 : beta < 0 ? Infinity : 1);
    if (base.numerator < 0n && !Number.isInteger(beta)) return NaN;
    const quotient = multiply(rational(value), exactPower(absolute(base), rational(-beta)));
    return base.numerator < 0n && beta % 2 !== 0 ? negative(quotient) : quotient;
  });
}

/** What distinguishes float32 and float64 in error measures. */
export const formats = {
  f32: { unit: 2 ** -24, smallestNormal: 2 ** -126, largest: 2 ** 128 * (1 - 2 ** -24) },
  f64: { unit: 2 ** -53, smallestNormal: 2 ** -1022, largest: Number.MAX_VALUE },
} as const;

export type Format = keyof typeof formats;

/** The largest |y - y*| / (u max(|y*|, rms of y*)). */
export function groupErr(y: ArrayLike<number>, exact: readonly Rational[], format: Format): number {
  const squares = sum(exact.map((value) => multiply(value, value)));
  const meanSquare = divide(squares, rational(exact.length));
  const half = { numerator: 1n, denominator: 2n };
  const rms = squares.numerator === 0n ? zero : exactPower(meanSquare, half);
  return Math.max(...exact.map((value, index) => errOf(y[index], value, larger(absolute(value), rms), format)));
}

/** The largest |y - y*| / (u |y*|). */
export function elementErr(y: ArrayLike<number>, exact: readonly (Rational | number)[], format: Format): number {
  return Math.max(
    ...exact.map((value, index) => {
      if (typeof value === "number") return Object.is(y[index], value) ? 0 : Infinity;
      return errOf(y[index], value, absolute(value), format);
    }),
  );
}

/** Infinite results are right where the exact one is beyond the largest number. */
function errOf(y: number, exact: Rational, scale: Rational, format: Format): number {
  const { unit, smallestNormal, largest } = formats[format];
  if (!Number.isFinite(y)) {
    const isRight =
      Math.abs(y) === Infinity && y > 0 === exact.numerator > 0n && exceeds(absolute(exact), rational(largest));
    return isRight ? 0 : Infinity;
  }
  return relativeError(y, exact, larger(scale, rational(smallestNormal))) / unit;
}

/** Brought to the largest denominator, which that of finite numbers and of powers always divides. */
function sum(values: readonly Rational[]): Rational {
  let denominator = 1n;
  for (const value of values) if (value.denominator > denominator) denominator = value.denominator;
  if (values.some((value) => denominator % value.denominator !== 0n)) return values.reduce(add, zero);
  let numerator = 0n;
  for (const value of values) numerator += value.numerator * (denominator / value.denominator);
  return { numerator, denominator };
}

function larger(a: Rational, b: Rational): Rational {
  return exceeds(a, b) ? a : b;
}

function exceeds(a: Rational, b: Rational): boolean {
  return a.numerator * b.denominator > b.numerator * a.denominator;
}

function absolute(a: Rational): Rational {
  return a.numerator < 0n ? negative(a) : a;
}

function negative({ numerator, denominator }: Rational): Rational {
  return { numerator: -numerator, denominator };
}
