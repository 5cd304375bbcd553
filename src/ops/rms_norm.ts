import type { TypedArray } from "../dtype.js";
import { planLayerNorm } from "../plan.js";
import { sizeOf } from "../shape.js";
import type { Tensor, TensorLike } from "../tensor.js";
import {
  type AnyStatistics,
  type NormalizeCall,
  type NormalizeContext,
  normalizeGroups,
  normalizeGroupsWithRstd,
  type WithStatistics,
} from "./normalize_groups.js";
import { statisticsShapeOf, trailingShape } from "./normalized_shape.js";
import { numberOf, operandOf, optionsOf, parameterOf } from "./operand.js";

/** Options of rmsNorm and nativeRmsNorm. */
export interface RmsNormOptions {
  /** One factor per normalised element, of shape `normalizedShape` or a bare array; 1 where missing. */
  weight?: TensorLike | TypedArray | null;
  /** Added to the mean square. Default: the machine epsilon of the arithmetic, 2^-23, or 2^-52 for float64. */
  eps?: number;
  /** Where to write: x's shape, dtype and home; may be exactly x. */
  out?: TensorLike;
}

/** A result of nativeRmsNorm. */
export type WithRstd<Data extends TypedArray = TypedArray> = Omit<WithStatistics<Data>, "mean">;

const machineEpsilon = { float32: 2 ** -23, float64: 2 ** -52 };

/** rmsNorm of the API, on an engine. */
export function rmsNorm(
  context: NormalizeContext,
  x: TensorLike,
  normalizedShape: number | readonly number[],
  options?: RmsNormOptions,
): Tensor {
  return normalizeGroups(context, callOf(context, "rmsNorm", x, normalizedShape, options));
}

/** nativeRmsNorm of the API, on an engine. */
export function nativeRmsNorm(
  context: NormalizeContext,
  x: TensorLike,
  normalizedShape: number | readonly number[],
  options?: RmsNormOptions,
): Omit<AnyStatistics, "mean"> {
  const call = callOf(context, "nativeRmsNorm", x, normalizedShape, options);
  return normalizeGroupsWithRstd(context, call, statisticsShapeOf(call.x.sizes, normalizedShape));
}

function callOf(
  { store }: NormalizeContext,
  functionName: string,
  x: TensorLike,
  normalizedShape: number | readonly number[],
  options: RmsNormOptions | undefined,
): NormalizeCall {
  const { weight, eps, out } = optionsOf(functionName, options, read);
  const input = operandOf(functionName, "x", x, store);
  const normalized = trailingShape(functionName, normalizedShape, input.sizes);
  return {
    functionName,
    plan: planLayerNorm(input.size, sizeOf(normalized)),
    centred: false,
    eps: numberOf(functionName, "eps", eps, machineEpsilon[input.format.compute]),
    x: input,
    weight: parameterOf(functionName, "weight", weight, normalized, input.format, store),
    bias: undefined,
    out,
  };
}

function read({ weight, eps, out }: RmsNormOptions): RmsNormOptions {
  return { weight, eps, out };
}
