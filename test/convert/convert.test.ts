import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareNorms, convertParameters, type NormParameters, parseNormSpec } from "../../src/convert/index.js";
import type { LanenormError } from "../../src/errors.js";
import { ArgumentError, NotConvertibleError, ShapeError } from "../../src/errors.js";
import type { TensorLike } from "../../src/index.js";
import { disturb, doubles } from "../nn/support.js";
import { moduleOf } from "./modules.js";
import { fittingSpecs, outcomeOf } from "./support.js";

function convert(from: string, to: string, shape: number[], parameters: NormParameters) {
  return convertParameters(parseNormSpec(from), parseNormSpec(to), shape, parameters);
}

const vector = (...values: number[]): TensorLike => ({ data: Float32Array.from(values), shape: [values.length] });

describe("convertParameters", () => {
  it("repeats where the other layer has more", () => {
    const { weight, bias } = convert("GroupNorm(1, 2)", "LayerNorm([2, 3])", [4, 2, 3], {
      weight: vector(1, 2),
      bias: Float32Array.of(3, 4),
    });
    expect(weight).toEqual({ data: Float32Array.of(1, 1, 1, 2, 2, 2), shape: [2, 3], dtype: "float32" });
    expect(bias).toEqual({ data: Float32Array.of(3, 3, 3, 4, 4, 4), shape: [2, 3], dtype: "float32" });
  });

  it("takes together where it has fewer, and keeps bits", () => {
    const weight = { data: Uint16Array.of(1, 1, 2, 2), shape: [2, 2], dtype: "bfloat16" as const };
    const converted = convert("LayerNorm([2, 2], bias=False)", "GroupNorm(1, 2)", [4, 2, 2], { weight });
    expect(converted.weight).toEqual({ data: Uint16Array.of(1, 2), shape: [2], dtype: "bfloat16" });
    expect(converted.bias).toEqual({ data: Uint16Array.of(0, 0), shape: [2], dtype: "bfloat16" });
  });

  it("fills in what the layer did not have, and leaves out what does nothing", () => {
    const filled = convert("InstanceNorm1d(2)", "GroupNorm(2, 2)", [4, 2, 3], {});
    expect(filled).toEqual({
      weight: { ...vector(1, 1), dtype: "float32" },
      bias: { ...vector(0, 0), dtype: "float32" },
    });
    expect(convert("GroupNorm(2, 2)", "InstanceNorm1d(2)", [4, 2, 3], filled)).toEqual({ weight: null, bias: null });
  });

  it("crosses: from channels to locations where all are the same", () => {
    const { weight } = convert("GroupNorm(2, 2)", "LayerNorm(3)", [4, 2, 3], {
      weight: vector(5, 5),
      bias: vector(0, 0),
    });
    expect(weight).toEqual({ ...vector(5, 5, 5), dtype: "float32" });
  });

  it("does not walk through what has no parameters of its own", () => {
    const shape = [1e6, 2, 1000, 1000];
    expect(
      convert("GroupNorm(2, 2)", "InstanceNorm2d(2, affine=True)", shape, { weight: vector(1, 2), bias: vector(1, 2) }),
    ).toEqual({
      weight: { ...vector(1, 2), dtype: "float32" },
      bias: { ...vector(1, 2), dtype: "float32" },
    });
  });

  it("gives a layer that computes the same, or names what differs", () => {
    let [converted, refused] = [0, 0];
    fc.assert(
      fc.property(fittingSpecs, fc.boolean(), ({ a, b, shape }, constant) => {
        if (shape[0] === 1 && shape.slice(2).every((size) => size === 1)) return; // groups of one value
        const from = moduleOf(a);
        if (!constant) disturb(from);
        const { weight, bias } = from;
        const outcome = outcomeOf(() => convertParameters(a, b, shape, { weight, bias }));
        if (outcome instanceof Error) {
          expect(outcome).toBeInstanceOf(NotConvertibleError);
          const { statistics, affine } = compareNorms(a, b, shape);
          expect(statistics === "different" || affine === "b-in-a" || affine === "different").toBe(true);
          refused++;
          return;
        }
        const to = moduleOf(b);
        const dict = Object.entries(outcome).filter((entry): entry is [string, TensorLike] => entry[1] !== null);
        to.loadStateDict(Object.fromEntries(dict), { strict: false });
        const x = doubles(shape);
        const [expected, actual] = [outcomeOf(() => from.forward(x)), outcomeOf(() => to.forward(x))];
        if (expected instanceof Error || actual instanceof Error) return; // one value per group
        expected.data.forEach((value, i) => expect(actual.data[i]).toBeCloseTo(value, 10));
        converted++;
      }),
      { numRuns: 2000 },
    );
    expect(converted).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(100);
  });
});

describe("convertParameters refuses", () => {
  const six = vector(1, 1, 1, 1, 1, 2);

  it.each<[string, string, string, number[], NormParameters, typeof LanenormError, RegExp]>([
    [
      "a weight that varies",
      "LayerNorm([2, 3], bias=False)",
      "GroupNorm(1, 2)",
      [4, 2, 3],
      { weight: { ...six, shape: [2, 3] } },
      NotConvertibleError,
      /^convertParameters: weight must be the same for every location, as in GroupNorm\(1, 2\), got 2 at \[1, 2\], which differs by 1 from 1 at \[1, 0\]$/,
    ],
    [
      "a weight that is none",
      "GroupNorm(6, 6)",
      "InstanceNorm1d(6)",
      [4, 6, 3],
      { weight: six, bias: vector(0, 0, 0, 0, 0, 0) },
      NotConvertibleError,
      /weight must be 1 everywhere, as InstanceNorm1d\(6\) has none, got 2 at \[5\], which differs by 1$/,
    ],
    [
      "a bias that is none",
      "LayerNorm(6)",
      "LayerNorm(6, bias=False)",
      [4, 6],
      { weight: six, bias: six },
      NotConvertibleError,
      /bias must be 0 everywhere, as LayerNorm\(6, bias=False\) has none, got 1 at \[0\], which differs by 1$/,
    ],
    [
      "other statistics",
      "GroupNorm(1, 6)",
      "GroupNorm(2, 6)",
      [4, 6],
      { weight: six, bias: six },
      NotConvertibleError,
      /^convertParameters: from must share statistics with GroupNorm\(2, 6\), got others: Different elements share/,
    ],
    [
      "another shape",
      "GroupNorm(1, 6)",
      "LayerNorm(6)",
      [4, 6],
      { weight: vector(1), bias: six },
      ShapeError,
      /must have/,
    ],
    [
      "a missing bias",
      "GroupNorm(1, 6)",
      "LayerNorm(6)",
      [4, 6],
      { weight: six },
      ArgumentError,
      /bias must have shape \[6\], as in GroupNorm\(1, 6\), got none$/,
    ],
    [
      "a bias too many",
      "RMSNorm(6)",
      "RMSNorm(6)",
      [4, 6],
      { weight: six, bias: six },
      ArgumentError,
      /bias must not be there: RMSNorm\(6\) has none, got a tensor$/,
    ],
    ["an input of neither", "GroupNorm(1, 6)", "LayerNorm(6)", [4, 5], { weight: six, bias: six }, ShapeError, /shape/],
  ])("%s", (_, from, to, shape, parameters, type, message) => {
    const error = outcomeOf(() => convert(from, to, shape, parameters)) as Error;
    expect(error).toBeInstanceOf(type);
    expect(error.message).toMatch(message);
  });
});
