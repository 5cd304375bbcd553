import { describe, expect, it } from "vitest";
import { jsBackend } from "../../src/backend/js/backend.js";
import { computingDtype, dtypes, type DTypeName } from "../support/dtypes.js";
import { err } from "../support/error.js";
import { familiesOf } from "../support/family/of_dtype.js";
import { createRandom } from "../support/random.js";
import { affineReference, affineVectorizedReference } from "../support/reference/maps.js";
import { empty, firstDifference, operand, parameters } from "./operands.js";

/** A job that maps x to out. */
type Run = (inOut: Pick<Parameters<typeof jsBackend.affineGlobal>[0], "x" | "out">) => void;

/** The output, the same in place and not. */
function outputOf(dtype: DTypeName, values: Float64Array, run: Run): ArrayLike<number> {
  const [x, out, both] = [operand(dtype, values), empty(dtype, values.length), operand(dtype, values)];
  run({ x, out });
  run({ x: both, out: both });
  expect(firstDifference(both.data, out.data)).toBe(-1);
  return out.data;
}

function uniform(dtype: DTypeName, n: number): Float64Array {
  return Float64Array.from(familiesOf(dtype).uniform(n, createRandom(n)));
}

describe.each(dtypes)("%s", (dtype) => {
  const computed = (values: Float64Array) => operand(computingDtype(dtype), values);

  it.each([
    [6, 35, 3],
    [5, 9001, 5],
    [21, 1, 7],
    [4 * 1031, 1, 1031],
    [3, 1, 1],
  ])("maps %i runs of %i, coefficients every %i", (runs, span, period) => {
    const values = uniform(dtype, runs * span);
    const [scale, bias, centre] = [1, 2, 3].map((seed) => parameters(period, seed));
    const coefficient = (of: Float64Array) => (index: number) => of[Math.floor(index / span) % period];
    const job = { functionName: "test", runs, span, period, scale: computed(scale), bias: computed(bias) };
    const y = outputOf(dtype, values, (io) => jsBackend.affineGlobal({ ...job, ...io, centre: undefined }));
    expect(err(y, affineReference(values, coefficient(scale), coefficient(bias)), dtype)).toBeLessThan(3);

    const centred = values.map((value, index) => value - coefficient(centre)(index));
    const z = outputOf(dtype, values, (io) => jsBackend.affineGlobal({ ...job, ...io, centre: computed(centre) }));
    expect(err(z, affineReference(centred, coefficient(scale), coefficient(bias)), dtype)).toBeLessThan(4);
  });

  it.each([
    [5, 7],
    [2, 9001],
    [1, 1],
  ])("maps %i rows of %i with parameters per element", (rows, n) => {
    const values = uniform(dtype, rows * n);
    const [scale, bias] = [1, 2].map((seed) => parameters(rows, seed));
    const [gamma, beta] = [3, 4].map((seed) => parameters(n, seed));
    const perRow = (of: Float64Array) => (index: number) => of[Math.floor(index / n)];
    const perElement = (of: Float64Array) => (index: number) => of[index % n];
    const y = outputOf(dtype, values, ({ x, out }) => {
      const coefficients = {
        scale: computed(scale),
        bias: computed(bias),
        gamma: computed(gamma),
        beta: computed(beta),
      };
      jsBackend.affineVectorized({ functionName: "test", rows, n, x, out, ...coefficients });
    });
    const terms = { scale: perRow(scale), bias: perRow(bias), gamma: perElement(gamma), beta: perElement(beta) };
    expect(err(y, affineVectorizedReference(values, terms), dtype)).toBeLessThan(4);
  });
});
