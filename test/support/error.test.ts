import { describe, expect, it } from "vitest";
import { err, meanErr, rstdErr, smallestNormal, ulpDistance, unitRoundoff } from "./error.js";
import { layerParameters, referenceNormalize } from "./oracle.js";

const x = Float32Array.of(-1, 1, -1, 1);
const plain = referenceNormalize(x, { rows: 2, n: 2, eps: 0 });

describe("err", () => {
  it("is zero for the reference itself", () => {
    expect(err(plain.output, plain)).toBe(0);
  });

  it("counts in units of u times the size of the result", () => {
    expect(err([-1, 1, -1, 1 + 3 * unitRoundoff], plain)).toBe(3);
  });

  it("measures small elements against the root mean square of their group", () => {
    const reference = referenceNormalize(Float32Array.of(-3, 0, 3), { rows: 1, n: 3, eps: 0 });
    const y = reference.output.map((value) => (value === 0 ? 5 * unitRoundoff : value));
    expect(err(y, reference)).toBeCloseTo(5, 6);
  });

  it("adds the bias to the scale and multiplies it by gamma", () => {
    const affine = { weight: [2, -2], bias: [6, 0] };
    const reference = referenceNormalize(x, { rows: 2, n: 2, eps: 0, ...layerParameters(2, affine) });
    expect(err([4 + 8 * unitRoundoff, -2, 4, -2], reference)).toBe(1);
    expect(err([4, -2 + 8 * unitRoundoff, 4, -2], reference)).toBe(4);
  });

  it("measures against nothing smaller than the smallest normal", () => {
    const constant = referenceNormalize(Float32Array.of(5, 5), { rows: 1, n: 2, eps: 1e-5 });
    expect(err([0, -0], constant)).toBe(0);
    expect(err([0, 2 ** -149], constant)).toBe(2 ** -149 / (unitRoundoff * smallestNormal));
    expect(err([0, 1e-20], constant)).toBeGreaterThan(1e6);
  });

  it("is infinite for a NaN, an infinity or a missing element that should not be there", () => {
    expect(err([NaN, 1, -1, 1], plain)).toBe(Infinity);
    expect(err([-1, Infinity, -1, 1], plain)).toBe(Infinity);
    expect(err([-1, 1], plain)).toBe(Infinity);
  });

  it("wants NaN where NaN is right", () => {
    const reference = referenceNormalize(Float32Array.of(NaN, 1), { rows: 1, n: 2, eps: 1e-5 });
    expect(err([NaN, NaN], reference)).toBe(0);
    expect(err([NaN, 0], reference)).toBe(Infinity);
  });
});

describe("errors of statistics", () => {
  it("measures means against the spread, too", () => {
    expect(meanErr([0, 2 * unitRoundoff], plain)).toBe(2);
  });

  it("measures reciprocal standard deviations relatively", () => {
    expect(rstdErr([1, 1 - 2 * unitRoundoff], plain)).toBe(2);
    const constant = referenceNormalize(Float32Array.of(5, 5), { rows: 1, n: 2, eps: 0 });
    expect(rstdErr([Infinity], constant)).toBe(0);
    expect(rstdErr([3e38], constant)).toBe(Infinity);
  });
});

describe("ulpDistance", () => {
  it("counts float32 steps", () => {
    expect(ulpDistance(1, 1 + 2 ** -23)).toBe(1);
    expect(ulpDistance(1, 1 - 2 ** -24)).toBe(1);
    expect(ulpDistance(-(2 ** -149), 2 ** -149)).toBe(2);
    expect(ulpDistance(-0, 0)).toBe(0);
    expect(ulpDistance(NaN, NaN)).toBe(0);
  });
});
