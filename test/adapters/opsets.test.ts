// What opsets, omitted inputs and unusual shapes mean.

import { describe, expect, it } from "vitest";
import {
  BatchNormalization,
  GroupNorm,
  GroupNormalization,
  InstanceNormalization,
  LayerNormalization,
  LpNormalization,
  LRN,
  MeanVarianceNormalization,
  RMSNormalization,
  SimplifiedLayerNormalization,
  SkipLayerNormalization,
  SkipSimplifiedLayerNormalization,
} from "../../src/adapters/onnx/index.js";
import type { Tensor, TensorLike } from "../../src/index.js";
import { numbersOf, tensorOf } from "./support.js";

function floats(shape: readonly number[], ...values: number[]): TensorLike {
  return { data: Float32Array.from(values), shape };
}

function valuesOf(tensor: Tensor): number[] {
  return Array.from(numbersOf(tensor).values);
}

const x = tensorOf("float32", [2, 4, 3], 1);
const four = tensorOf("float32", [4], 2);

describe("opsets", () => {
  it("GroupNormalization has parameters per group before 21", () => {
    const perGroup = floats([2], 2, -1);
    const perChannel = floats([4], 2, 2, -1, -1);
    const old = GroupNormalization([x, perGroup, perGroup], { num_groups: 2 }, { opset: 18 });
    const now = GroupNormalization([x, perChannel, perChannel], { num_groups: 2 }, { opset: 21 });
    expect(valuesOf(old[0])).toEqual(valuesOf(now[0]));
    expect(valuesOf(now[0])).toEqual(valuesOf(GroupNormalization([x, perChannel, perChannel], { num_groups: 2 })[0]));
  });

  it("BatchNormalization weighs old statistics by momentum, new variances as biased ones", () => {
    const batch = floats([2, 1], 1, 5);
    const inputs = [batch, floats([1], 1), floats([1], 0), floats([1], 10), floats([1], 8)];
    const [, mean, variance] = BatchNormalization(inputs, { training_mode: 1, momentum: 0.75 }, { outputs: 3 });
    expect(valuesOf(mean)).toEqual([8.25]);
    expect(valuesOf(variance)).toEqual([7]);
    expect(valuesOf(inputs[3] as Tensor)).toEqual([10]);
  });

  it("BatchNormalization without spatial has statistics per element", () => {
    const parameter = tensorOf("float32", [4, 3], 3);
    const variance = tensorOf("float32", [4, 3], 4, { positive: true });
    const inputs = [x, parameter, parameter, parameter, variance];
    const flat = [x, parameter, parameter, parameter, variance].map(({ data }, index) => ({
      data,
      shape: index === 0 ? [2, 12] : [12],
    }));
    const [y] = BatchNormalization(inputs, { spatial: 0 }, { opset: 7 });
    expect(y.shape).toEqual(x.shape);
    expect(valuesOf(y)).toEqual(valuesOf(BatchNormalization(flat, {})[0]));
  });

  it("BatchNormalization of one dimension has one channel, since 9", () => {
    const batch = floats([3], 1, 2, 4);
    const inputs = [batch, floats([1], 2), floats([1], 1), floats([1], 1), floats([1], 1)];
    const [y] = BatchNormalization(inputs, { epsilon: 0 }, { opset: 9 });
    expect(y.shape).toEqual([3]);
    expect(valuesOf(y)).toEqual([1, 3, 7]);
    expect(() => BatchNormalization(inputs, {}, { opset: 8 })).toThrow("BatchNormalization: X must have at least 2");
  });

  it("BatchNormalization takes parameters of any dtype", () => {
    const half = tensorOf("float16", [2, 4, 3], 5);
    const [scale, mean] = [tensorOf("float64", [4], 6), tensorOf("bfloat16", [4], 7)];
    const variance = tensorOf("float64", [4], 8, { positive: true });
    const inputs = [half, scale, four, mean, variance];
    const [y, runningMean, runningVar] = BatchNormalization(inputs, { training_mode: 1 }, { outputs: 3 });
    expect([y.dtype, runningMean.dtype, runningVar.dtype]).toEqual(["float16", "bfloat16", "float64"]);
  });

  it("an empty batch teaches nothing", () => {
    const inputs = [floats([0, 4, 3]), four, four, four, four];
    const [y, mean, variance] = BatchNormalization(inputs, { training_mode: 1 }, { outputs: 3 });
    expect(y.shape).toEqual([0, 4, 3]);
    expect([valuesOf(mean), valuesOf(variance)]).toEqual([valuesOf(four as Tensor), valuesOf(four as Tensor)]);
  });

  it("zeros over zero are 0, however small the others", () => {
    const tiny = 2 ** -149;
    const [y] = LpNormalization([floats([3, 2], 0, 0, tiny, 0, 3e38, 3e38)], { p: 1 }, { opset: 1 });
    expect(valuesOf(y)).toEqual([0, 0, 1, 0, 0.5, 0.5]);
    const doubles = { data: Float64Array.of(0, 0, 5e-324, 0), shape: [2, 2] };
    expect(valuesOf(LpNormalization([doubles])[0])).toEqual([0, 0, 1, 0]);
  });
});

describe("one value per group becomes the bias", () => {
  const single = floats([1, 4, 1, 1], 5, -3, 0, 1e30);

  it.each([
    ["GroupNormalization", GroupNormalization([single, four, four], { num_groups: 4 })],
    ["InstanceNormalization", InstanceNormalization([single, four, four])],
    ["GroupNorm", GroupNorm([single, four, four], { groups: 4, activation: 0, channels_last: 0 })],
    ["BatchNormalization", BatchNormalization([single, four, four, four, four], { training_mode: 1 })],
    [
      "LayerNormalization",
      LayerNormalization([floats([4, 1], 5, -3, 0, 1e30), floats([], 3), floats([4, 1], ...valuesOf(four as Tensor))]),
    ],
  ])("%s", (_, [y]) => expect(valuesOf(y)).toEqual(valuesOf(four as Tensor)));

  it("MeanVarianceNormalization, which has none", () => {
    expect(valuesOf(MeanVarianceNormalization([single], { axes: [2, 3] })[0])).toEqual([0, 0, 0, 0]);
  });
});

describe("MeanVarianceNormalization adds to the deviation", () => {
  it.each([1e-9, 1e-12, 1e-20, 1e-30, 1e-40])("of %d", (size) => {
    const values = Array.from(Float32Array.of(size, 2 * size, 4 * size, 9 * size));
    const mean = values.reduce((sum, value) => sum + value) / 4;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 4);
    const [y] = MeanVarianceNormalization([floats([1, 1, 2, 2], ...values)]);
    valuesOf(y).forEach((actual, i) => {
      const expected = (values[i] - mean) / (deviation + 1e-9);
      const scale = deviation / (deviation + 1e-9);
      expect(Math.abs(actual - expected)).toBeLessThanOrEqual(8 * 2 ** -24 * Math.max(Math.abs(expected), scale));
    });
  });

  it("keeps numbers near the ends of the range", () => {
    const [y] = MeanVarianceNormalization([{ data: Float64Array.of(1e200, -1e200), shape: [2, 1] }], { axes: [0] });
    expect(valuesOf(y)).toEqual([1, -1]);
  });
});

describe("dtypes", () => {
  it("LayerNormalization gives statistics of stash_type", () => {
    const doubles = tensorOf("float64", [2, 3], 9);
    const scale = tensorOf("float64", [3], 10);
    const dtypeOf = (stash_type?: number) =>
      LayerNormalization([doubles, scale], { stash_type }, { outputs: 3 }).map(({ dtype }) => dtype);
    expect(dtypeOf()).toEqual(["float64", "float32", "float32"]);
    expect(dtypeOf(11)).toEqual(["float64", "float64", "float64"]);
    expect(dtypeOf(16)).toEqual(["float64", "bfloat16", "bfloat16"]);
  });

  it("RMSNormalization casts back before it scales", () => {
    const values = tensorOf("bfloat16", [3, 64], 11);
    const scale = tensorOf("bfloat16", [64], 12);
    const [normal] = RMSNormalization([values, { data: new Uint16Array([0x3f80]), shape: [], dtype: "bfloat16" }]);
    const expected = numbersOf(normal).values.map((value, i) => value * numbersOf(scale).values[i % 64]);
    const wide = { data: Float32Array.from(numbersOf(scale).values), shape: [64] };
    const [y] = RMSNormalization([values, wide]);
    expect(y.dtype).toBe("float32");
    expect(valuesOf(y)).toEqual(Array.from(expected));
    const rounded = valuesOf(RMSNormalization([values, scale])[0]);
    rounded.forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(2 ** -8 * Math.abs(value)));
  });

  it("SimplifiedLayerNormalization has scale's", () => {
    const [y, rstd] = SimplifiedLayerNormalization([tensorOf("float16", [2, 4], 13), four], {}, { outputs: 2 });
    expect([y.dtype, rstd.dtype]).toEqual(["float32", "float32"]);
  });

  it("the sum of SkipLayerNormalization is rounded once, and not before it is normalised", () => {
    const big = { data: Uint16Array.of(0x6800, 0x6800), shape: [1, 2], dtype: "float16" as const }; // 2048
    const small = { data: Uint16Array.of(0x3c00, 0x3400), shape: [1, 2], dtype: "float16" as const }; // 1, 0.25
    const one = { data: Uint16Array.of(0x3c00, 0x3c00), shape: [2], dtype: "float16" as const };
    const [y, mean, , sum] = SkipLayerNormalization([big, small, one], {}, { outputs: 4 });
    expect(valuesOf(sum)).toEqual([2048, 2048]);
    expect(valuesOf(mean)).toEqual([2048.625]);
    expect(valuesOf(y)).toEqual([1, -1]);
  });

  it("SkipSimplifiedLayerNormalization has no mean", () => {
    const [, mean] = SkipSimplifiedLayerNormalization(
      [floats([1, 2], 1, 2), floats([1, 2], 1, 2), floats([2], 1, 1)],
      {},
      { outputs: 2 },
    );
    expect(valuesOf(mean)).toEqual([0]);
    expect(mean.shape).toEqual([1, 1]);
  });
});

describe("LRN", () => {
  it("takes [N, C]", () => {
    const [y] = LRN([floats([1, 3], 1, 2, 3)], { size: 2, alpha: 2, beta: 1, bias: 0 });
    expect(valuesOf(y)).toEqual([1 / 5, 2 / 13, 3 / 9].map(Math.fround));
  });

  it("leaves X as it is", () => {
    const before = Array.from(x.data as Float32Array);
    LRN([x], { size: 4 });
    expect(Array.from(x.data as Float32Array)).toEqual(before);
  });
});
