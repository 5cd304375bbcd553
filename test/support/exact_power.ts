import { rational, type Rational } from "./rational.js";

/** Fixed point: numbers are multiples of 2^-BITS. */
const BITS = 240n;
const ONE = 1n << BITS;

const ln2 = naturalLogarithm(2n * ONE);

/** base^exponent, base > 0, to more than 200 bits, by integer arithmetic alone. */
export function exactPower(base: Rational, exponent: Rational): Rational {
  const { mantissa, shift } = scaled(base);
  const logarithm = (naturalLogarithm(mantissa) * ONE) / ln2 + shift * ONE;
  const t = floorDivide(logarithm * exponent.numerator, exponent.denominator);
  const whole = floorDivide(t, ONE);
  return timesPowerOfTwo({ numerator: exponential(((t - whole * ONE) * ln2) / ONE), denominator: ONE }, whole);
}

export function timesPowerOfTwo({ numerator, denominator }: Rational, exponent: bigint): Rational {
  return exponent < 0n
    ? { numerator, denominator: denominator << -exponent }
    : { numerator: numerator << exponent, denominator };
}

/** |actual - exact| in units of the last place that a float64 of exact's size has. */
export function ulpError(actual: number, exact: Rational): number {
  const exponent = magnitudeOf(exact);
  const last = (exponent < -1022n ? -1022n : exponent) - 52n;
  return toNumber(difference(actual, exact), timesPowerOfTwo({ numerator: 1n, denominator: 1n }, last));
}

/** |actual - exact| / |scale|. */
export function relativeError(actual: number, exact: Rational, scale: Rational): number {
  return toNumber(difference(actual, exact), scale);
}

/** The n of 2^n <= |a| < 2^(n + 1). */
export function magnitudeOf({ numerator, denominator }: Rational): bigint {
  const positive = numerator < 0n ? -numerator : numerator;
  const estimate = BigInt(bitLength(positive) - bitLength(denominator));
  const reached = estimate < 0n ? positive << -estimate >= denominator : positive >= denominator << estimate;
  return reached ? estimate : estimate - 1n;
}

function difference(actual: number, exact: Rational): Rational {
  const { numerator, denominator } = rational(actual);
  const numeratorOfBoth = numerator * exact.denominator - exact.numerator * denominator;
  return { numerator: numeratorOfBoth, denominator: denominator * exact.denominator };
}

/** |a / b|, to 2^-100. */
function toNumber(a: Rational, b: Rational): number {
  const quotient = (a.numerator * b.denominator * 2n ** 100n) / (a.denominator * b.numerator);
  return Math.abs(Number(quotient)) / 2 ** 100;
}

/** a = mantissa / ONE * 2^shift, the mantissa from ONE to 2 ONE. */
function scaled(a: Rational): { mantissa: bigint; shift: bigint } {
  const shift = magnitudeOf(a);
  const { numerator, denominator } = timesPowerOfTwo(a, -shift);
  return { mantissa: (numerator * ONE) / denominator, shift };
}

function bitLength(a: bigint): number {
  const hexadecimal = a.toString(16);
  return 4 * (hexadecimal.length - 1) + 32 - Math.clz32(parseInt(hexadecimal[0], 16));
}

/** ln m = 2 (s + s^3/3 + s^5/5 + ...), s = (m - 1) / (m + 1), of a number from 1 to 2. */
function naturalLogarithm(m: bigint): bigint {
  const s = ((m - ONE) * ONE) / (m + ONE);
  const square = (s * s) / ONE;
  let sum = 0n;
  let power = s;
  for (let k = 1n; power > 0n; k += 2n) {
    sum += power / k;
    power = (power * square) / ONE;
  }
  return 2n * sum;
}

/** e^r of a number from 0 to 1. */
function exponential(r: bigint): bigint {
  let sum = ONE;
  let term = ONE;
  for (let k = 1n; term > 0n; k++) {
    term = (term * r) / (k * ONE);
    sum += term;
  }
  return sum;
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}
