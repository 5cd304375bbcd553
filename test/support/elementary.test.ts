import { describe, expect, it } from "vitest";
import { doubleDouble, twoSum, type DoubleDouble } from "./double_double.js";
import {
  exponential,
  logarithm,
  narrow,
  power,
  reciprocal,
  wide,
  wideAdd,
  wideNumber,
  wideProduct,
  type Wide,
} from "./elementary.js";
import { createRandom } from "./random.js";
import * as exact from "./rational.js";
import { rational } from "./rational.js";

/** Fixed point of 300 fractional bits, for series in BigInt. */
const bits = 300n;
const one = 1n << bits;

function fixed({ high, low }: DoubleDouble): bigint {
  const { numerator, denominator } = exact.add(rational(high), rational(low));
  return (numerator * one) / denominator;
}

/** Taylor's series of e^x, for |x| of a few hundreds. */
function fixedExponential(x: bigint): bigint {
  const magnitude = x < 0n ? -x : x;
  let sum = one;
  let term = one;
  for (let index = 1n; term > 0n; index++) {
    term = (term * magnitude) / (one * index);
    sum += term;
  }
  return x < 0n ? (one * one) / sum : sum;
}

/** |actual - expected| / expected, of fixed-point numbers. */
function relative(actual: bigint, expected: bigint): number {
  const difference = actual > expected ? actual - expected : expected - actual;
  return Number((difference << 200n) / expected) / 2 ** 200;
}

const random = createRandom(2);

function argument(scale: number): DoubleDouble {
  const high = scale * (2 * random.uniform() - 1);
  return twoSum(high, high * random.uniform() * 2 ** -54);
}

describe("exp, log and pow in twice float64's precision", () => {
  it("has exponentials to 2^-92", () => {
    for (const scale of [1e-10, 0.3, 1, 10, 70])
      for (let trial = 0; trial < 40; trial++) {
        const x = argument(scale);
        expect(relative(fixed(narrow(exponential(x))), fixedExponential(fixed(x)))).toBeLessThan(2 ** -92);
      }
    expect(narrow(exponential(doubleDouble(-Infinity))).high).toBe(0);
    expect(narrow(exponential(doubleDouble(Infinity))).high).toBe(Infinity);
  });

  it("has logarithms, whose exponential is the number", () => {
    for (const scale of [1e-30, 0.01, 1, 1e10, 1e30])
      for (let trial = 0; trial < 40; trial++) {
        const x = wideNumber(Math.abs(argument(scale).high));
        const back = fixedExponential(fixed(logarithm(x)));
        const number = fixed(narrow(x));
        if (number > one >> 100n) expect(relative(back, number)).toBeLessThan(2 ** -92);
      }
    expect(logarithm(wideNumber(0)).high).toBe(-Infinity);
    expect(logarithm(wideNumber(-1)).high).toBe(NaN);
  });

  it("has powers: those of integers and roots are exact", () => {
    const cases: [number, number, number][] = [
      [3, 4, 81],
      [2, -3, 0.125],
      [81, 0.25, 3],
      [1e-300, 0.5, 1e-150],
      [1.5, 0, 1],
    ];
    for (const [x, exponent, expected] of cases) {
      const got = narrow(power(wideNumber(x), doubleDouble(exponent))).high;
      expect(Math.abs(got / expected - 1)).toBeLessThanOrEqual(2 ** -52);
    }
    expect(narrow(power(wideNumber(0), doubleDouble(2))).high).toBe(0);
    expect(narrow(power(wideNumber(0), doubleDouble(-2))).high).toBe(Infinity);
    expect(narrow(power(wideNumber(Infinity), doubleDouble(-2))).high).toBe(0);
    expect(narrow(power(wideNumber(-2), doubleDouble(0.5))).high).toBe(NaN);
  });

  it("keeps powers that float64 has no room for", () => {
    const huge = power(wideNumber(1e300), doubleDouble(30));
    const back = power(huge, doubleDouble(-1 / 32));
    expect(huge.exponent).toBeGreaterThan(29_000);
    expect(narrow(wideProduct(back, power(huge, doubleDouble(1 / 32)))).high).toBeCloseTo(1, 15);
  });
});

describe("numbers with their exponents apart", () => {
  function value(number: Wide): number {
    return narrow(number).high;
  }

  it("adds, multiplies and inverts them", () => {
    const [a, b] = [wideNumber(1e300), wideNumber(1e-300)];
    expect(value(wideAdd(a, b))).toBe(1e300);
    expect(value(wideAdd(wideNumber(1.5), wideNumber(0.25)))).toBe(1.75);
    expect(value(wideProduct(wideProduct(a, a), wideProduct(b, b)))).toBeCloseTo(1, 15);
    expect(value(reciprocal(wideNumber(8)))).toBe(0.125);
    expect(value(wide(doubleDouble(3), -1))).toBe(1.5);
  });

  it("has zeros, infinities and NaN as float64 has", () => {
    expect(value(wideAdd(wideNumber(0), wideNumber(2)))).toBe(2);
    expect(value(wideAdd(wideNumber(2), wideNumber(-2)))).toBe(0);
    expect(value(wideAdd(wideNumber(Infinity), wideNumber(2)))).toBe(Infinity);
    expect(value(wideProduct(wideNumber(Infinity), wideNumber(0)))).toBe(NaN);
    expect(value(wideProduct(wideNumber(-Infinity), wideNumber(2)))).toBe(-Infinity);
    expect(value(reciprocal(wideNumber(0)))).toBe(Infinity);
  });
});
