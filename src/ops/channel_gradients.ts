// Gradients of group, instance and batch norm, which differ in what shares statistics.

import type { ChannelsBackwardJob } from "../backend/backend.js";
import type { TypedArray } from "../dtype.js";
import type { TensorLike } from "../tensor.js";
import type { Layout } from "./channels.js";
import {
  type AnyGradients,
  gradOutputOf,
  type GradientsOut,
  makeGradients,
  maskOf,
  type NotRead,
  type OutputMask,
  statisticOf,
  weightOf,
} from "./gradients.js";
import type { NormalizeContext } from "./normalize_groups.js";
import type { Operand } from "./operand.js";

/** The options that they share. */
export interface ChannelGradientOptions<Mask extends OutputMask = OutputMask> extends NotRead {
  /** The mean of each group, as the native function returns it. */
  mean: TensorLike | TypedArray;
  /** 1 / sqrt(variance + eps) of each group, likewise. */
  rstd: TensorLike | TypedArray;
  /** The weight of the forward call, of shape [C] or a bare array; 1 where missing. */
  weight?: TensorLike | TypedArray | null;
  /** "channels-first" (the default): x is [N, C, ...]; "channels-last": x is [N, ..., C]. */
  layout?: Layout;
  /** [input, weight, bias]: which gradients are wanted. Default all, also those of a weight or bias that is missing. */
  outputMask?: Mask;
  /** Where to write. */
  out?: GradientsOut;
}

/** What shares statistics, and whether these are x's own. */
export type Sharing = Pick<ChannelsBackwardJob, "shape" | "groups" | "batched" | "frozen">;

/** Those options, each read once and not yet checked. */
export function readChannelOptions(options: Partial<ChannelGradientOptions>): Partial<ChannelGradientOptions> {
  const { mean, rstd, weight, layout, outputMask, out, output } = options;
  return { mean, rstd, weight, layout, outputMask, out, output };
}

/** Checks the rest of a call, and runs it. */
export function channelGradients(
  context: NormalizeContext,
  functionName: string,
  gradOutput: TensorLike,
  x: Operand,
  sharing: Sharing,
  { mean, rstd, weight, outputMask, out }: Partial<ChannelGradientOptions>,
): AnyGradients {
  const { store, backend } = context;
  const { samples, channels } = sharing.shape;
  const parameterShape = [channels];
  const statisticsShape = sharing.batched ? [sharing.groups] : [samples, sharing.groups];
  const inputs = {
    gradOutput: gradOutputOf(functionName, gradOutput, x, store),
    x,
    mean: statisticOf(functionName, "mean", mean, statisticsShape, x, store),
    rstd: statisticOf(functionName, "rstd", rstd, statisticsShape, x, store),
    weight: weightOf(functionName, "weight", weight, parameterShape, x, store),
  };
  const mask = maskOf(functionName, outputMask);
  return makeGradients(context, { functionName, inputs, mask, parameterShape, out }, (gradients) => {
    backend.channelsBackward({ functionName, ...sharing, ...inputs, ...gradients });
  });
}
