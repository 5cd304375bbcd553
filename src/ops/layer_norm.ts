import { planLayerNorm } from "../plan.js";
import { sizeOf } from "../shape.js";
import type { Tensor, TensorLike } from "../tensor.js";
import type { TypedArray } from "../dtype.js";
import {
  type AnyStatistics,
  groupCallOf,
  type NormalizeCall,
  type NormalizeContext,
  normalizeGroups,
  normalizeGroupsWithStatistics,
} from "./normalize_groups.js";
import { normOptionsOf } from "./norm_options.js";
import { statisticsShapeOf, trailingShape } from "./normalized_shape.js";
import { operandOf } from "./operand.js";

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
  return normalizeGroups(context, callOf(context, "layerNorm", x, normalizedShape, options));
}

/** nativeLayerNorm of the API, on an engine. */
export function nativeLayerNorm(
  context: NormalizeContext,
  x: TensorLike,
  normalizedShape: number | readonly number[],
  options?: LayerNormOptions,
): AnyStatistics {
  const call = callOf(context, "nativeLayerNorm", x, normalizedShape, options);
  return normalizeGroupsWithStatistics(context, call, statisticsShapeOf(call.x.sizes, normalizedShape));
}

function callOf(
  { store }: NormalizeContext,
  functionName: string,
  x: TensorLike,
  normalizedShape: number | readonly number[],
  options: LayerNormOptions | undefined,
): NormalizeCall {
  const given = normOptionsOf(functionName, options);
  const input = operandOf(functionName, "x", x, store);
  const normalized = trailingShape(functionName, normalizedShape, input.sizes);
  return groupCallOf(functionName, store, planLayerNorm(input.size, sizeOf(normalized)), input, normalized, given);
}
