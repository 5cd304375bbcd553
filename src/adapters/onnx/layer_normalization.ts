import type { Tensor } from "../../tensor.js";
import { newTensor } from "../engine.js";
import { adding, mapTiles, multiplying } from "../tiles.js";
import { spreadOver } from "./broadcast.js";
import { type Call, type Inputs, lastOnnxOpset, type Operator, type OperatorOptions, run } from "./call.js";
import { cast, statisticsFormat, widened } from "./stash_type.js";

/** Attributes of LayerNormalization. */
export interface LayerNormalizationAttributes {
  /** The first normalised dimension; a negative one counts from the end. Default -1. */
  axis?: number;
  /** Added to the variance. Default 1e-5. */
  epsilon?: number;
  /** The dtype of Mean and InvStdDev: 1 (float, the default) or 16 (bfloat16); 11 (double) for an X of float64. */
  stash_type?: number;
}

const operator: Operator = {
  name: "LayerNormalization",
  versions: {
    17: {
      inputs: ["X", "Scale", "B?"],
      outputs: ["Y", "Mean", "InvStdDev"],
      attributes: ["axis", "epsilon", "stash_type"],
    },
  },
  lastOpset: lastOnnxOpset,
};

/**
 * Layer normalisation over the dimensions from `axis` on.
 *
 * @param inputs X of rank 1 or more; Scale, and B if given, of shapes that broadcast to X's
 * @returns Y of X's shape, Mean and InvStdDev of shape [...leading, 1, ...]. Y is rounded once, after Scale and B, where the
 *   specification rounds an X of 16 bits after each step
 * @throws ShapeError, DTypeError, ArgumentError, DisposedError, OutOfMemoryError
 * @see ONNX LayerNormalization, since opset 17
 */
export function LayerNormalization(
  inputs: Inputs,
  attributes?: LayerNormalizationAttributes | null,
  options?: OperatorOptions,
): Tensor[] {
  return run(operator, inputs, attributes, options, layerNormalization);
}

function layerNormalization(call: Call): Tensor[] {
  const { engine, outputs } = call;
  const x = call.tensor(0, 1);
  const axis = call.axis("axis", -1, x);
  const eps = call.number("epsilon", 1e-5);
  const format = statisticsFormat(call, x);
  const weight = parameter(call, 1, x, axis)!;
  const bias = parameter(call, 2, x, axis);
  const shape = x.sizes.slice(axis);
  const isPerElement = (parameter: Tensor | undefined) => !parameter || parameter.sizes.length === shape.length;
  const fits = isPerElement(weight) && isPerElement(bias);
  if (fits && outputs === 1) return [engine.layerNorm(x, shape, { weight, bias, eps })];
  return engine.scope(() => {
    const { output, mean, rstd } = fits
      ? engine.nativeLayerNorm(x, shape, { weight, bias, eps })
      : normalizeThenMap(call, x, shape, eps, weight, bias);
    return [output, cast(call, mean, format), cast(call, rstd, format)].slice(0, outputs);
  });
}

function parameter(call: Call, index: number, x: Tensor, axis: number): Tensor | undefined {
  const input = call.optionalTensor(index);
  if (!input) return undefined;
  call.checkDType(index, input, x);
  return spreadOver(call, index, input, x, axis);
}

/** For parameters that differ between rows, which no kernel knows. */
function normalizeThenMap(
  call: Call,
  x: Tensor,
  shape: readonly number[],
  eps: number,
  weight: Tensor,
  bias: Tensor | undefined,
): Record<"output" | "mean" | "rstd", Tensor> {
  const normalized = call.engine.nativeLayerNorm(widened(call, x), shape, { eps });
  const output = x.format.bytes === 2 ? newTensor(call.engine, call.name, x, x.sizes) : normalized.output;
  const steps = [multiplying(weight, x), ...(bias ? [adding(bias, x)] : [])];
  mapTiles(normalized.output, [output], steps);
  return { ...normalized, output };
}
