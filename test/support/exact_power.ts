import { rational } from "./rational.js";

/** Fixed point: numbers are multiples of 2^-BITS. */
const BITS = 240n;
const ONE = 1n << BITS;

/** A positive number as mantissa * 2^(exponent - BITS), the mantissa from ONE to 2 ONE. */
export interface Scaled {
  readonly mantissa: bigint;
  readonly exponent: bigint;
}

const ln2 = naturalLogarithm(2n * ONE);

/** x^y to more than 200 bits, by integer arithmetic alone; x is positive and finite, y finite, |y log2 x| below 2^12. */
export function exactPower(x: number, y: number): Scaled {
  const { mantissa, exponent } = scaled(x);
  const logarithm = (naturalLogarithm(mantissa) * ONE) / ln2 + exponent * ONE;
  const { numerator, denominator } = rational(y);
  const t = floorDivide(logarithm * numerator, denominator);
  const whole = floorDivide(t, ONE);
  return { mantissa: exponential(((t - whole * ONE) * ln2) / ONE), exponent: whole };
}

/** |actual - exact| in units of the last place that a float64 of exact's size has. */
export function ulpError(actual: number, exact: Scaled): number {
  const last = (exact.exponent < -1022n ? -1022n : exact.exponent) - 52n;
  const { numerator, denominator } = rational(actual);
  const fine = 1n << 40n;
  const inUlps = (value: bigint, shift: bigint) => (shift < 0n ? value >> -shift : value << shift);
  const expected = inUlps(exact.mantissa * fine, exact.exponent - BITS - last);
  const given = inUlps(numerator * fine, -last) / denominator;
  const difference = expected - given;
  return Number(difference < 0n ? -difference : difference) / Number(fine);
}

function scaled(x: number): Scaled {
  const { numerator, denominator } = rational(x);
  const exponent = BigInt(numerator.toString(2).length - denominator.toString(2).length);
  const mantissa = exponent < 0n ? (numerator * ONE << -exponent) / denominator : (numerator * ONE) / denominator >> exponent;
  return mantissa < ONE ? { mantissa: 2n * mantissa, exponent: exponent - 1n } : { mantissa, exponent };
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
