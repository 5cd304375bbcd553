import { ShapeError } from "../errors.js";
import { planLayerNorm } from "../plan.js";
import { formatShape, sizeOf } from "../shape.js";
import type { Tensor, TensorLike } from "../tensor.js";
import type { TypedArray } from "../dtype.js";
import {
  type NormalizeCall,
  type NormalizeContext,
  normalizeRows,
  normalizeRowsWithStatistics,
  type WithStatistics,
} from "./normalize_rows.js";
import { normOptionsOf } from "./norm_options.js";
import { shapeOf, epsOf, operandOf, parameterOf } from "./operand.js";

/** Options of layerNorm and nativeLayerNorm. */
export interface LayerNormOptions {
  /** One factor per normalised element, of shape `normalizedShape` or a bare array; 1 where missing. */
  weight?: TensorLike | TypedArray | null;
  /** One addend per normalised element, of shape `normalizedShape` or a bare array; 0 where missing. */
  bias?: TensorLike | TypedArray | null;
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** Where to write: x's shape, dtype and home; may be exactly x. */
  out?: TensorLike;
}

/** layerNorm of the API, on an engine. */
export function layerNorm(
  context: NormalizeContext,
  x: TensorLike,
  normalizedShape: number | readonly number[],
  options?: LayerNormOptions,
): Tensor {
  return normalizeRows(context, callOf(context, "layerNorm", x, normalizedShape, options));
}

/** nativeLayerNorm of the API, on an engine. */
export function nativeLayerNorm(
  context: NormalizeContext,
  x: TensorLike,
  normalizedShape: number | readonly number[],
  options?: LayerNormOptions,
): WithStatistics {
  const call = callOf(context, "nativeLayerNorm", x, normalizedShape, options);
  const shape = call.x.sizes;
  const leading = shape.length - (typeof normalizedShape === "number" ? 1 : normalizedShape.length);
  const statisticsShape = shape.map((extent, axis) => (axis < leading ? extent : 1));
  return normalizeRowsWithStatistics(context, call, statisticsShape);
}

function callOf(
  { store }: NormalizeContext,
  functionName: string,
  x: TensorLike,
  normalizedShape: number | readonly number[],
  options: LayerNormOptions | undefined,
): NormalizeCall {
  const { weight, bias, eps, out } = normOptionsOf(functionName, options);
  const input = operandOf(functionName, "x", x, store);
  const normalized = trailingShape(functionName, normalizedShape, input.sizes);
  return {
    functionName,
    plan: planLayerNorm(input.size, sizeOf(normalized)),
    eps: epsOf(functionName, eps),
    x: input,
    weight: parameterOf(functionName, "weight", weight, normalized, store),
    bias: parameterOf(functionName, "bias", bias, normalized, store),
    out,
  };
}

/** normalizedShape as an array that ends the shape of x. */
function trailingShape(functionName: string, given: unknown, shape: readonly number[]): readonly number[] {
  if (typeof given === "number" && shape.length > 0 && shape[shape.length - 1] === given) return [given];
  const normalized = shapeOf(functionName, "normalizedShape", typeof given === "number" ? [given] : given);
  if (normalized.length === 0 || !endsWith(shape, normalized)) {
    const expected = `must be the last sizes of x's shape ${formatShape(shape)}`;
    throw new ShapeError(functionName, "normalizedShape", expected, formatShape(normalized));
  }
  return normalized;
}

function endsWith(shape: readonly number[], tail: readonly number[]): boolean {
  const first = shape.length - tail.length;
  if (first < 0) return false;
  for (let axis = 0; axis < tail.length; axis++) if (shape[first + axis] !== tail[axis]) return false;
  return true;
}
