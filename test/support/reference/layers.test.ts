import { describe, expect, it } from "vitest";
import { createRandom } from "../random.js";
import type { Layout } from "./grouping.js";
import {
  batchNormReference,
  groupNormReference,
  inferenceReference,
  instanceNormReference,
  layerNormReference,
  rmsNormReference,
  standardizeReference,
} from "./layers.js";
import { localResponseNormReference } from "./local_response.js";
import { affineReference, affineVectorizedReference } from "./maps.js";
import { normalizeReference } from "./p_norm.js";
import type { Reference } from "./reference.js";
import { runningStatistics } from "./running.js";

const eps = 1e-5;
const random = createRandom(11);

function numbers(count: number): Float64Array {
  return Float64Array.from({ length: count }, random.normal);
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(actual.length).toBe(expected.length);
  for (let index = 0; index < expected.length; index++)
    expect(Math.abs(actual[index] - expected[index])).toBeLessThan(1e-13 * (1 + Math.abs(expected[index])));
}

/** A formula as one writes it down: the elements with the same key are a group. */
function plainly(
  x: Float64Array,
  key: (index: number) => unknown,
  affine: (value: number, index: number) => number,
  isCentred = true,
): number[] {
  return Array.from(x, (value, index) => {
    const group = x.filter((_, other) => key(other) === key(index));
    const mean = isCentred ? group.reduce((sum, element) => sum + element) / group.length : 0;
    const variance = group.reduce((sum, element) => sum + (element - mean) ** 2, 0) / group.length;
    return affine((value - mean) / Math.sqrt(variance + eps), index);
  });
}

/** [sample, channel, location] of an element. */
function coordinates(layout: Layout, [, channels, spatial]: readonly number[]) {
  return (index: number) => {
    const sample = Math.floor(index / (channels * spatial));
    const rest = index % (channels * spatial);
    if (layout === "channels-last") return [sample, rest % channels, Math.floor(rest / channels)];
    return [sample, Math.floor(rest / spatial), rest % spatial];
  };
}

const layouts: Layout[] = ["channels-first", "channels-last"];

describe.each(layouts)("layers with channels, %s", (layout) => {
  const [batch, channels, spatial] = [2, 6, 5];
  const shape = { batch, channels, spatial, layout };
  const at = coordinates(layout, [batch, channels, spatial]);
  const x = numbers(batch * channels * spatial);
  const [weight, bias] = [numbers(channels), numbers(channels)];
  const options = { eps, weight, bias };
  const affine = (value: number, index: number) => value * weight[at(index)[1]] + bias[at(index)[1]];

  it("has group norm", () => {
    const expected = plainly(x, (index) => `${at(index)[0]} ${Math.floor(at(index)[1] / 2)}`, affine);
    expectClose(groupNormReference(x, shape, 3, options).output, expected);
  });

  it("has instance norm", () => {
    const expected = plainly(x, (index) => `${at(index)[0]} ${at(index)[1]}`, affine);
    expectClose(instanceNormReference(x, shape, options).output, expected);
  });

  it("has batch norm", () => {
    const expected = plainly(x, (index) => at(index)[1], affine);
    expectClose(batchNormReference(x, shape, options).output, expected);
  });

  it("has given statistics", () => {
    const [mean, variance] = [numbers(channels), numbers(channels).map(Math.abs)];
    const expected = Array.from(x, (value, index) => {
      const channel = at(index)[1];
      return affine((value - mean[channel]) / Math.sqrt(variance[channel] + eps), index);
    });
    expectClose(inferenceReference(x, shape, { mean, variance }, options).output, expected);
  });

  it("has running statistics", () => {
    const [mean, variance] = [numbers(channels), numbers(channels).map(Math.abs)];
    for (const reference of [batchNormReference(x, shape, { eps }), instanceNormReference(x, shape, { eps })]) {
      const got = runningStatistics(reference, { mean, variance }, 0.25);
      const average = (statistic: ArrayLike<number>, channel: number) => {
        const own = Array.from(statistic).filter((_, group) => group % channels === channel);
        return own.reduce((sum, value) => sum + value) / own.length;
      };
      const { n } = reference;
      expectClose(
        got.mean.high,
        mean.map((old, channel) => 0.75 * old + 0.25 * average(reference.mean, channel)),
      );
      const unbiased = reference.variance.map((biased) => (biased * n) / (n - 1));
      expectClose(
        got.variance.high,
        variance.map((old, channel) => 0.75 * old + 0.25 * average(unbiased, channel)),
      );
    }
  });

  it("has local response norm", () => {
    for (const [size, beta] of [
      [5, 0.75],
      [4, 0.6],
      [1, 1],
      [20, 0.5],
    ]) {
      const expected = Array.from(x, (value, index) => {
        const [sample, channel, location] = at(index);
        const window = x.filter((_, other) => {
          const [otherSample, otherChannel, otherLocation] = at(other);
          const isNear = otherChannel >= channel - (size >> 1) && otherChannel <= channel + ((size - 1) >> 1);
          return otherSample === sample && otherLocation === location && isNear;
        });
        const mean = window.reduce((sum, element) => sum + element * element, 0) / size;
        return value * (2 + 0.3 * mean) ** -beta;
      });
      expectClose(localResponseNormReference(x, shape, { size, alpha: 0.3, beta, k: 2 }).output, expected);
    }
  });
});

describe("layers over axes", () => {
  const shape = [2, 3, 4, 5];
  const x = numbers(120);
  const [i, j, k, l] = [60, 20, 5, 1].map(
    (stride, axis) => (index: number) => Math.floor(index / stride) % shape[axis],
  );

  it("has layer norm and RMS norm", () => {
    const [weight, bias] = [numbers(20), numbers(20)];
    const row = (index: number) => Math.floor(index / 20);
    const affine = (value: number, index: number) => value * weight[index % 20] + bias[index % 20];
    expectClose(layerNormReference(x, shape, 2, { eps, weight, bias }).output, plainly(x, row, affine));
    const scaled = plainly(x, row, (value, index) => value * weight[index % 20], false);
    expectClose(rmsNormReference(x, shape, 2, { eps, weight }).output, scaled);
  });

  it("has standardize over axes that end the shape, begin it, lie inside it, and over none or all", () => {
    const keys: [number[], (index: number) => unknown, (index: number) => number][] = [
      [[1], (index) => [i, k, l].map((axis) => axis(index)).join(), j],
      [[2, 0], (index) => [j, l].map((axis) => axis(index)).join(), (index) => i(index) * 4 + k(index)],
      [[1, 2], (index) => [i, l].map((axis) => axis(index)).join(), (index) => j(index) * 4 + k(index)],
      [[0, 3], (index) => [j, k].map((axis) => axis(index)).join(), (index) => i(index) * 5 + l(index)],
      [[0, 1, 2, 3], () => 0, (index) => index],
      [[], (index) => index, () => 0],
    ];
    for (const [axes, key, parameter] of keys) {
      const count = axes.reduce((size, axis) => size * shape[axis], 1);
      const [weight, bias] = [numbers(count), numbers(count)];
      const affine = (value: number, index: number) => value * weight[parameter(index)] + bias[parameter(index)];
      expectClose(standardizeReference(x, shape, axes, { eps, weight, bias }).output, plainly(x, key, affine));
    }
  });

  it("has p-norms", () => {
    for (const dim of [0, 1, -1])
      for (const p of [0.5, 1, 1.7, 2, 3, 20.5, Infinity]) {
        const axis = dim < 0 ? 3 : dim;
        const others = [i, j, k, l].filter((_, other) => other !== axis);
        const key = (index: number) => others.map((other) => other(index)).join();
        const expected = Array.from(x, (value, index) => {
          const group = x.filter((_, other) => key(other) === key(index)).map(Math.abs);
          const norm = p === Infinity ? Math.max(...group) : group.reduce((sum, e) => sum + e ** p, 0) ** (1 / p);
          return value / Math.max(norm, 2);
        });
        expectClose(normalizeReference(x, shape, { p, dim, eps: 2 }).output, expected);
      }
  });

  it("has the maps", () => {
    const [scale, bias, gamma, beta] = [numbers(6), numbers(6), numbers(20), numbers(20)];
    const row = (index: number) => Math.floor(index / 20);
    const [scaleOf, biasOf] = [scale, bias].map((values) => (index: number) => values[row(index)]);
    const [gammaOf, betaOf] = [gamma, beta].map((values) => (index: number) => values[index % 20]);
    const inner = x.map((value, index) => value * scale[row(index)] + bias[row(index)]);
    expectClose(affineReference(x, scaleOf, biasOf).output, inner);
    const outer = inner.map((value, index) => value * gamma[index % 20] + beta[index % 20]);
    const given = { scale: scaleOf, bias: biasOf, gamma: gammaOf, beta: betaOf };
    expectClose(affineVectorizedReference(x, given).output, outer);
  });
});

describe("the reference at the ends of float64", () => {
  const scales = [2 ** -1020, 2 ** -600, 2 ** 600, 2 ** 1018];
  const x = numbers(40);
  const largest = x.map((value) => value / 8);

  function bits({ normalized, low }: Reference) {
    return [normalized, low?.normalized];
  }

  it("has the same results at any magnitude, eps being 0", () => {
    for (const scale of scales) {
      // Half of the digits, which none of these scales can lose.
      const rounded = largest.map((value) => Math.fround(value));
      const scaled = rounded.map((value) => value * scale);
      const [here, there] = [rounded, scaled].map((values) => layerNormReference(values, [4, 10], 1, { eps: 0 }));
      expect(bits(there)).toEqual(bits(here));
      const [rms, scaledRms] = [rounded, scaled].map((values) => rmsNormReference(values, [4, 10], 1, { eps: 0 }));
      expect(bits(scaledRms)).toEqual(bits(rms));
    }
  });

  it("divides subnormal numbers by the root of eps", () => {
    const tiny = Float64Array.of(3e-320, -3e-320);
    const { output } = layerNormReference(tiny, [2], 1, { eps: 2 ** -16 });
    expect(Array.from(output)).toEqual([256 * 3e-320, -256 * 3e-320]);
  });

  it("has deviations where variances overflow", () => {
    const huge = layerNormReference(Float64Array.of(1e300, -1e300), [2], 1, { eps: 1e-5 });
    expect([huge.variance[0], huge.deviation?.[0], huge.output[0]]).toEqual([Infinity, 1e300, 1]);
  });

  it("is infinite, zero or NaN where formulas are", () => {
    const infinite = Float64Array.of(1, Infinity, -2);
    expect(Array.from(rmsNormReference(infinite, [3], 1, { eps }).output)).toEqual([0, NaN, -0]);
    expect(Array.from(normalizeReference(infinite, [1, 3], { p: 3, dim: 1, eps }).output)).toEqual([0, NaN, -0]);
    const undefinedValue = Float64Array.of(1, NaN, Infinity);
    expect(rmsNormReference(undefinedValue, [3], 1, { eps }).output.every(Number.isNaN)).toBe(true);
    expect(layerNormReference(undefinedValue, [3], 1, { eps }).output.every(Number.isNaN)).toBe(true);
    const given = { mean: [1], variance: [4] };
    const shape = { batch: 1, channels: 1, spatial: 3 };
    const { output } = inferenceReference(infinite, shape, given, { eps: 0 });
    expect(Array.from(output)).toEqual([0, Infinity, -1.5]);
    expect(layerNormReference(infinite.fill(2), [3], 1, { eps: -1 }).output.every(Number.isNaN)).toBe(true);
  });
});
