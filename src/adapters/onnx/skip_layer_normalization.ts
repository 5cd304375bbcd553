import type { Tensor } from "../../tensor.js";
import { type Inputs, lastMicrosoftOpset, type Operator, type OperatorOptions, run } from "./call.js";
import { skipLayer, type SkipLayerNormalizationAttributes, skipLayerOutputs } from "./skip_layer.js";

const operator: Operator = {
  name: "SkipLayerNormalization",
  versions: {
    1: { inputs: ["input", "skip", "gamma", "beta?", "bias?"], outputs: skipLayerOutputs, attributes: ["epsilon"] },
  },
  lastOpset: lastMicrosoftOpset,
};

/**
 * Layer normalisation of input + skip + bias over the last dimension.
 *
 * @param inputs input of shape [batch, sequence, hidden] or [tokens, hidden]; skip of input's shape, with or without a batch of
 *   1 instead of input's; gamma, beta and bias of shape [hidden]
 * @returns output of input's shape; mean and inv_std_var of shape [...leading, 1], float32 (float64 for a float64 input);
 *   input_skip_bias_sum of input's shape, rounded for this output only
 * @throws ShapeError, DTypeError, ArgumentError, DisposedError, OutOfMemoryError
 * @see com.microsoft.SkipLayerNormalization in ONNX Runtime's ContribOperators.md
 */
export function SkipLayerNormalization(
  inputs: Inputs,
  attributes?: SkipLayerNormalizationAttributes | null,
  options?: OperatorOptions,
): Tensor[] {
  return run(operator, inputs, attributes, options, (call) =>
    skipLayer(call, (sum, hidden, parameters) => call.engine.nativeLayerNorm(sum, hidden, parameters), 4, 3),
  );
}
