import type { TypedArray } from "../dtype.js";
import { planAxes } from "../plan.js";
import type { Tensor, TensorLike } from "../tensor.js";
import { axesOf } from "./axes.js";
import { groupCallOf, type NormalizeContext, normalizeGroups } from "./normalize_groups.js";
import { normOptionsOf } from "./norm_options.js";
import { operandOf } from "./operand.js";

/** Options of standardize. */
export interface StandardizeOptions {
  /** One factor per element of a group: x's sizes at the axes, in ascending order, or a bare array; 1 where missing. */
  weight?: TensorLike | TypedArray | null;
  /** One addend per element of a group, likewise; 0 where missing. */
  bias?: TensorLike | TypedArray | null;
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** Where to write: x's shape, dtype and home; may be exactly x. */
  out?: TensorLike;
}

/** standardize of the API, on an engine. */
export function standardize(
  context: NormalizeContext,
  x: TensorLike,
  axes: readonly number[],
  options?: StandardizeOptions,
): Tensor {
  const functionName = "standardize";
  const { store } = context;
  const given = normOptionsOf(functionName, options);
  const input = operandOf(functionName, "x", x, store);
  const reduced = axesOf(functionName, "axes", axes, input.sizes.length);
  const parameterShape = input.sizes.filter((_, axis) => reduced.has(axis));
  const plan = planAxes(input.sizes, reduced);
  return normalizeGroups(context, groupCallOf(functionName, store, plan, input, parameterShape, given));
}
