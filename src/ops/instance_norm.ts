import type { TypedArray } from "../dtype.js";
import { planGroupNorm } from "../plan.js";
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

/** Options of instanceNorm and nativeInstanceNorm. */
export interface InstanceNormOptions {
  /** One factor per channel, of shape [C] or a bare array; 1 where missing. */
  weight?: TensorLike | TypedArray | null;
  /** One addend per channel, of shape [C] or a bare array; 0 where missing. */
  bias?: TensorLike | TypedArray | null;
  /** Running mean of each channel, [C]: the mean unless `useInputStats`, and with it updated in place, if given. */
  runningMean?: TensorLike | TypedArray | null;
  /** Running variance of each channel, likewise; updated with the unbiased variance, averaged over N. */
  runningVar?: TensorLike | TypedArray | null;
  /** Whether statistics are those of x rather than the running ones. Default true. */
  useInputStats?: boolean;
  /** The weight of the new data in the running statistics, from 0 to 1. Default 0.1. */
  momentum?: number;
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** "channels-first" (the default): x is [N, C, ...]; "channels-last": x is [N, ..., C]. */
  layout?: Layout;
  /** Where to write: x's shape, dtype and home; may be exactly x. */
  out?: TensorLike;
}

/** instanceNorm of the API, on an engine. */
export function instanceNorm(context: NormalizeContext, x: TensorLike, options?: InstanceNormOptions): Tensor {
  const call = callOf(context, "instanceNorm", x, options);
  checkSeveralValues("instanceNorm", call.x, !call.useInputStats || call.shape.span !== 1, "channel");
  return normalizeChannels(context, call);
}

/** nativeInstanceNorm of the API, on an engine. */
export function nativeInstanceNorm(
  context: NormalizeContext,
  x: TensorLike,
  options?: InstanceNormOptions,
): AnyStatistics {
  const call = callOf(context, "nativeInstanceNorm", x, options);
  const statisticsShape = [call.shape.samples, call.shape.channels];
  return normalizeChannelsWithStatistics(context, call, statisticsShape);
}

function callOf(
  { store }: NormalizeContext,
  functionName: string,
  x: TensorLike,
  options: InstanceNormOptions | undefined,
): ChannelCall {
  const given = optionsOf(functionName, options, read);
  const input = operandOf(functionName, "x", x, store);
  const shape = channelShapeOf(functionName, input, given.layout);
  const useInputStats = flagOf(functionName, "useInputStats", given.useInputStats, true);
  return channelCallOf(
    functionName,
    store,
    (channels) => planGroupNorm(channels, channels.channels),
    input,
    shape,
    given,
    useInputStats,
    shape.samples,
  );
}

function read(options: InstanceNormOptions): InstanceNormOptions {
  const { weight, bias, runningMean, runningVar, useInputStats, momentum, eps, layout, out } = options;
  return { weight, bias, runningMean, runningVar, useInputStats, momentum, eps, layout, out };
}
