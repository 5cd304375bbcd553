import { describe, type TypedArray } from "../dtype.js";
import { ArgumentError, ShapeError } from "../errors.js";
import { planGroupNorm } from "../plan.js";
import { formatShape, sizeOf } from "../shape.js";
import type { Tensor, TensorLike } from "../tensor.js";
import { normalizeRows, type NormalizeContext, type WithStatistics } from "./normalize_rows.js";
import { epsOf, operandOf, optionsOf, parameterOf } from "./operand.js";

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
  return run(context, "groupNorm", x, numGroups, options, false).output;
}

/** nativeGroupNorm of the API, on an engine. */
export function nativeGroupNorm(
  context: NormalizeContext,
  x: TensorLike,
  numGroups: number,
  options?: GroupNormOptions,
): WithStatistics {
  const { output, mean, rstd } = run(context, "nativeGroupNorm", x, numGroups, options, true);
  return { output, mean: mean!, rstd: rstd! };
}

function run(
  context: NormalizeContext,
  functionName: string,
  x: TensorLike,
  numGroups: number,
  options: GroupNormOptions | undefined,
  native: boolean,
) {
  const { store } = context;
  const { weight, bias, eps, out } = optionsOf(functionName, options);
  const input = operandOf(functionName, "x", x, store);
  const { shape } = input;
  if (shape.length < 2) throw new ShapeError(functionName, "x", "must have shape [N, C, ...]", formatShape(shape));
  const [samples, channels] = shape;
  checkGroups(functionName, numGroups, channels);
  if (!native) checkSeveralValues(functionName, shape, numGroups);
  const span = sizeOf(shape.slice(2));
  return normalizeRows(context, {
    functionName,
    plan: planGroupNorm(samples, channels, span, numGroups),
    eps: epsOf(functionName, eps),
    x: input,
    weight: parameterOf(functionName, "weight", weight, [channels], store),
    bias: parameterOf(functionName, "bias", bias, [channels], store),
    out,
    statisticsShape: native ? [samples, numGroups] : undefined,
  });
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
function checkSeveralValues(functionName: string, shape: readonly number[], numGroups: number): void {
  if (sizeOf(shape) === numGroups) {
    throw new ShapeError(functionName, "x", "must have more than one value per group", formatShape(shape));
  }
}
