import type { TypedArray } from "../dtype.js";
import { sizeOf } from "../shape.js";
import type { TensorLike } from "../tensor.js";
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
import { statisticsShapeOf, trailingShape } from "./normalized_shape.js";
import { operandOf, optionsOf } from "./operand.js";

/** Options of layerNormBackward. */
export interface LayerNormBackwardOptions<Mask extends OutputMask = OutputMask> extends NotRead {
  /** The mean of each group, as nativeLayerNorm returns it. */
  mean: TensorLike | TypedArray;
  /** 1 / sqrt(variance + eps) of each group, likewise. */
  rstd: TensorLike | TypedArray;
  /** The weight of the forward call; 1 where missing. */
  weight?: TensorLike | TypedArray | null;
  /** The bias of the forward call: it gives gradBias its dtype. Where it is missing, weight does, or x. */
  bias?: TensorLike | TypedArray | null;
  /** [input, weight, bias]: which gradients are wanted. Default all, also those of a weight or bias that is missing. */
  outputMask?: Mask;
  /** Where to write. */
  out?: GradientsOut;
}

/** layerNormBackward of the API, on an engine. */
export function layerNormBackward(
  context: NormalizeContext,
  gradOutput: TensorLike,
  x: TensorLike,
  normalizedShape: number | readonly number[],
  options: LayerNormBackwardOptions,
): AnyGradients {
  const functionName = "layerNormBackward";
  const { store, backend } = context;
  const { mean, rstd, weight, bias, outputMask, out } = optionsOf(functionName, options, read);
  const input = operandOf(functionName, "x", x, store);
  const parameterShape = trailingShape(functionName, normalizedShape, input.sizes);
  const statisticsShape = statisticsShapeOf(input.sizes, normalizedShape);
  const inputs = {
    gradOutput: gradOutputOf(functionName, gradOutput, input, store),
    x: input,
    mean: statisticOf(functionName, "mean", mean, statisticsShape, input, store),
    rstd: statisticOf(functionName, "rstd", rstd, statisticsShape, input, store),
    weight: weightOf(functionName, "weight", weight, parameterShape, input, store),
    bias: weightOf(functionName, "bias", bias, parameterShape, input, store),
  };
  const mask = maskOf(functionName, outputMask);
  return makeGradients(context, { functionName, inputs, mask, parameterShape, out }, (gradients) => {
    const n = sizeOf(parameterShape);
    backend.rowsBackward({ functionName, rows: input.size / n, n, ...inputs, ...gradients });
  });
}

function read(options: Partial<LayerNormBackwardOptions>): Partial<LayerNormBackwardOptions> {
  const { mean, rstd, weight, bias, outputMask, out, output } = options;
  return { mean, rstd, weight, bias, outputMask, out, output };
}
