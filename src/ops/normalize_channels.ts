// Batch and instance norm: statistics per channel, from x (and remembered in running statistics) or given ones.

import type { GroupMoments } from "../backend/backend.js";
import { computeFormat } from "../dtype.js";
import { computeArray, numbersOf, writeNumbers } from "../elements.js";
import type { Store } from "../engine/store.js";
import { type ChannelShape, groupSizeOf, type NormalizePlan } from "../plan.js";
import type { Tensor } from "../tensor.js";
import {
  type AnyStatistics,
  groupCallOf,
  type NormalizeCall,
  type NormalizeContext,
  normalizeGroups,
  normalizeGroupsWithMoments,
  normalizeGroupsWithStatistics,
} from "./normalize_groups.js";
import type { NormOptions } from "./norm_options.js";
import { type Operand, ownOperand } from "./operand.js";
import { checkApart, makingTensors, withOutput } from "./output.js";
import { checkRunningApart, momentumOf, requiredRunning, type Running, runningOf, updateRunning } from "./running.js";

/** A checked call of batch or instance norm, but for its `out`. */
export interface ChannelCall extends NormalizeCall {
  readonly shape: ChannelShape;
  readonly running: Running | undefined;
  readonly momentum: number;
  /** Whether statistics are x's own. */
  readonly useInputStats: boolean;
  /** For how many samples there are statistics of each channel: 1, or all of them. */
  readonly statisticsSamples: number;
}

/** Options that batch and instance norm share; each documents them. */
interface ChannelOptions extends NormOptions {
  runningMean?: unknown;
  runningVar?: unknown;
  momentum?: number;
}

/** A call from options as they were given; `planOf` says which statistics there are, and `useInputStats` whose. */
export function channelCallOf(
  functionName: string,
  store: Store,
  planOf: (shape: ChannelShape) => NormalizePlan,
  x: Operand,
  shape: ChannelShape,
  given: ChannelOptions,
  useInputStats: boolean,
  statisticsSamples: number,
): ChannelCall {
  const { channels } = shape;
  const running = runningOf(functionName, given, channels, x.format, store);
  if (!useInputStats) requiredRunning(functionName, running, channels);
  // Spelt out: a spread makes an object that is slow to make and to read.
  const { plan, centred, eps, weight, bias, out } = groupCallOf(
    functionName,
    store,
    planOf(shape),
    x,
    [channels],
    given,
  );
  return {
    functionName,
    plan,
    centred,
    eps,
    x,
    weight,
    bias,
    out,
    shape,
    running,
    momentum: momentumOf(functionName, given.momentum),
    useInputStats,
    statisticsSamples,
  };
}

/** Runs a call, into its `out` or a new tensor. */
export function normalizeChannels(context: NormalizeContext, call: ChannelCall): Tensor {
  if (call.useInputStats && !call.running) return normalizeGroups(context, call);
  return withOutput(context, call, run);
}

/** normalizeChannels with the statistics that were used, tensors of shape `statisticsShape`. */
export function normalizeChannelsWithStatistics(
  context: NormalizeContext,
  call: ChannelCall,
  statisticsShape: readonly number[],
): AnyStatistics {
  if (call.useInputStats && !call.running) return normalizeGroupsWithStatistics(context, call, statisticsShape);
  return makingTensors(context, call, (make) => {
    const format = computeFormat(call.x.format);
    let mean!: Tensor;
    let rstd!: Tensor;
    const output = withOutput(context, call, (_, __, out) => {
      mean = make(statisticsShape, format);
      rstd = make(statisticsShape, format);
      const moments = run(context, call, out);
      writeNumbers(mean, moments.mean);
      const rstdOf = (variance: number) => 1 / Math.sqrt(variance + call.eps);
      writeNumbers(rstd, moments.variance.map(rstdOf));
    });
    return { output, mean, rstd };
  });
}

function run(context: NormalizeContext, call: ChannelCall, out: Operand): GroupMoments {
  return call.useInputStats ? runWithInputStats(context, call, out) : runWithRunningStats(context, call, out);
}

function runWithInputStats(context: NormalizeContext, call: ChannelCall, out: Operand): GroupMoments {
  const { functionName, running, x, weight, bias, plan } = call;
  if (running) checkRunningApart(functionName, running, { x, weight, bias, out });
  const moments = normalizeGroupsWithMoments(context, call, out);
  if (running && x.size > 0) {
    updateRunning(running, moments, call.statisticsSamples, groupSizeOf(plan.reduction), call.momentum);
  }
  return moments;
}

function runWithRunningStats(context: NormalizeContext, call: ChannelCall, out: Operand): GroupMoments {
  const { functionName, shape, x } = call;
  const running = call.running!;
  checkApart(functionName, out, "runningMean", running.mean);
  checkApart(functionName, out, "runningVar", running.variance);
  const mean = numbersOf(running.mean);
  const variance = numbersOf(running.variance);
  // Before memory grows for scratch, which would detach what was read.
  const moments = { mean: repeat(mean, call.statisticsSamples), variance: repeat(variance, call.statisticsSamples) };
  if (x.size > 0)
    context.backend.affineGlobal({ functionName, x, out, ...runsOf(shape), ...affineOf(call, mean, variance) });
  return moments;
}

/** Runs of elements that share a channel; channels that come last are runs of one. */
function runsOf({ samples, channels, span, last }: ChannelShape): { runs: number; span: number; period: number } {
  return last
    ? { runs: samples * span * channels, span: 1, period: channels }
    : { runs: samples * channels, span, period: channels };
}

/** (x - centre) * scale + bias of each channel, computed in float64 and rounded once. */
function affineOf(
  { x, weight, bias, eps, shape }: ChannelCall,
  mean: ArrayLike<number>,
  variance: ArrayLike<number>,
): { centre: Operand; scale: Operand; bias: Operand } {
  const { channels } = shape;
  const format = computeFormat(x.format);
  const gamma = weight && numbersOf(weight);
  const beta = bias && numbersOf(bias);
  const coefficients = (value: (channel: number) => number) => {
    const array = computeArray(format, channels);
    for (let channel = 0; channel < channels; channel++) array[channel] = value(channel);
    return ownOperand(array, [channels], format);
  };
  return {
    centre: coefficients((channel) => mean[channel]),
    scale: coefficients((channel) => (1 / Math.sqrt(variance[channel] + eps)) * (gamma ? gamma[channel] : 1)),
    bias: coefficients((channel) => (beta ? beta[channel] : 0)),
  };
}

function repeat(values: ArrayLike<number>, times: number): Float64Array {
  const repeated = new Float64Array(values.length * times);
  for (let copy = 0; copy < times; copy++) repeated.set(values, copy * values.length);
  return repeated;
}
