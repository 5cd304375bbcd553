import type { Tensor } from "../../tensor.js";
import { newTensor } from "../engine.js";
import { mapTiles, multiplying } from "../tiles.js";
import { spreadOver } from "./broadcast.js";
import { type Call, type Inputs, lastOnnxOpset, type Operator, type OperatorOptions, run } from "./call.js";
import { cast, statisticsFormat, widened } from "./stash_type.js";

/** Attributes of SimplifiedLayerNormalization. */
export interface SimplifiedLayerNormalizationAttributes {
  /** The first normalised dimension; a negative one counts from the end. Default -1. */
  axis?: number;
  /** Added to the mean square. Default 1e-5. */
  epsilon?: number;
  /** The dtype of inv_std_var: 1 (float, the default) or 16 (bfloat16); 11 (double) for an X of float64. */
  stash_type?: number;
}

// ONNX Runtime's own, but in the domain ai.onnx, since its first opset.
const operator: Operator = {
  name: "SimplifiedLayerNormalization",
  versions: {
    1: { inputs: ["X", "scale"], outputs: ["Y", "inv_std_var"], attributes: ["axis", "epsilon", "stash_type"] },
  },
  lastOpset: lastOnnxOpset,
};

/**
 * Root mean square normalisation as ONNX Runtime has it: scaled before it is rounded.
 *
 * @param inputs X of rank 1 or more; scale of any dtype and a shape that broadcasts to X's
 * @returns Y of X's shape and scale's dtype; inv_std_var of shape [...leading, 1, ...]
 * @throws ShapeError, DTypeError, ArgumentError, DisposedError, OutOfMemoryError
 * @see onnxruntime/core/graph/contrib_ops/contrib_defs.cc
 */
export function SimplifiedLayerNormalization(
  inputs: Inputs,
  attributes?: SimplifiedLayerNormalizationAttributes | null,
  options?: OperatorOptions,
): Tensor[] {
  return run(operator, inputs, attributes, options, simplifiedLayerNormalization);
}

function simplifiedLayerNormalization(call: Call): Tensor[] {
  const { engine, outputs } = call;
  const x = call.tensor(0, 1);
  const axis = call.axis("axis", -1, x);
  const eps = call.number("epsilon", 1e-5);
  const format = statisticsFormat(call, x);
  const weight = spreadOver(call, 1, call.tensor(1), x, axis);
  const shape = x.sizes.slice(axis);
  const fits = weight.dtype === x.dtype && weight.sizes.length === shape.length;
  if (fits && outputs === 1) return [engine.rmsNorm(x, shape, { weight, eps })];
  return engine.scope(() => {
    const { output, rstd } = fits
      ? engine.nativeRmsNorm(x, shape, { weight, eps })
      : normalizeThenScale(call, x, shape, eps, weight);
    return [output, cast(call, rstd, format)].slice(0, outputs);
  });
}

/** For a scale that differs between rows, or has another dtype. */
function normalizeThenScale(
  call: Call,
  x: Tensor,
  shape: readonly number[],
  eps: number,
  weight: Tensor,
): Record<"output" | "rstd", Tensor> {
  const normalized = call.engine.nativeRmsNorm(widened(call, x), shape, { eps });
  const inPlace = weight.dtype === normalized.output.dtype;
  const output = inPlace ? normalized.output : newTensor(call.engine, call.name, x, x.sizes, weight.format);
  mapTiles(normalized.output, [output], [multiplying(weight, x)]);
  return { ...normalized, output };
}
