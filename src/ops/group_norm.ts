import { describe, type TypedArray } from "../dtype.js";
import { ArgumentError, ShapeError } from "../errors.js";
import { planGroupNorm } from "../plan.js";
import { formatShape } from "../shape.js";
import type { Tensor, TensorLike } from "../tensor.js";
import { channelShapeOf, type Layout } from "./channels.js";
import {
  type AnyStatistics,
  type NormalizeCall,
  type NormalizeContext,
  normalizeGroups,
  normalizeGroupsWithStatistics,
} from "./normalize_groups.js";
import { epsOf, type Operand, operandOf, optionsOf, parameterOf } from "./operand.js";

/** Options of groupNorm and nativeGroupNorm. */
export interface GroupNormOptions {
  /** One factor per channel, of shape [C] or a bare array; 1 where missing. */
  weight?: TensorLike | TypedArray | null;
  /** One addend per channel, of shape [C] or a bare array; 0 where missing. */
  bias?: TensorLike | TypedArray | null;
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** "channels-first" (the default): x is [N, C, ...]; "channels-last": x is [N, ..., C]. */
  layout?: Layout;
  /** Where to write: x's shape, dtype and home; may be exactly x. */
  out?: TensorLike;
}

const optionKeys = ["weight", "bias", "eps", "layout", "out"];

/** groupNorm of the API, on an engine. */
export function groupNorm(
  context: NormalizeContext,
  x: TensorLike,
  numGroups: number,
  options?: GroupNormOptions,
): Tensor<TypedArray> {
  const call = callOf(context, "groupNorm", x, numGroups, options);
  checkSeveralValues(call.x, numGroups);
  return normalizeGroups(context, call);
}

/** nativeGroupNorm of the API, on an engine. */
export function nativeGroupNorm(
  context: NormalizeContext,
  x: TensorLike,
  numGroups: number,
  options?: GroupNormOptions,
): AnyStatistics {
  const call = callOf(context, "nativeGroupNorm", x, numGroups, options);
  return normalizeGroupsWithStatistics(context, call, [call.x.sizes[0], numGroups]);
}

function callOf(
  { store }: NormalizeContext,
  functionName: string,
  x: TensorLike,
  numGroups: number,
  options: GroupNormOptions | undefined,
): NormalizeCall {
  const { weight, bias, eps, layout, out } = optionsOf(functionName, options, optionKeys, read);
  const input = operandOf(functionName, "x", x, store);
  const shape = channelShapeOf(functionName, input, layout);
  checkGroups(functionName, numGroups, shape.channels);
  const parameterShape = [shape.channels];
  return {
    functionName,
    plan: planGroupNorm(shape, numGroups),
    centred: true,
    eps: epsOf(functionName, eps),
    x: input,
    weight: parameterOf(functionName, "weight", weight, parameterShape, input.format, store),
    bias: parameterOf(functionName, "bias", bias, parameterShape, input.format, store),
    out,
  };
}

function read({ weight, bias, eps, layout, out }: GroupNormOptions): GroupNormOptions {
  return { weight, bias, eps, layout, out };
}

function checkGroups(functionName: string, numGroups: unknown, channels: number): void {
  if (typeof numGroups !== "number" || !Number.isSafeInteger(numGroups) || numGroups < 1) {
    throw new ArgumentError(functionName, "numGroups", "must be a positive integer", describe(numGroups));
  }
  if (channels % numGroups !== 0) {
    throw new ShapeError(functionName, "numGroups", `must divide the ${channels} channels`, String(numGroups));
  }
}

/** One value per group in one sample says nothing about its spread: PyTorch's functional form refuses it too. */
function checkSeveralValues({ sizes, size }: Operand, numGroups: number): void {
  if (size === numGroups) {
    throw new ShapeError("groupNorm", "x", "must have more than one value per group", formatShape(sizes));
  }
}
