// Calls of the whole family on groups of mixed kinds, which lie wherever an operation has its groups.

import { computingDtype, type Data, type DTypeName } from "../support/dtypes.js";
import { groupBatch, groupByAxes, groupChannels, type Grouping, type Layout } from "../support/reference/grouping.js";
import { parameterOperand, type Call, type Operands, type Results } from "./calls.js";
import { mixedRows } from "./data.js";

/** A tensor with channels, in groups for group norm. */
export interface Channels {
  readonly batch: number;
  readonly channels: number;
  readonly groups: number;
  readonly span: number;
}

/** A tensor, and the axes that statistics are taken over. */
export interface Axes {
  readonly shape: readonly number[];
  readonly axes: readonly number[];
}

/** A call that says which elements share statistics, or would. */
export interface GroupedCall extends Call {
  readonly grouping: Grouping;
}

type Run = Call["run"];

/** Data of a dtype; `first` is the kind of the first group. */
export interface Source {
  readonly dtype: DTypeName;
  readonly first?: number;
}

export const LAYOUTS: readonly Layout[] = ["channels-first", "channels-last"];

/** Group, instance and batch norm in one layout: with statistics and parameters, and bare without eps. */
export function channelNorms(source: Source, sizes: Channels, layout: Layout): GroupedCall[] {
  const { batch, channels, groups, span } = sizes;
  const tensor = { batch, channels, spatial: span, layout };
  const shape = shapeOf(sizes, layout);
  const of = (name: string, grouping: Grouping, others: Operands, run: Run): GroupedCall => {
    return callOf(`${name}, ${layout}`, source, shape, grouping, others, run);
  };
  const affine = channelParameters(channels, source.dtype);
  const running = runningStatistics(channels, source.dtype);
  const byGroup = groupChannels(tensor, groups);
  const byChannel = groupChannels(tensor, channels);
  const byBatch = groupBatch(tensor);
  return [
    of(`groupNorm in ${groups}`, byGroup, affine, (engine, { x, ...given }, out) => {
      return { ...engine.nativeGroupNorm(x, groups, { ...given, layout, out }) };
    }),
    of(`groupNorm in ${groups}, bare`, byGroup, {}, (engine, { x }, out) => {
      return { ...engine.nativeGroupNorm(x, groups, { eps: 0, layout, out }) };
    }),
    of("instanceNorm", byChannel, affine, (engine, { x, ...given }, out) => {
      return { ...engine.nativeInstanceNorm(x, { ...given, layout, out }) };
    }),
    of("instanceNorm, training", byChannel, { ...affine, ...running }, (engine, { x, ...given }, out) => {
      return { ...engine.nativeInstanceNorm(x, { ...given, layout, out }), ...updated(given) };
    }),
    of("batchNorm, training", byBatch, { ...affine, ...running }, (engine, { x, ...given }, out) => {
      return { ...engine.nativeBatchNorm(x, { ...given, training: true, layout, out }), ...updated(given) };
    }),
    of("batchNorm, training, bare", byBatch, {}, (engine, { x }, out) => {
      return { ...engine.nativeBatchNorm(x, { training: true, eps: 0, layout, out }) };
    }),
  ];
}

/** What maps a tensor with channels and takes no statistics of it. */
export function channelMaps(source: Source, sizes: Channels, layout: Layout): GroupedCall[] {
  const { batch, channels, span } = sizes;
  const grouping = groupChannels({ batch, channels, spatial: span, layout }, channels);
  const given = { ...channelParameters(channels, source.dtype), ...runningStatistics(channels, source.dtype) };
  const of = (name: string, others: Operands, run: Run): GroupedCall => {
    return callOf(`${name}, ${layout}`, source, shapeOf(sizes, layout), grouping, others, run);
  };
  return [
    of("batchNorm", given, (engine, { x, ...given }, out) => {
      return { ...engine.nativeBatchNorm(x, { ...given, layout, out }) };
    }),
    of("instanceNorm with given statistics", given, (engine, { x, ...given }, out) => {
      return { output: engine.instanceNorm(x, { ...given, useInputStats: false, layout, out }) };
    }),
  ];
}

/** Channels divided by their neighbours' squares. */
export function localResponses(source: Source, sizes: Channels, layout: Layout): GroupedCall[] {
  const { batch, channels, span } = sizes;
  const grouping = groupChannels({ batch, channels, spatial: span, layout }, channels);
  return [1, 4].map((size) =>
    callOf(
      `localResponseNorm of ${size}, ${layout}`,
      source,
      shapeOf(sizes, layout),
      grouping,
      {},
      (engine, { x }, out) => {
        return { output: engine.localResponseNorm(x, size, { alpha: 0.1, layout, out }) };
      },
    ),
  );
}

/** Statistics over axes: with parameters, bare without eps, and by themselves. */
export function axesNorms(source: Source, { shape, axes }: Axes): GroupedCall[] {
  const grouping = groupByAxes(shape, axes);
  const of = (name: string, others: Operands, run: Run): GroupedCall => {
    return callOf(`${name} over [${axes}]`, source, shape, grouping, others, run);
  };
  const sizes = axes.map((axis) => shape[axis]);
  const affine = {
    weight: parameterOperand(sizes, 1, source.dtype),
    bias: parameterOperand(sizes, 2, computingDtype(source.dtype)),
  };
  return [
    of("standardize", affine, (engine, { x, ...given }, out) => {
      return { output: engine.standardize(x, axes, { ...given, out }) };
    }),
    of("standardize, bare", {}, (engine, { x }, out) => ({ output: engine.standardize(x, axes, { eps: 0, out }) })),
    of("moments", {}, (engine, { x }) => {
      const { mean, variance } = engine.axisMoments(x, axes);
      return { wideMean: { data: mean }, wideVariance: { data: variance } };
    }),
  ];
}

const EXPONENTS = [2, 1, 3, 0.5, Infinity];

/** Division by norms along an axis. */
export function pNorms(source: Source, shape: readonly number[], dim: number, exponents = EXPONENTS): GroupedCall[] {
  const grouping = groupByAxes(shape, [dim]);
  return exponents.map((p) =>
    callOf(`normalize by p = ${p} along ${dim}`, source, shape, grouping, {}, (engine, { x }, out) => {
      return { output: engine.normalize(x, { p, dim, out }) };
    }),
  );
}

/** Layer and RMS norm of rows. */
export function rowNorms(source: Source, rows: number, n: number): GroupedCall[] {
  const grouping = groupByAxes([rows, n], [1]);
  const of = (name: string, others: Operands, run: Run) => callOf(name, source, [rows, n], grouping, others, run);
  const { weight, bias } = channelParameters(n, source.dtype);
  return [
    of("layerNorm", { weight, bias }, (engine, { x, ...given }, out) => {
      return { ...engine.nativeLayerNorm(x, n, { ...given, out }) };
    }),
    of("layerNorm, bare", {}, (engine, { x }, out) => ({ ...engine.nativeLayerNorm(x, n, { eps: 0, out }) })),
    of("rmsNorm", { weight }, (engine, { x, ...given }, out) => ({ ...engine.nativeRmsNorm(x, n, { ...given, out }) })),
    of("rmsNorm, bare", {}, (engine, { x }, out) => ({ ...engine.nativeRmsNorm(x, n, { eps: 0, out }) })),
  ];
}

/** A call on groups of mixed kinds. */
export function callOf(
  name: string,
  source: Source,
  shape: readonly number[],
  grouping: Grouping,
  others: Operands,
  run: Run,
): GroupedCall {
  const { dtype } = source;
  const x = { data: arranged(source, grouping), shape, dtype };
  return { name: `${name}, ${dtype} [${shape}]`, grouping, inputs: { x, ...others }, run };
}

/** Groups of mixed kinds, each where the grouping has it. */
function arranged({ dtype, first }: Source, { groups, size, members }: Grouping): Data {
  const { data } = mixedRows(groups, size, first, dtype);
  if (!members) return data;
  const placed = data.slice();
  for (let place = 0; place < data.length; place++) placed[members[place]] = data[place];
  return placed;
}

/** The shape of a tensor with channels. */
export function shapeOf({ batch, channels, span }: Channels, layout: Layout): number[] {
  return layout === "channels-last" ? [batch, span, channels] : [batch, channels, span];
}

/** One weight and bias per channel. */
export function channelParameters(channels: number, dtype: DTypeName): Operands {
  return {
    weight: parameterOperand([channels], 1, dtype),
    bias: parameterOperand([channels], 2, computingDtype(dtype)),
  };
}

function runningStatistics(channels: number, dtype: DTypeName): Operands {
  return {
    runningMean: parameterOperand([channels], 3, dtype),
    runningVar: parameterOperand([channels], 4, computingDtype(dtype)),
  };
}

/** Running statistics as a call has left them. */
function updated({ runningMean, runningVar }: Operands): Results {
  return { runningMean, runningVar };
}
