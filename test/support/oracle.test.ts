import { describe, expect, it } from "vitest";
import { families, hostileFamilies } from "./families.js";
import { familiesOf } from "./family/of_dtype.js";
import {
  channelParameters,
  layerParameters,
  referenceGroupNorm,
  referenceLayerNorm,
  referenceNormalize,
} from "./oracle.js";
import { createRandom } from "./random.js";
import { add, divide, isSmall, mean, multiply, rational, subtract, type Rational } from "./rational.js";

const everyFamily = Object.entries({ ...families, ...hostileFamilies });

/** Far below the 2^-24 that results are measured in. */
const tolerance = 2 ** -50;

interface Exact {
  readonly mean: Rational;
  readonly variance: Rational;
}

function exactMoments(row: Float32Array): Exact {
  const values = Array.from(row, rational);
  const average = mean(values);
  const meanOfSquares = mean(values.map((value) => multiply(value, value)));
  return { mean: average, variance: subtract(meanOfSquares, multiply(average, average)) };
}

/** xhat^2 = (x - mean)^2 / (variance + eps), and the signs agree; the square root itself would not be rational. */
function expectNormalized(row: Float32Array, normalized: Float64Array, eps: number, exact: Exact): void {
  const spread = add(exact.variance, rational(eps));
  const one = rational(1);
  row.forEach((value, index) => {
    const difference = subtract(rational(value), exact.mean);
    const square = divide(multiply(difference, difference), spread);
    const got = rational(normalized[index]);
    const scale = square.numerator > square.denominator ? square : one;
    expect(isSmall(subtract(multiply(got, got), square), scale, tolerance), `element ${index}`).toBe(true);
    expect(got.numerator * difference.numerator >= 0n, `sign of element ${index}`).toBe(true);
  });
}

describe("the float64 reference against exact rational arithmetic", () => {
  for (const [name, family] of everyFamily)
    for (const n of [2, 3, 7, 64, 129])
      it(`${name}, n = ${n}`, () => {
        const row = family(n, createRandom(n));
        const reference = referenceNormalize(row, { rows: 1, n, eps: 1e-5 });
        const exact = exactMoments(row);
        const meanError = subtract(rational(reference.mean[0]), exact.mean);
        expect(isSmall(meanError, exact.mean, tolerance)).toBe(true);
        const varianceError = subtract(rational(reference.variance[0]), exact.variance);
        expect(isSmall(varianceError, exact.variance, tolerance)).toBe(true);
        expectNormalized(row, reference.normalized, 1e-5, exact);
      });

  it("is as exact for a million elements of mean 1e6", () => {
    const n = 2 ** 20;
    const row = families["N(0,1) + 1e6"](n, createRandom(1));
    const reference = referenceNormalize(row, { rows: 1, n, eps: 0 });
    const exact = exactMoments(row);
    expect(isSmall(subtract(rational(reference.mean[0]), exact.mean), exact.mean, tolerance)).toBe(true);
    expect(isSmall(subtract(rational(reference.variance[0]), exact.variance), exact.variance, tolerance)).toBe(true);
    const normalized = reference.normalized.subarray(0, 100);
    expectNormalized(row.subarray(0, 100), normalized, 0, exact);
  });
});

describe("the reference of float64 data against exact rational arithmetic", () => {
  // Half a step of float64 is 2^-53: lower halves take the reference far below.
  const fine = 2 ** -90;

  for (const [name, family] of Object.entries(familiesOf("float64")))
    for (const n of [2, 7, 129])
      it(`${name}, n = ${n}`, () => {
        const row = family(n, createRandom(n));
        const { low, ...reference } = referenceNormalize(row, { rows: 1, n, eps: 0 });
        const values = Array.from(row, rational);
        const average = mean(values);
        const differences = values.map((value) => subtract(value, average));
        const spread = mean(differences.map((difference) => multiply(difference, difference)));
        if (spread.numerator === 0n) return expect(reference.normalized.every(Number.isNaN)).toBe(true);
        differences.forEach((difference, index) => {
          const got = add(rational(reference.normalized[index]), rational(low!.normalized![index]));
          const square = divide(multiply(difference, difference), spread);
          const isFar = square.numerator > square.denominator;
          const error = subtract(multiply(got, got), square);
          expect(isSmall(error, isFar ? square : rational(1), fine), `element ${index}`).toBe(true);
          expect(got.numerator * difference.numerator >= 0n, `sign of element ${index}`).toBe(true);
        });
      });
});

describe("the reference's edges", () => {
  it("gives exactly zero for a constant group", () => {
    const { normalized, variance } = referenceNormalize(new Float32Array(1000).fill(0.1), {
      rows: 1,
      n: 1000,
      eps: 1e-5,
    });
    expect(variance[0]).toBe(0);
    expect(normalized.every((value) => value === 0)).toBe(true);
  });

  it("gives NaN for a constant group without eps", () => {
    const { output, rstd } = referenceNormalize(new Float32Array(4).fill(3), { rows: 1, n: 4, eps: 0 });
    expect(rstd[0]).toBe(Infinity);
    expect(output.every(Number.isNaN)).toBe(true);
  });

  it("keeps a NaN or an infinity to its own group", () => {
    const x = Float32Array.of(1, NaN, 1, 2, Infinity, 1);
    const { output, rstd } = referenceNormalize(x, { rows: 3, n: 2, eps: 1e-5 });
    expect(Array.from(output, Number.isNaN)).toEqual([true, true, false, false, true, true]);
    expect(Array.from(rstd, Number.isNaN)).toEqual([true, false, true]);
  });

  it("gives mean 0 and rstd NaN for groups without elements", () => {
    const { output, mean, rstd } = referenceNormalize(new Float32Array(0), { rows: 2, n: 0, eps: 1e-5 });
    expect(output).toHaveLength(0);
    expect(Array.from(mean)).toEqual([0, 0]);
    expect(Array.from(rstd)).toEqual([NaN, NaN]);
  });
});

describe("parameters", () => {
  it("belong to elements of the row in layer norm", () => {
    const x = Float32Array.of(-1, 1, -1, 1);
    const affine = { weight: [10, 20], bias: [1, 2] };
    const { output } = referenceLayerNorm(x, 2, 2, 0, affine);
    expect(Array.from(output)).toEqual([-9, 22, -9, 22]);
    expect(layerParameters(2, affine).gamma?.(3)).toBe(20);
  });

  it("belong to channels in group norm", () => {
    const x = Float32Array.of(-1, 1, -1, 1, -1, 1, -1, 1);
    const affine = { weight: [10, 20, 30, 40] };
    const shape = { batch: 1, channels: 4, spatial: 2, groups: 2 };
    const { output, rows, n } = referenceGroupNorm(x, shape, 0, affine);
    expect([rows, n]).toEqual([2, 4]);
    expect(Array.from(output)).toEqual([-10, 10, -20, 20, -30, 30, -40, 40]);
    expect(channelParameters(4, 2, affine).gamma?.(8 + 3)).toBe(20);
  });
});
