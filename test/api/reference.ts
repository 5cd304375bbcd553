// Results by the formulas, element by element: small, slow and of no interest to a profiler.

import { sizeOf } from "../../src/shape.js";
import type { Layer } from "./random_calls.js";

type Numbers = Readonly<Record<string, ArrayLike<number>>>;

export interface Values {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/** What a call gives, by the names of its results, and what it leaves in what it updates. */
export interface Expected {
  readonly results: Readonly<Record<string, Values>>;
  readonly updated: Readonly<Record<string, Float64Array>>;
}

/** What an element is, to a layer: its group and the index of its parameters. */
interface Grouping {
  readonly groups: readonly number[];
  readonly statistics: readonly number[];
  readonly groupOf: (at: readonly number[]) => number;
  readonly parameterOf: (at: readonly number[]) => number;
}

export function referenceOf(layer: Layer, numbers: Numbers, computing: "float32" | "float64"): Expected {
  switch (layer.name) {
    case "normalize":
      return only(layer, pNorm(layer, numbers.x));
    case "localResponseNorm":
      return only(layer, localResponse(layer, numbers.x));
    case "rowwiseMoments":
      return rowMoments(layer, numbers.x);
    case "affineGlobal":
      return only(layer, globalMap(layer, numbers));
    case "affineVectorized":
      return only(layer, vectorizedMap(layer, numbers));
    default:
      return normalized(layer, numbers, epsOf(layer, computing));
  }
}

function only({ shape }: Layer, values: Float64Array): Expected {
  return { results: { output: { shape, values } }, updated: {} };
}

/** The indices of an element in each dimension. */
function indicesOf(shape: readonly number[], flat: number): number[] {
  const indices: number[] = [];
  for (const size of [...shape].reverse()) {
    indices.unshift(flat % size);
    flat = Math.floor(flat / size);
  }
  return indices;
}

/** The index of an element in a tensor of some of the dimensions. */
function indexAmong(shape: readonly number[], axes: readonly number[]): (at: readonly number[]) => number {
  return (at) => axes.reduce((index, axis) => index * shape[axis] + at[axis], 0);
}

function mapElements(shape: readonly number[], value: (at: readonly number[], flat: number) => number): Float64Array {
  return Float64Array.from({ length: sizeOf(shape) }, (_, flat) => value(indicesOf(shape, flat), flat));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
}

function groupingOf({ name, shape, size, settings }: Layer): Grouping {
  const channel = settings.layout === "channels-last" ? shape.length - 1 : 1;
  const channelOf = (at: readonly number[]) => at[channel];
  const byAxes = (axes: readonly number[], statistics = axes.map((axis) => shape[axis])) => ({
    groups: axes.map((axis) => shape[axis]),
    statistics,
    groupOf: indexAmong(shape, axes),
  });
  const family = name.replace(/^native./, (prefix) => prefix.slice(-1).toLowerCase());
  switch (family) {
    case "layerNorm":
    case "rmsNorm": {
      const lead = shape.length - (Array.isArray(size) ? size.length : 1);
      const statistics = shape.map((extent, axis) => (axis < lead ? extent : 1));
      return { ...byAxes(range(0, lead), statistics), parameterOf: indexAmong(shape, range(lead, shape.length)) };
    }
    case "groupNorm": {
      const groups = size as number;
      const width = shape[channel] / groups;
      const groupOf = (at: readonly number[]) => at[0] * groups + Math.floor(at[channel] / width);
      return { groups: [shape[0], groups], statistics: [shape[0], groups], groupOf, parameterOf: channelOf };
    }
    case "instanceNorm":
      return { ...byAxes([0, channel]), parameterOf: channelOf };
    case "batchNorm":
      return { ...byAxes([channel]), parameterOf: channelOf };
    default: {
      const axes = (size as number[]).map((axis) => (axis < 0 ? axis + shape.length : axis)).sort((a, b) => a - b);
      const kept = range(0, shape.length).filter((axis) => !axes.includes(axis));
      return { ...byAxes(kept), parameterOf: indexAmong(shape, axes) };
    }
  }
}

/** The default: of RMS norm, the machine epsilon of what it is computed in. */
function epsOf({ name }: Layer, computing: "float32" | "float64"): number {
  if (!/rmsNorm/i.test(name)) return 1e-5;
  return computing === "float64" ? 2 ** -52 : 2 ** -23;
}

function normalized(layer: Layer, numbers: Numbers, eps: number): Expected {
  const { name, shape, settings } = layer;
  const { x, weight, bias, runningMean, runningVar } = numbers;
  const { groups, statistics, groupOf, parameterOf } = groupingOf(layer);
  const count = sizeOf(groups);
  const n = sizeOf(shape) / count;
  const centred = !name.endsWith("msNorm");
  const given = settings.training === false || settings.useInputStats === false;
  const channels = runningMean?.length ?? 0;
  const members = membersOf(shape, x, count, groupOf);
  const own = members.map((values) => momentsOf(values, centred));
  const moments = given
    ? own.map((_, group) => ({ mean: runningMean[group % channels], variance: runningVar[group % channels] }))
    : own;
  const rstd = moments.map(({ variance }) => 1 / Math.sqrt(variance + eps));
  const output = mapElements(shape, (at, flat) => {
    const group = groupOf(at);
    const value = (x[flat] - moments[group].mean) * rstd[group];
    return value * (weight?.[parameterOf(at)] ?? 1) + (bias?.[parameterOf(at)] ?? 0);
  });
  const tensor = (values: readonly number[]) => ({ shape: statistics, values: Float64Array.from(values) });
  const mean = tensor(moments.map((group) => group.mean));
  const results = { output: { shape, values: output }, mean, rstd: tensor(rstd) };
  const remembers = !given && runningMean !== undefined && sizeOf(shape) > 0;
  const updated = remembers ? updatedOf(own, n, runningMean, runningVar, settings.momentum as number) : {};
  return { results, updated };
}

function membersOf(
  shape: readonly number[],
  x: ArrayLike<number>,
  count: number,
  groupOf: (at: readonly number[]) => number,
): number[][] {
  const members = Array.from({ length: count }, (): number[] => []);
  for (let flat = 0; flat < x.length; flat++) members[groupOf(indicesOf(shape, flat))].push(x[flat]);
  return members;
}

interface OwnMoments {
  readonly mean: number;
  readonly variance: number;
}

/** Of no elements: mean 0, and a variance that makes rstd NaN, as in PyTorch. */
function momentsOf(values: readonly number[], centred: boolean): OwnMoments {
  if (values.length === 0) return { mean: 0, variance: NaN };
  const mean = centred ? values.reduce((sum, value) => sum + value, 0) / values.length : 0;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, variance: squares / values.length };
}

function updatedOf(
  own: readonly OwnMoments[],
  n: number,
  runningMean: ArrayLike<number>,
  runningVar: ArrayLike<number>,
  momentum: number,
): Record<string, Float64Array> {
  const channels = runningMean.length;
  const averaged = (value: (moments: OwnMoments) => number, channel: number) => {
    const values = own.filter((_, group) => group % channels === channel).map(value);
    return values.reduce((sum, one) => sum + one, 0) / values.length;
  };
  const blend = (old: ArrayLike<number>, value: (moments: OwnMoments) => number) =>
    Float64Array.from(old, (before, channel) => (1 - momentum) * before + momentum * averaged(value, channel));
  return {
    runningMean: blend(runningMean, ({ mean }) => mean),
    runningVar: blend(runningVar, ({ variance }) => (variance * n) / (n - 1)),
  };
}

function pNorm({ shape, settings }: Layer, x: ArrayLike<number>): Float64Array {
  const p = settings.p as number;
  const dim = settings.dim as number;
  const axis = dim < 0 ? dim + shape.length : dim;
  const kept = range(0, shape.length).filter((other) => other !== axis);
  const groupOf = indexAmong(shape, kept);
  const members = membersOf(shape, x, sizeOf(kept.map((other) => shape[other])), groupOf);
  const norms = members.map((values) => {
    const magnitudes = values.map(Math.abs);
    if (p === Infinity) return Math.max(0, ...magnitudes);
    return magnitudes.reduce((sum, value) => sum + value ** p, 0) ** (1 / p);
  });
  return mapElements(shape, (at, flat) => x[flat] / Math.max(norms[groupOf(at)], 1e-12));
}

function localResponse({ shape, size, settings }: Layer, x: ArrayLike<number>): Float64Array {
  const { layout, alpha, beta, k } = settings as { layout: string; alpha: number; beta: number; k: number };
  const channel = layout === "channels-last" ? shape.length - 1 : 1;
  const window = size as number;
  const stride = sizeOf(shape.slice(channel + 1));
  return mapElements(shape, (at, flat) => {
    let sum = 0;
    for (let offset = -Math.floor(window / 2); offset <= Math.floor((window - 1) / 2); offset++) {
      const neighbour = at[channel] + offset;
      if (neighbour >= 0 && neighbour < shape[channel]) sum += x[flat + offset * stride] ** 2;
    }
    return x[flat] / (k + (alpha * sum) / window) ** beta;
  });
}

function rowMoments({ shape, size }: Layer, x: ArrayLike<number>): Expected {
  const n = size as number;
  const rows = range(0, sizeOf(shape) / n).map((row) =>
    momentsOf(
      range(row * n, (row + 1) * n).map((index) => x[index]),
      true,
    ),
  );
  const tensor = (values: readonly number[]) => ({ shape: [rows.length], values: Float64Array.from(values) });
  const results = {
    mean: tensor(rows.map(({ mean }) => mean)),
    variance: tensor(rows.map(({ variance }) => variance)),
  };
  return { results, updated: {} };
}

function globalMap({ shape, parameters }: Layer, { x, scale, bias }: Numbers): Float64Array {
  const indexOf = indexAmong(shape, parameters.scale.length === 2 ? [0, 1] : [1]);
  return mapElements(shape, (at, flat) => x[flat] * scale[indexOf(at)] + bias[indexOf(at)]);
}

function vectorizedMap({ shape, parameters }: Layer, { x, scale, bias, gamma, beta }: Numbers): Float64Array {
  const lead = shape.length - parameters.gamma.length;
  const rowOf = indexAmong(shape, range(0, lead));
  const elementOf = indexAmong(shape, range(lead, shape.length));
  return mapElements(shape, (at, flat) => {
    return (x[flat] * scale[rowOf(at)] + bias[rowOf(at)]) * gamma[elementOf(at)] + beta[elementOf(at)];
  });
}
