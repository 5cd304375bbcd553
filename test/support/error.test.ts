import { describe, expect, it } from "vitest";
import { err, meanErr, rstdErr, smallestNormal, ulpDistance, unitRoundoff } from "./error.js";
import { toData } from "./dtypes.js";
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

describe("err of float64", () => {
  it("counts in units of 2^-53", () => {
    expect(err([-1, 1, -1, 1 + 4 * 2 ** -53], plain, "float64")).toBe(4);
  });

  it("sees less than a step, by the lower halves", () => {
    const reference = referenceNormalize(Float64Array.of(-1, 0, 1), { rows: 1, n: 3, eps: 0 });
    const rounded = err(reference.output, reference, "float64");
    expect(rounded).toBeGreaterThan(0.01);
    expect(rounded).toBeLessThan(1);
  });

  it("measures against the smallest normal", () => {
    const constant = referenceNormalize(Float64Array.of(5, 5), { rows: 1, n: 2, eps: 1e-5 });
    expect(err([0, 2 ** -1074], constant, "float64")).toBe(2);
  });
});

describe("err of 16-bit results", () => {
  /** One element whose y* is the value, and D = 1 or the value if that is larger. */
  function expecting(value: number) {
    return {
      ...referenceNormalize(Float32Array.of(-1, 1), { rows: 1, n: 2, eps: 0 }),
      output: Float64Array.of(value, 1),
    };
  }

  function errOf(dtype: "float16" | "bfloat16", y: number, value: number): number {
    const data = toData(dtype, [y, 1]);
    return err(data, expecting(value), dtype);
  }

  it("is zero for the exact result rounded once, and for either neighbour of a tie", () => {
    expect(errOf("float16", 1, 1 + 2 ** -12)).toBe(0);
    expect(errOf("float16", 1, 1 + 2 ** -11)).toBe(0);
    expect(errOf("float16", 1 + 2 ** -10, 1 + 2 ** -11)).toBe(0);
    expect(errOf("bfloat16", 1 + 2 ** -7, 1 + 2 ** -8)).toBe(0);
  });

  it("is the distance to the tie where a result is on the other side of it", () => {
    expect(errOf("float16", 1 + 2 ** -10, 1 + 2 ** -11 - 3 * unitRoundoff)).toBe(3);
    expect(errOf("bfloat16", -1, -1 - 2 ** -8 - 5 * unitRoundoff)).toBe(5);
    expect(errOf("float16", 1 + 2 ** -10, 1)).toBe(2 ** 13);
  });

  it("takes infinity for what rounds to it", () => {
    expect(errOf("float16", Infinity, 65520)).toBe(0);
    expect(errOf("float16", 65504, 65519)).toBe(0);
    expect(errOf("float16", Infinity, 65500)).toBeGreaterThan(1e3);
    expect(errOf("float16", Infinity, Infinity)).toBe(0);
    expect(errOf("float16", -Infinity, Infinity)).toBe(Infinity);
  });

  it("wants NaN where NaN is right, and only there", () => {
    expect(errOf("bfloat16", NaN, NaN)).toBe(0);
    expect(errOf("bfloat16", NaN, 1)).toBe(Infinity);
    expect(errOf("bfloat16", 0, NaN)).toBe(Infinity);
  });

  it("takes numbers for bits", () => {
    expect(err([1, 1], expecting(1 + 2 ** -12), "float16")).toBe(0);
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
