import type { Tensor } from "../../tensor.js";
import { type Inputs, lastMicrosoftOpset, type Operator, type OperatorOptions, run } from "./call.js";
import { skipLayer, type SkipLayerNormalizationAttributes, skipLayerOutputs, zerosLike } from "./skip_layer.js";

const operator: Operator = {
  name: "SkipSimplifiedLayerNormalization",
  versions: {
    1: { inputs: ["input", "skip", "gamma", "bias?"], outputs: skipLayerOutputs, attributes: ["epsilon"] },
  },
  lastOpset: lastMicrosoftOpset,
};

/**
 * Root mean square normalisation of input + skip + bias over the last dimension.
 *
 * @param inputs input of shape [batch, sequence, hidden] or [tokens, hidden]; skip of input's shape, with or without a batch of
 *   1 instead of input's; gamma and bias of shape [hidden]
 * @returns as SkipLayerNormalization; mean is 0, as there is none
 * @throws ShapeError, DTypeError, ArgumentError, DisposedError, OutOfMemoryError
 * @see com.microsoft.SkipSimplifiedLayerNormalization in ONNX Runtime's ContribOperators.md
 */
export function SkipSimplifiedLayerNormalization(
  inputs: Inputs,
  attributes?: SkipLayerNormalizationAttributes | null,
  options?: OperatorOptions,
): Tensor[] {
  return run(operator, inputs, attributes, options, (call) =>
    skipLayer(
      call,
      (sum, hidden, { weight, eps, out }) => {
        const { output, rstd } = call.engine.nativeRmsNorm(sum, hidden, { weight, eps, out });
        return { output, rstd, mean: zerosLike(call, rstd) };
      },
      3,
    ),
  );
}
