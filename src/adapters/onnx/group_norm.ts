import type { Tensor } from "../../tensor.js";
import { type Call, type Inputs, lastMicrosoftOpset, type Operator, type OperatorOptions, run } from "./call.js";
import { type GroupNormAttributes, groupNormAttributes, groupNormalize, groupNormCallOf } from "./diffusion.js";
import { widened } from "./stash_type.js";

const operator: Operator = {
  name: "GroupNorm",
  versions: { 1: { inputs: ["X", "gamma", "beta"], outputs: ["Y"], attributes: groupNormAttributes } },
  lastOpset: lastMicrosoftOpset,
};

/**
 * Group normalisation of images, channels last unless `channels_last` is 0, and SiLU after it if `activation` is 1.
 *
 * @param inputs X of shape [N, H, W, C] or [N, C, H, W]; gamma and beta of shape [C] and any dtype
 * @returns Y of X's shape, rounded once
 * @throws ShapeError, DTypeError, ArgumentError, DisposedError, OutOfMemoryError
 * @see com.microsoft.GroupNorm in ONNX Runtime's ContribOperators.md
 */
export function GroupNorm(inputs: Inputs, attributes: GroupNormAttributes, options?: OperatorOptions): Tensor[] {
  return run(operator, inputs, attributes, options, groupNorm);
}

function groupNorm(call: Call): Tensor[] {
  const groupNormCall = groupNormCallOf(call);
  const { x, activated } = groupNormCall;
  return [call.engine.scope(() => groupNormalize(call, groupNormCall, activated ? widened(call, x) : x))];
}
