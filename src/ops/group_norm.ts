import { describe, type TypedArray } from "../dtype.js";
import { ArgumentError, ShapeError } from "../errors.js";
import { planGroupNorm } from "../plan.js";
import { formatShape, sizeFrom } from "../shape.js";
import type { Tensor, TensorLike } from "../tensor.js";
import {
  type NormalizeCall,
  type NormalizeContext,
  normalizeRows,
  normalizeRowsWithStatistics,
  type WithStatistics,
} from "./normalize_rows.js";
import { normOptionsOf } from "./norm_options.js";
import { epsOf, type Operand, operandOf, parameterOf } from "./operand.js";

/** Options of groupNorm and nativeGroupNorm. */
export interface GroupNormOptions {
  /** One factor per channel, of shape [C] or a bare array; 1 where missing. */
  weight?: TensorLike | TypedArray | null;
  /** One addend per channel, of shape [C] or a bare array; 0 where missing. */
  bias?: TensorLike | TypedArray | null;
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** Where to write: x's shape, dtype and home; may be exactly x. */
  out?: TensorLike;
}

/** groupNorm of the API, on an engine. */
export function groupNorm(
  context: NormalizeContext,
  x: TensorLike,
  numGroups: number,
  options?: GroupNormOptions,
): Tensor {
  const call = callOf(context, "groupNorm", x, numGroups, options);
  checkSeveralValues(call.x, numGroups);
  return normalizeRows(context, call);
}

/** nativeGroupNorm of the API, on an engine. */
export function nativeGroupNorm(
  context: NormalizeContext,
  x: TensorLike,
  numGroups: number,
  options?: GroupNormOptions,
): WithStatistics {
  const call = callOf(context, "nativeGroupNorm", x, numGroups, options);
  return normalizeRowsWithStatistics(context, call, [call.x.sizes[0], numGroups]);
}

function callOf(
  { store }: NormalizeContext,
  functionName: string,
  x: TensorLike,
  numGroups: number,
  options: GroupNormOptions | undefined,
): NormalizeCall {
  const { weight, bias, eps, out } = normOptionsOf(functionName, options);
  const input = operandOf(functionName, "x", x, store);
  const shape = input.sizes;
  if (shape.length < 2) throw new ShapeError(functionName, "x", "must have shape [N, C, ...]", formatShape(shape));
  const [samples, channels] = shape;
  checkGroups(functionName, numGroups, channels);
  const parameterShape = [channels];
  return {
    functionName,
    plan: planGroupNorm(samples, channels, sizeFrom(shape, 2), numGroups),
    eps: epsOf(functionName, eps),
    x: input,
    weight: parameterOf(functionName, "weight", weight, parameterShape, store),
    bias: parameterOf(functionName, "bias", bias, parameterShape, store),
    out,
  };
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
