import type { Tensor } from "../../tensor.js";
import { instanceNorm } from "../one_value.js";
import { type Call, type Inputs, lastOnnxOpset, type Operator, type OperatorOptions, run } from "./call.js";

/** Attributes of InstanceNormalization. */
export interface InstanceNormalizationAttributes {
  /** Added to the variance. Default 1e-5. */
  epsilon?: number;
  /** Opset 1 only, where it has no effect. */
  consumed_inputs?: readonly number[];
}

const inputs = ["input", "scale", "B"];
const outputs = ["output"];

const operator: Operator = {
  name: "InstanceNormalization",
  versions: {
    1: { inputs, outputs, attributes: ["epsilon", "consumed_inputs"] },
    6: { inputs, outputs, attributes: ["epsilon"] },
    22: { inputs, outputs, attributes: ["epsilon"] },
  },
  lastOpset: lastOnnxOpset,
};

/**
 * Instance normalisation: each channel of each sample by its own mean and variance. A channel of one value becomes B.
 *
 * @param inputs input of shape [N, C, D1, ...], in opsets below 6 [N, C, H, W]; scale and B of shape [C]
 * @returns output of input's shape
 * @throws ShapeError, DTypeError, ArgumentError, DisposedError, OutOfMemoryError
 * @see ONNX InstanceNormalization, opsets 1, 6 and 22
 */
export function InstanceNormalization(
  inputs: Inputs,
  attributes?: InstanceNormalizationAttributes | null,
  options?: OperatorOptions,
): Tensor[] {
  return run(operator, inputs, attributes, options, instanceNormalization);
}

function instanceNormalization(call: Call): Tensor[] {
  const x = call.version < 6 ? call.tensor(0, 4, 4) : call.tensor(0, 3);
  const channels = [x.sizes[1]];
  const weight = call.parameter(1, channels, x);
  const bias = call.parameter(2, channels, x);
  return [instanceNorm(call.engine, x, { weight, bias, eps: call.number("epsilon", 1e-5) })];
}
