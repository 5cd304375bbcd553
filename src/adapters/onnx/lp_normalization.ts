import type { Tensor } from "../../tensor.js";
import { type Call, type Inputs, lastOnnxOpset, type Operator, type OperatorOptions, run } from "./call.js";

/** Attributes of LpNormalization. */
export interface LpNormalizationAttributes {
  /** The dimension that norms are taken over; a negative one counts from the end. Default -1. */
  axis?: number;
  /** 1 or 2. Default 2. */
  p?: number;
}

const signature = { inputs: ["input"], outputs: ["output"], attributes: ["axis", "p"] };

const operator: Operator = {
  name: "LpNormalization",
  versions: { 1: signature, 22: signature },
  lastOpset: lastOnnxOpset,
};

/** The least norm there is: it takes the place of 0 alone, so that 0 / 0 is 0. */
const SMALLEST_NORM = Number.MIN_VALUE;

/**
 * Division by the norm along one dimension; where that is 0, the result is 0. (Specifications up to ONNX 1.19 leave that case
 * open, and NaN came of it; later ones say 0 for either opset.)
 *
 * @param inputs input of any rank from 1 up
 * @returns output of input's shape
 * @throws ShapeError, DTypeError, ArgumentError, DisposedError, OutOfMemoryError
 * @see ONNX LpNormalization, opsets 1 and 22
 */
export function LpNormalization(
  inputs: Inputs,
  attributes?: LpNormalizationAttributes | null,
  options?: OperatorOptions,
): Tensor[] {
  return run(operator, inputs, attributes, options, lpNormalization);
}

function lpNormalization(call: Call): Tensor[] {
  const x = call.tensor(0, 1);
  const dim = call.axis("axis", -1, x);
  const p = call.choice("p", [1, 2], 2);
  return [call.engine.normalize(x, { p, dim, eps: SMALLEST_NORM })];
}
