import type { TypedArray } from "../dtype.js";
import { planBatchNorm } from "../plan.js";
import type { Tensor, TensorLike } from "../tensor.js";
import { channelShapeOf, type Layout } from "./channels.js";
import {
  type ChannelCall,
  channelCallOf,
  normalizeChannels,
  normalizeChannelsWithStatistics,
} from "./normalize_channels.js";
import { type AnyStatistics, checkSeveralValues, type NormalizeContext } from "./normalize_groups.js";
import { flagOf, operandOf, optionsOf } from "./operand.js";

/** Options of batchNorm and nativeBatchNorm. */
export interface BatchNormOptions {
  /** Running mean of each channel, [C]: the mean, unless training; updated in place when training, if given. */
  runningMean?: TensorLike | TypedArray | null;
  /** Running variance of each channel, likewise; updated with the unbiased variance. */
  runningVar?: TensorLike | TypedArray | null;
  /** One factor per channel, of shape [C] or a bare array; 1 where missing. */
  weight?: TensorLike | TypedArray | null;
  /** One addend per channel, of shape [C] or a bare array; 0 where missing. */
  bias?: TensorLike | TypedArray | null;
  /** Whether statistics are those of x rather than the running ones. Default false. */
  training?: boolean;
  /** The weight of the new data in the running statistics, from 0 to 1. Default 0.1. */
  momentum?: number;
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** "channels-first" (the default): x is [N, C, ...]; "channels-last": x is [N, ..., C]. */
  layout?: Layout;
  /** Where to write: x's shape, dtype and home; may be exactly x. */
  out?: TensorLike;
}

/** batchNorm of the API, on an engine. */
export function batchNorm(context: NormalizeContext, x: TensorLike, options?: BatchNormOptions): Tensor {
  const call = callOf(context, "batchNorm", x, options);
  checkSeveralValues("batchNorm", call.x, !call.useInputStats || call.shape.samples * call.shape.span !== 1, "channel");
  return normalizeChannels(context, call);
}

/** nativeBatchNorm of the API, on an engine. */
export function nativeBatchNorm(context: NormalizeContext, x: TensorLike, options?: BatchNormOptions): AnyStatistics {
  const call = callOf(context, "nativeBatchNorm", x, options);
  return normalizeChannelsWithStatistics(context, call, [call.shape.channels]);
}

function callOf(
  { store }: NormalizeContext,
  functionName: string,
  x: TensorLike,
  options: BatchNormOptions | undefined,
): ChannelCall {
  const given = optionsOf(functionName, options, read);
  const input = operandOf(functionName, "x", x, store);
  const shape = channelShapeOf(functionName, input, given.layout);
  const useInputStats = flagOf(functionName, "training", given.training, false);
  return channelCallOf(functionName, store, planBatchNorm, input, shape, given, useInputStats, 1);
}

function read(options: BatchNormOptions): BatchNormOptions {
  const { runningMean, runningVar, weight, bias, training, momentum, eps, layout, out } = options;
  return { runningMean, runningVar, weight, bias, training, momentum, eps, layout, out };
}
