import { describe, expect, it } from "vitest";
import { everyFamily, formatReport, makeCase, measure } from "./measure.js";
import { referenceNormalize } from "./oracle.js";

function roundedReference(x: Float32Array, rows: number, n: number, eps: number): Float32Array {
  return Float32Array.from(referenceNormalize(x, { rows, n, eps }).output);
}

describe("measure", () => {
  it("finds at most the final rounding in the rounded reference", () => {
    const measurements = measure(roundedReference, "rounded", [2, 17, 129]);
    expect(measurements).toHaveLength(3 * Object.keys(everyFamily).length);
    for (const { family, err } of measurements) expect(err, family).toBeLessThanOrEqual(1);
  });

  it("sees one wrong element", () => {
    const oneWrong = (x: Float32Array, rows: number, n: number, eps: number) => {
      const y = roundedReference(x, rows, n, eps);
      y[y.length - 1] += 1e-3;
      return y;
    };
    for (const { family, err } of measure(oneWrong, "", [64])) expect(err, family).toBeGreaterThan(1e3);
  });

  it("makes the same data every time, other data in every row", () => {
    const first = makeCase("N(0,1)", 5);
    expect(first.x).toEqual(makeCase("N(0,1)", 5).x);
    expect(first.x.slice(0, 5)).not.toEqual(first.x.slice(5, 10));
  });
});

describe("formatReport", () => {
  it("shows the worst of each family under each label", () => {
    const one = { label: "js", family: "ramp", n: 2, eps: 1e-5, err: 1 };
    const report = formatReport([
      one,
      { ...one, n: 3, err: 2.5 },
      { ...one, label: "wasm", family: "mask", err: 0.25 },
    ]);
    expect(report.split("\n").map((line) => line.trimEnd())).toEqual([
      "      js       wasm",
      "ramp  2.50 @3  -",
      "mask  -        0.250 @2",
    ]);
  });
});
