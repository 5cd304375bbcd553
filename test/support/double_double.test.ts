import { describe, expect, it } from "vitest";
import {
  add,
  divide,
  doubleDouble,
  multiply,
  scaleBy,
  squareRoot,
  subtract,
  twoProduct,
  twoSum,
  wideMultiply,
  type DoubleDouble,
} from "./double_double.js";
import { exponentOf, powerOfTwo, timesPowerOfTwo } from "./powers_of_two.js";
import { createRandom, type Random } from "./random.js";
import * as exact from "./rational.js";
import { rational, type Rational } from "./rational.js";

const trials = 2000;
const random = createRandom(106);

function exactly({ high, low }: DoubleDouble): Rational {
  return exact.add(rational(high), rational(low));
}

/** Any sign, 53 bits, magnitudes from 2^-range to 2^range. */
function anyNumber({ uint32, uniform }: Random, range: number): number {
  const significand = 1 + uniform() + uniform() * 2 ** -32;
  return (uint32() >>> 31 ? -1 : 1) * significand * powerOfTwo((uint32() % (2 * range + 1)) - range);
}

function anyPair(source: Random, range: number): DoubleDouble {
  const high = anyNumber(source, range);
  return twoSum(high, high * (source.uniform() - 0.5) * 2 ** -53);
}

function expectClose(actual: DoubleDouble, expected: Rational, tolerance: number, scale = expected): void {
  expect(exact.isSmall(exact.subtract(exactly(actual), expected), scale, tolerance)).toBe(true);
  expect(actual.high + actual.low).toBe(actual.high);
}

describe("double-double arithmetic against exact rationals", () => {
  it("adds and multiplies two numbers without an error", () => {
    for (let trial = 0; trial < trials; trial++) {
      const [a, b] = [anyNumber(random, 60), anyNumber(random, 60)];
      expectClose(twoSum(a, b), exact.add(rational(a), rational(b)), 0);
      expectClose(twoProduct(a, b), exact.multiply(rational(a), rational(b)), 0);
    }
  });

  it("multiplies numbers as large and as small as it says without an error", () => {
    for (const a of [anyNumber(random, 0) * 2 ** 989, anyNumber(random, 0) * 2 ** -450])
      for (const b of [anyNumber(random, 20), anyNumber(random, 0) * 2 ** -450])
        expectClose(twoProduct(a, b), exact.multiply(rational(a), rational(b)), 0);
  });

  it("adds pairs to 2^-104 of their magnitudes", () => {
    for (let trial = 0; trial < trials; trial++) {
      const [a, b] = [anyPair(random, 30), anyPair(random, 30)];
      const larger = exactly(Math.abs(a.high) > Math.abs(b.high) ? a : b);
      const scale = larger.numerator < 0n ? exact.subtract(rational(0), larger) : larger;
      expectClose(add(a, b), exact.add(exactly(a), exactly(b)), 2 ** -103, scale);
      expectClose(subtract(a, b), exact.subtract(exactly(a), exactly(b)), 2 ** -103, scale);
    }
  });

  it("multiplies, divides and takes roots of pairs to 2^-100", () => {
    for (let trial = 0; trial < trials; trial++) {
      const [a, b] = [anyPair(random, 200), anyPair(random, 200)];
      expectClose(multiply(a, b), exact.multiply(exactly(a), exactly(b)), 2 ** -102);
      expectClose(divide(a, b), exact.divide(exactly(a), exactly(b)), 2 ** -100);
      const positive = a.high < 0 ? doubleDouble(-a.high, -a.low) : a;
      const root = exactly(squareRoot(positive));
      const error = exact.subtract(exact.multiply(root, root), exactly(positive));
      expect(exact.isSmall(error, exactly(positive), 2 ** -101)).toBe(true);
    }
  });

  it("multiplies pairs of any magnitude", () => {
    for (const [a, b] of [
      [2 ** 1000, 1.1],
      [1.7e308, -0.3],
      [1e-300, 1e290],
      [-1e-200, 3e-100],
    ])
      expectClose(
        wideMultiply(doubleDouble(a), doubleDouble(b)),
        exact.multiply(rational(a), rational(b)),
        Math.abs(a * b) < 1e-290 ? 2 ** -53 : 2 ** -102,
      );
    expect(wideMultiply(doubleDouble(1e300), doubleDouble(1e300)).high).toBe(Infinity);
    expect(wideMultiply(doubleDouble(1e300), doubleDouble(0))).toEqual(doubleDouble(0));
  });

  it("divides and takes roots of what has no ordinary result", () => {
    expect(divide(doubleDouble(1), doubleDouble(0))).toEqual(doubleDouble(Infinity));
    expect(divide(doubleDouble(1), doubleDouble(Infinity))).toEqual(doubleDouble(0));
    expect(squareRoot(doubleDouble(0))).toEqual(doubleDouble(0));
    expect(squareRoot(doubleDouble(-1)).high).toBe(NaN);
    expect(squareRoot(doubleDouble(Infinity))).toEqual(doubleDouble(Infinity));
  });
});

describe("powers of two", () => {
  it("has the exponents of numbers, subnormal ones too", () => {
    expect([1, 1.99, 2, 0.5, -3, 2 ** 1023, 2 ** -1022].map(exponentOf)).toEqual([0, 0, 1, -1, 1, 1023, -1022]);
    expect([5e-324, -3e-323].map(exponentOf)).toEqual([-1074, -1072]);
    expect(exponentOf(0)).toBe(0);
  });

  it("makes every power of two", () => {
    let power = 1;
    for (let exponent = 0; exponent <= 1023; exponent++, power *= 2) expect(powerOfTwo(exponent)).toBe(power);
    power = 1;
    for (let exponent = 0; exponent >= -1022; exponent--, power /= 2) expect(powerOfTwo(exponent)).toBe(power);
  });

  it("scales from one end of float64 to the other, rounding once", () => {
    expect(timesPowerOfTwo(5e-324, 2097)).toBe(2 ** 1023);
    expect(timesPowerOfTwo(2 ** 1023, -2097)).toBe(5e-324);
    expect(timesPowerOfTwo(1, 1024)).toBe(Infinity);
    expect(timesPowerOfTwo(1, -1075)).toBe(0);
    // 1.5 and a little of the last place left: rounding twice would go to even, up to 2.
    expect(timesPowerOfTwo(1.5 - 2 ** -52, -1074)).toBe(5e-324);
    expect(scaleBy(doubleDouble(1, 2 ** -60), 10)).toEqual(doubleDouble(1024, 2 ** -50));
  });
});
