import { add, divide, doubleDouble, twoSum, wideMultiply, type DoubleDouble } from "../double_double.js";
import { precisionOf, type DTypeName } from "../dtypes.js";
import { scaledError } from "../error.js";
import type { Reference } from "./reference.js";

/** Per channel. The variance is unbiased where training made it. */
export interface RunningStatistics {
  readonly mean: ArrayLike<number>;
  readonly variance: ArrayLike<number>;
}

/** One running statistic after a step of training, and what its error is measured against. */
export interface RunningExpectation {
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly scale: Float64Array;
}

export interface RunningReference {
  readonly mean: RunningExpectation;
  readonly variance: RunningExpectation;
}

/**
 * (1 - momentum) * old + momentum * new, as PyTorch weighs them. Groups beyond the channels are samples, of which the
 * statistics are averaged, as instance norm does.
 */
export function runningStatistics(reference: Reference, old: RunningStatistics, momentum: number): RunningReference {
  const { n, mean, variance, low, deviation } = reference;
  const unbiased = divide(doubleDouble(n), doubleDouble(n - 1));
  const meanOf = (group: number) => doubleDouble(mean[group], low?.mean?.[group]);
  const varianceOf = (group: number) => wideMultiply(doubleDouble(variance[group], low?.variance?.[group]), unbiased);
  const sizeOf = (group: number) => Math.max(Math.abs(mean[group]), deviation?.[group] ?? Math.sqrt(variance[group]));
  return {
    mean: expectation(reference, old.mean, momentum, meanOf, sizeOf),
    variance: expectation(reference, old.variance, momentum, varianceOf, (group) => varianceOf(group).high),
  };
}

/** The largest error in u * D, D = |(1 - momentum) * old| + |momentum| * max(|mean|, sigma), or the variance. */
export function runningErr(actual: ArrayLike<number>, expected: RunningExpectation, dtype: DTypeName): number {
  const { high, low, scale } = expected;
  if (actual.length !== high.length) return Infinity;
  const errors = Array.from(high, (value, channel) =>
    scaledError(
      actual[channel],
      value,
      Math.max(scale[channel], precisionOf(dtype).smallestNormal),
      low[channel],
      dtype,
    ),
  );
  return Math.max(0, ...errors);
}

function expectation(
  { rows }: Reference,
  old: ArrayLike<number>,
  momentum: number,
  statistic: (group: number) => DoubleDouble,
  size: (group: number) => number,
): RunningExpectation {
  const channels = old.length;
  const samples = rows / channels;
  const [high, low, scale] = [0, 1, 2].map(() => new Float64Array(channels));
  const kept = twoSum(1, -momentum);
  for (let channel = 0; channel < channels; channel++) {
    let sum = doubleDouble(0);
    for (let sample = 0; sample < samples; sample++) {
      const group = sample * channels + channel;
      sum = add(sum, statistic(group));
      scale[channel] += (Math.abs(momentum) * size(group)) / samples;
    }
    const before = wideMultiply(doubleDouble(old[channel]), kept);
    const now = wideMultiply(sum, divide(doubleDouble(momentum), doubleDouble(samples)));
    scale[channel] += Math.abs(before.high);
    const value = Number.isFinite(before.high + now.high) ? add(before, now) : doubleDouble(before.high + now.high);
    [high[channel], low[channel]] = [value.high, value.low];
  }
  return { high, low, scale };
}
