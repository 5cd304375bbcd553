import { ShapeError } from "../errors.js";
import { planLayerNorm } from "../plan.js";
import { formatShape, sizeOf } from "../shape.js";
import type { Tensor, TensorLike } from "../tensor.js";
import type { TypedArray } from "../dtype.js";
import { normalizeRows, type NormalizeContext, type WithStatistics } from "./normalize_rows.js";
import { checkShape, epsOf, operandOf, optionsOf, parameterOf } from "./operand.js";

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
  return run(context, "layerNorm", x, normalizedShape, options, false).output;
}

/** nativeLayerNorm of the API, on an engine. */
export function nativeLayerNorm(
  context: NormalizeContext,
  x: TensorLike,
  normalizedShape: number | readonly number[],
  options?: LayerNormOptions,
): WithStatistics {
  const { output, mean, rstd } = run(context, "nativeLayerNorm", x, normalizedShape, options, true);
  return { output, mean: mean!, rstd: rstd! };
}

function run(
  context: NormalizeContext,
  functionName: string,
  x: TensorLike,
  normalizedShape: number | readonly number[],
  options: LayerNormOptions | undefined,
  wantsStatistics: boolean,
) {
  const { store } = context;
  const { weight, bias, eps, out } = optionsOf(functionName, options);
  const input = operandOf(functionName, "x", x, store);
  const normalized = trailingShape(functionName, normalizedShape, input.shape);
  const leading = input.shape.length - normalized.length;
  return normalizeRows(context, {
    functionName,
    plan: planLayerNorm(sizeOf(input.shape), sizeOf(normalized)),
    eps: epsOf(functionName, eps),
    x: input,
    weight: parameterOf(functionName, "weight", weight, normalized, store),
    bias: parameterOf(functionName, "bias", bias, normalized, store),
    out,
    statisticsShape: wantsStatistics ? input.shape.map((extent, axis) => (axis < leading ? extent : 1)) : undefined,
  });
}

/** normalizedShape as an array that ends the shape of x. */
function trailingShape(functionName: string, given: unknown, shape: readonly number[]): readonly number[] {
  const normalized: unknown = typeof given === "number" ? [given] : given;
  checkShape(functionName, "normalizedShape", normalized);
  const first = shape.length - normalized.length;
  if (normalized.length === 0 || first < 0 || normalized.some((extent, axis) => extent !== shape[first + axis])) {
    const expected = `must be the last sizes of x's shape ${formatShape(shape)}`;
    throw new ShapeError(functionName, "normalizedShape", expected, formatShape(normalized));
  }
  return normalized;
}
