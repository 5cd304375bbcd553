import { Tensor } from "../../tensor.js";
import { groupNorm } from "../one_value.js";
import { stridedCopy } from "../strided.js";
import { type Call, type Inputs, lastOnnxOpset, type Operator, type OperatorOptions, run } from "./call.js";
import { checkStashType } from "./stash_type.js";

/** Attributes of GroupNormalization. */
export interface GroupNormalizationAttributes {
  /** Into how many groups of neighbours the C channels part; divides C. */
  num_groups: number;
  /** Added to the variance. Default 1e-5. */
  epsilon?: number;
  /** Since opset 21: 1, 10, 11 or 16, the least precision of mean and variance. Default 1, float. */
  stash_type?: number;
}

const inputs = ["X", "scale", "bias"];
const outputs = ["Y"];

const operator: Operator = {
  name: "GroupNormalization",
  versions: {
    18: { inputs, outputs, attributes: ["epsilon", "num_groups"] },
    21: { inputs, outputs, attributes: ["epsilon", "num_groups", "stash_type"] },
  },
  lastOpset: lastOnnxOpset,
};

/**
 * Group normalisation.
 *
 * @param inputs X of shape [N, C, ...]; scale and bias of shape [C], before opset 21 of shape [num_groups]
 * @returns Y of X's shape, rounded once, after scale and bias
 * @throws ShapeError, DTypeError, ArgumentError, DisposedError, OutOfMemoryError
 * @see ONNX GroupNormalization, opsets 18 and 21
 */
export function GroupNormalization(
  inputs: Inputs,
  attributes: GroupNormalizationAttributes,
  options?: OperatorOptions,
): Tensor[] {
  return run(operator, inputs, attributes, options, groupNormalization);
}

function groupNormalization(call: Call): Tensor[] {
  const x = call.tensor(0, 2);
  const channels = x.sizes[1];
  const groups = call.groups("num_groups", channels);
  const eps = call.number("epsilon", 1e-5);
  if (call.version >= 21) checkStashType(call);
  const parameter = (index: number) =>
    call.version < 21
      ? perChannel(call.parameter(index, [groups], x)!, channels / groups)
      : call.parameter(index, [channels], x);
  return [groupNorm(call.engine, x, groups, { weight: parameter(1), bias: parameter(2), eps })];
}

/** One value per group, repeated for each of its `width` channels. */
function perChannel({ data, size, format }: Tensor, width: number): Tensor {
  return Tensor.host(stridedCopy(data, format, [size, width], [1, 0]), [size * width], format);
}
