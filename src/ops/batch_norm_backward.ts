import { describe } from "../dtype.js";
import { ArgumentError } from "../errors.js";
import type { TensorLike } from "../tensor.js";
import { type ChannelGradientOptions, channelGradients, readChannelOptions } from "./channel_gradients.js";
import { channelShapeOf } from "./channels.js";
import type { AnyGradients, OutputMask } from "./gradients.js";
import type { NormalizeContext } from "./normalize_groups.js";
import { operandOf, optionsOf } from "./operand.js";

/** Options of batchNormBackward. */
export interface BatchNormBackwardOptions<Mask extends OutputMask = OutputMask> extends ChannelGradientOptions<Mask> {
  /**
   * Whether statistics were x's own; if not they are constants, and nothing flows back through them. Has to be said:
   * nothing in the statistics tells, and gradients of the other kind look right.
   */
  training: boolean;
}

/** batchNormBackward of the API, on an engine. */
export function batchNormBackward(
  context: NormalizeContext,
  gradOutput: TensorLike,
  x: TensorLike,
  options: BatchNormBackwardOptions,
): AnyGradients {
  const functionName = "batchNormBackward";
  const given = optionsOf(functionName, options, read);
  const input = operandOf(functionName, "x", x, context.store);
  const shape = channelShapeOf(functionName, input, given.layout);
  const { training } = given;
  if (typeof training !== "boolean")
    throw new ArgumentError(functionName, "training", "must be true or false", describe(training));
  const frozen = !training;
  const sharing = { shape, groups: shape.channels, batched: true, frozen };
  return channelGradients(context, functionName, gradOutput, input, sharing, given);
}

function read(options: Partial<BatchNormBackwardOptions>): Partial<BatchNormBackwardOptions> {
  const { training } = options;
  return { ...readChannelOptions(options), training };
}
