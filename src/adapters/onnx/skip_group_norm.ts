import { ShapeError } from "../../errors.js";
import { formatShape, sameShape } from "../../shape.js";
import type { Tensor } from "../../tensor.js";
import { reshaped } from "../engine.js";
import { spreadOver } from "./broadcast.js";
import { type Call, type Inputs, lastMicrosoftOpset, type Operator, type OperatorOptions, run } from "./call.js";
import {
  type GroupNormAttributes,
  groupNormAttributes,
  type GroupNormCall,
  groupNormalize,
  groupNormCallOf,
} from "./diffusion.js";
import { sumOf } from "./skip.js";

const operator: Operator = {
  name: "SkipGroupNorm",
  versions: {
    1: { inputs: ["X", "gamma", "beta", "skip", "bias?"], outputs: ["Y", "S"], attributes: groupNormAttributes },
  },
  lastOpset: lastMicrosoftOpset,
};

/**
 * Group normalisation of X + skip + bias, otherwise as GroupNorm.
 *
 * @param inputs X of shape [N, H, W, C] or [N, C, H, W]; gamma and beta of shape [C] and any dtype; skip of X's shape, of X's
 *   shape with H and W of 1, or [N, C]; bias of shape [C]
 * @returns Y and the sum S, of X's shape
 * @throws ShapeError, DTypeError, ArgumentError, DisposedError, OutOfMemoryError
 * @see com.microsoft.SkipGroupNorm in ONNX Runtime's ContribOperators.md
 */
export function SkipGroupNorm(inputs: Inputs, attributes: GroupNormAttributes, options?: OperatorOptions): Tensor[] {
  return run(operator, inputs, attributes, options, skipGroupNorm);
}

function skipGroupNorm(call: Call): Tensor[] {
  const groupNormCall = groupNormCallOf(call);
  const { x, channels } = groupNormCall;
  const terms = [skipOf(call, groupNormCall)];
  const bias = call.parameter(4, [channels], x);
  if (bias) terms.push(spreadPerChannel(call, 4, bias, groupNormCall, 1));
  return call.engine.scope(() => {
    const { wide, output: sum } = sumOf(call, x, terms, call.outputs > 1);
    // In place, unless the sum itself is wanted.
    const y = groupNormalize(call, groupNormCall, wide, sum === wide ? undefined : wide);
    return sum ? [y, sum] : [y];
  });
}

function skipOf(call: Call, groupNormCall: GroupNormCall): Tensor {
  const { x, channels, layout } = groupNormCall;
  const [samples] = x.sizes;
  const skip = call.tensor(3);
  call.checkDType(3, skip, x);
  if (sameShape(skip.sizes, x.sizes)) return skip;
  const perChannel = layout === "channels-last" ? [samples, 1, 1, channels] : [samples, channels, 1, 1];
  const shapes = [perChannel, [samples, channels]];
  if (shapes.some((shape) => sameShape(skip.sizes, shape))) {
    return spreadPerChannel(call, 3, skip, groupNormCall, samples);
  }
  const expected = `must have shape ${[x.sizes, ...shapes].map(formatShape).join(" or ")}`;
  throw new ShapeError(call.name, call.inputName(3), expected, formatShape(skip.sizes));
}

/** One value per channel, of all or of each sample, for all of its elements. */
function spreadPerChannel(
  call: Call,
  index: number,
  input: Tensor,
  { x, channels, layout }: GroupNormCall,
  samples: number,
): Tensor {
  const shape = layout === "channels-last" ? [samples, 1, 1, channels] : [samples, channels, 1, 1];
  return spreadOver(call, index, reshaped(input, shape), x, x.sizes.length);
}
