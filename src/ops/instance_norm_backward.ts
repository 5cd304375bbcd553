import type { TensorLike } from "../tensor.js";
import { type ChannelGradientOptions, channelGradients, readChannelOptions } from "./channel_gradients.js";
import { channelShapeOf } from "./channels.js";
import type { AnyGradients, OutputMask } from "./gradients.js";
import type { NormalizeContext } from "./normalize_groups.js";
import { flagOf, operandOf, optionsOf } from "./operand.js";

/** Options of instanceNormBackward. */
export interface InstanceNormBackwardOptions<
  Mask extends OutputMask = OutputMask,
> extends ChannelGradientOptions<Mask> {
  /** Whether statistics were x's own; if not they are constants, and nothing flows back through them. Default true. */
  useInputStats?: boolean;
}

/** instanceNormBackward of the API, on an engine. */
export function instanceNormBackward(
  context: NormalizeContext,
  gradOutput: TensorLike,
  x: TensorLike,
  options: InstanceNormBackwardOptions,
): AnyGradients {
  const functionName = "instanceNormBackward";
  const given = optionsOf(functionName, options, read);
  const input = operandOf(functionName, "x", x, context.store);
  const shape = channelShapeOf(functionName, input, given.layout);
  const frozen = !flagOf(functionName, "useInputStats", given.useInputStats, true);
  const sharing = { shape, groups: shape.channels, batched: false, frozen };
  return channelGradients(context, functionName, gradOutput, input, sharing, given);
}

function read(options: Partial<InstanceNormBackwardOptions>): Partial<InstanceNormBackwardOptions> {
  const { useInputStats } = options;
  return { ...readChannelOptions(options), useInputStats };
}
