import {
  groupBatch,
  groupByAxes,
  groupChannels,
  groupLast,
  product,
  type Grouping,
} from "../support/reference/grouping.js";
import { givenMoments, momentsAboutZero } from "../support/reference/moments.js";
import { referenceOf, withAffine } from "../support/reference/normalize.js";
import type { Reference } from "../support/reference/reference.js";
import type { Golden, Results } from "./load.js";
import { numbersOf } from "./numbers.js";

/** Results, and what their errors are measured in: D of the accuracy contract for each of their numbers. */
export interface Expected {
  readonly values: Results<Float64Array>;
  readonly scales: Results<Float64Array>;
}

/** What the tests' own oracle says of a golden's input. */
export function oracleOf(golden: Golden): Expected {
  switch (golden.op) {
    case "localResponseNorm":
      return localResponses(golden);
    case "normalize":
      return units(golden);
    default:
      return normalized(golden);
  }
}

// Layers that share statistics within groups.

function normalized(golden: Golden): Expected {
  const grouping = groupingOf(golden);
  const reference = referenceOfLayer(golden, grouping);
  const { mean, variance, rstd, output } = reference;
  const sigma = variance.map(Math.sqrt);
  const values = { output, mean, rstd, variance };
  const scales = {
    output: outputScale(reference),
    mean: mean.map((value, group) => Math.max(finiteMagnitude(value), finiteMagnitude(sigma[group]))),
    rstd: rstd.map(Math.abs),
    variance,
  };
  if (!golden.runningMean || !golden.runningVar || hasGivenStatistics(golden)) return { values, scales };
  const unbiased = variance.map((value) => (value * grouping.size) / (grouping.size - 1));
  const runningMean = running(golden, "runningMean", mean, scales.mean);
  const runningVar = running(golden, "runningVar", unbiased, unbiased);
  return {
    values: { ...values, runningMean: runningMean.values, runningVar: runningVar.values },
    scales: { ...scales, runningMean: runningMean.scales, runningVar: runningVar.scales },
  };
}

function referenceOfLayer(golden: Golden, grouping: Grouping): Reference {
  const x = numbersOf(golden.input);
  const affine = { weight: golden.weight && numbersOf(golden.weight), bias: golden.bias && numbersOf(golden.bias) };
  const eps = golden.options.eps ?? defaultEps(golden);
  if (golden.op === "rmsNorm") return withAffine(referenceOf(x, grouping, eps, momentsAboutZero), grouping, affine);
  if (!hasGivenStatistics(golden)) return withAffine(referenceOf(x, grouping, eps), grouping, affine);
  const [mean, variance] = [numbersOf(golden.runningMean!), numbersOf(golden.runningVar!)];
  const given = referenceOf(x, grouping, eps, (group, index) => givenMoments(group, mean[index], variance[index]));
  return withAffine(given, grouping, affine);
}

function defaultEps({ op, input }: Golden): number {
  if (op !== "rmsNorm") return 1e-5;
  return input.dtype === "float64" ? 2 ** -52 : 2 ** -23;
}

function hasGivenStatistics({ op, options }: Golden): boolean {
  return op === "batchNorm" ? !options.training : op === "instanceNorm" && options.useInputStats === false;
}

function groupingOf(golden: Golden): Grouping {
  const { shape } = golden.input;
  const [first] = golden.arguments;
  switch (golden.op) {
    case "layerNorm":
    case "rmsNorm":
      return groupLast(shape, (first as readonly number[]).length);
    case "standardize":
      return groupByAxes(shape, normalizedAxes(first as readonly number[], shape.length));
    case "rowwiseMoments":
      return groupByAxes([product(shape) / (first as number), first as number], [1]);
    case "groupNorm":
      return groupChannels(channelShape(golden), first as number);
    default:
      return hasGivenStatistics(golden) || golden.op === "batchNorm"
        ? groupBatch(channelShape(golden))
        : groupChannels(channelShape(golden), channelShape(golden).channels);
  }
}

function normalizedAxes(axes: readonly number[], rank: number): number[] {
  return axes.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
}

function channelShape({ input: { shape }, options: { layout } }: Golden) {
  const isLast = layout === "channels-last";
  const channels = isLast ? shape[shape.length - 1] : shape[1];
  const spatial = product(isLast ? shape.slice(1, -1) : shape.slice(2));
  return { batch: shape[0], channels, spatial, layout };
}

/** The average of old and new; of instance norm's [N, C] statistics, their average over N is the new one. */
function running(golden: Golden, name: "runningMean" | "runningVar", statistics: Float64Array, scale: Float64Array) {
  const old = Float64Array.from(numbersOf(golden[name]!));
  if (golden.input.data.length === 0) return { values: old, scales: old.map(Math.abs) };
  const { momentum = 0.1 } = golden.options;
  const [mean, meanScale] = [averageOverBatch(statistics, old.length), averageOverBatch(scale, old.length)];
  return {
    values: old.map((value, channel) => (1 - momentum) * value + momentum * mean[channel]),
    scales: old.map((value, channel) => Math.abs((1 - momentum) * value) + Math.abs(momentum * meanScale[channel])),
  };
}

function averageOverBatch(statistics: Float64Array, channels: number): Float64Array {
  const batch = statistics.length / channels;
  const average = new Float64Array(channels);
  statistics.forEach((value, index) => (average[index % channels] += value / batch));
  return average;
}

function outputScale({ n, rows, members, normalized, gamma, beta }: Reference): Float64Array {
  const magnitudes = groupMagnitudes({ groups: rows, size: n, members }, normalized);
  return magnitudes.map((value, index) => Math.abs(gamma(index)) * value + Math.abs(beta(index)));
}

/** max(|value|, root mean square of its group), over what is finite. */
function groupMagnitudes(
  { groups, size, members }: Pick<Grouping, "groups" | "size" | "members">,
  values: Float64Array,
) {
  const magnitudes = values.map(finiteMagnitude);
  for (let group = 0; group < groups; group++) {
    const places = Array.from({ length: size }, (_, j) => members?.[group * size + j] ?? group * size + j);
    const rms = Math.sqrt(places.reduce((sum, place) => sum + magnitudes[place] ** 2, 0) / size);
    for (const place of places) magnitudes[place] = Math.max(magnitudes[place], rms);
  }
  return magnitudes;
}

function finiteMagnitude(value: number): number {
  return Number.isFinite(value) ? Math.abs(value) : 0;
}

// The two others, in plain float64.

/** x / max(||x||_p, eps). */
function units({ input, options: { p = 2, dim = 1, eps = 1e-12 } }: Golden): Expected {
  const x = numbersOf(input);
  const grouping = groupByAxes(input.shape, [dim < 0 ? dim + input.shape.length : dim]);
  const output = new Float64Array(x.length);
  for (let group = 0; group < grouping.groups; group++) {
    const places = Array.from({ length: grouping.size }, (_, j) => placeOf(grouping, group, j));
    const norm = normOf(
      places.map((place) => x[place]),
      p,
    );
    for (const place of places) output[place] = x[place] / Math.max(norm, eps);
  }
  return { values: { output }, scales: { output: groupMagnitudes(grouping, output) } };
}

function placeOf({ members, size }: Grouping, group: number, index: number): number {
  return members?.[group * size + index] ?? group * size + index;
}

function normOf(values: readonly number[], p: number): number {
  if (p === Infinity) return Math.max(0, ...values.map(Math.abs));
  return values.reduce((sum, value) => sum + Math.abs(value) ** p, 0) ** (1 / p);
}

/** x / (k + alpha / size * sum of squares over a window of channels)^beta. */
function localResponses(golden: Golden): Expected {
  const { alpha = 1e-4, beta = 0.75, k = 1 } = golden.options;
  const size = golden.arguments[0] as number;
  const x = numbersOf(golden.input);
  const { channels, spatial, layout } = channelShape(golden);
  const stride = layout === "channels-last" ? 1 : spatial;
  const output = Float64Array.from(x, (value, index) => {
    const channel = Math.floor(index / stride) % channels;
    const first = Math.max(-Math.floor(size / 2), -channel);
    const last = Math.min(Math.floor((size - 1) / 2), channels - 1 - channel);
    let sum = 0;
    for (let step = first; step <= last; step++) sum += x[index + step * stride] ** 2;
    return value / (k + (alpha / size) * sum) ** beta;
  });
  return { values: { output }, scales: { output: output.map(Math.abs) } };
}
