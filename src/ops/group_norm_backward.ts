import type { TensorLike } from "../tensor.js";
import { type ChannelGradientOptions, channelGradients, readChannelOptions } from "./channel_gradients.js";
import { channelShapeOf } from "./channels.js";
import type { AnyGradients, OutputMask } from "./gradients.js";
import { checkGroups } from "./group_norm.js";
import type { NormalizeContext } from "./normalize_groups.js";
import { operandOf, optionsOf } from "./operand.js";

/** Options of groupNormBackward. */
export type GroupNormBackwardOptions<Mask extends OutputMask = OutputMask> = ChannelGradientOptions<Mask>;

/** groupNormBackward of the API, on an engine. */
export function groupNormBackward(
  context: NormalizeContext,
  gradOutput: TensorLike,
  x: TensorLike,
  numGroups: number,
  options: GroupNormBackwardOptions,
): AnyGradients {
  const functionName = "groupNormBackward";
  const given = optionsOf(functionName, options, readChannelOptions);
  const input = operandOf(functionName, "x", x, context.store);
  const shape = channelShapeOf(functionName, input, given.layout);
  checkGroups(functionName, numGroups, shape.channels);
  const sharing = { shape, groups: numGroups, batched: false, frozen: false };
  return channelGradients(context, functionName, gradOutput, input, sharing, given);
}
