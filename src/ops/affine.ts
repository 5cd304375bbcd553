import { describe, type TypedArray } from "../dtype.js";
import { ArgumentError, ShapeError } from "../errors.js";
import { formatShape, sizeOf } from "../shape.js";
import type { Tensor, TensorLike } from "../tensor.js";
import type { NormalizeContext } from "./normalize_groups.js";
import { type Operand, operandOf, optionsOf, requiredParameterOf } from "./operand.js";
import { checkApart, withOutput } from "./output.js";

/** Options of the two maps. */
export interface AffineOptions {
  /** Where to write: x's shape, dtype and home; may be exactly x. */
  out?: TensorLike;
}

/** affineGlobal of the API, on an engine. */
export function affineGlobal(
  context: NormalizeContext,
  x: TensorLike,
  scale: TensorLike | TypedArray,
  bias: TensorLike | TypedArray,
  options?: AffineOptions,
): Tensor {
  const functionName = "affineGlobal";
  const { store } = context;
  const input = operandOf(functionName, "x", x, store);
  const shape = input.sizes;
  if (shape.length < 2) throw new ShapeError(functionName, "x", "must have shape [N, C, ...]", formatShape(shape));
  const perSample = isPerSample(scale, shape);
  const coefficientShape = perSample ? shape.slice(0, 2) : [shape[1]];
  const scales = requiredParameterOf(functionName, "scale", scale, coefficientShape, input.format, store);
  const biases = requiredParameterOf(functionName, "bias", bias, coefficientShape, input.format, store);
  const job = {
    functionName,
    runs: shape[0] * shape[1],
    span: sizeOf(shape.slice(2)),
    period: sizeOf(coefficientShape),
    x: input,
    centre: undefined,
    scale: scales,
    bias: biases,
    out: outOf(functionName, options),
  };
  return withOutput(context, job, (_, __, out) => {
    checkApart(functionName, out, "scale", scales);
    if (input.size > 0) context.backend.affineGlobal({ ...job, out });
  });
}

/** Whether coefficients are [N, C] rather than [C]: by shape, or by length where there is no shape. */
function isPerSample(scale: unknown, shape: readonly number[]): boolean {
  if (ArrayBuffer.isView(scale)) return shape[0] !== 1 && (scale as TypedArray).length === shape[0] * shape[1];
  return rankOf(scale) === 2;
}

/** affineVectorized of the API, on an engine. */
export function affineVectorized(
  context: NormalizeContext,
  x: TensorLike,
  scale: TensorLike | TypedArray,
  bias: TensorLike | TypedArray,
  gamma: TensorLike | TypedArray,
  beta: TensorLike | TypedArray,
  options?: AffineOptions,
): Tensor {
  const functionName = "affineVectorized";
  const { store } = context;
  const input = operandOf(functionName, "x", x, store);
  const gammas = requiredParameterOf(
    functionName,
    "gamma",
    gamma,
    elementShape(functionName, gamma, input),
    input.format,
    store,
  );
  const betas = requiredParameterOf(functionName, "beta", beta, gammas.sizes, input.format, store);
  const leading = input.sizes.slice(0, input.sizes.length - gammas.sizes.length);
  const scales = requiredParameterOf(
    functionName,
    "scale",
    scale,
    rowShape(scale, leading, input),
    input.format,
    store,
  );
  const biases = requiredParameterOf(functionName, "bias", bias, rowShape(bias, leading, input), input.format, store);
  const job = {
    functionName,
    rows: sizeOf(leading),
    n: sizeOf(gammas.sizes),
    x: input,
    scale: scales,
    bias: biases,
    gamma: gammas,
    beta: betas,
    out: outOf(functionName, options),
  };
  return withOutput(context, job, (_, __, out) => {
    checkApart(functionName, out, "scale", scales);
    checkApart(functionName, out, "gamma", gammas);
    checkApart(functionName, out, "beta", betas);
    if (input.size > 0) context.backend.affineVectorized({ ...job, out });
  });
}

/** The sizes of x that gamma covers: gamma's own shape, or for a bare array the last sizes with as many elements. */
function elementShape(functionName: string, gamma: unknown, x: Operand): readonly number[] {
  if (gamma === undefined || gamma === null) throw missing(functionName, "gamma", gamma);
  const bare = ArrayBuffer.isView(gamma);
  const given = rankOf(gamma);
  for (let first = x.sizes.length - 1; first >= 0; first--) {
    const tail = x.sizes.slice(first);
    if (bare ? sizeOf(tail) === (gamma as TypedArray).length : tail.length === given) return tail;
  }
  const expected = `must have the last sizes of x's shape ${formatShape(x.sizes)}`;
  const got = bare
    ? `${(gamma as TypedArray).length} elements`
    : given === undefined
      ? describe(gamma)
      : `rank ${String(given)}`;
  throw new ShapeError(functionName, "gamma", expected, got);
}

function missing(functionName: string, argument: string, value: unknown): ArgumentError {
  return new ArgumentError(functionName, argument, "must be given", describe(value));
}

/** Per-row coefficients: x's leading sizes, with or without the ones that statistics end in, or one size, the rows. */
function rowShape(given: unknown, leading: readonly number[], x: Operand): readonly number[] {
  const rank = rankOf(given);
  if (rank === x.sizes.length) return x.sizes.map((extent, axis) => (axis < leading.length ? extent : 1));
  return rank === 1 ? [sizeOf(leading)] : leading;
}

function outOf(functionName: string, options: AffineOptions | undefined): unknown {
  return optionsOf(functionName, options, ({ out }) => ({ out })).out;
}

function rankOf(value: unknown): unknown {
  try {
    const rank = (value as { shape?: { length?: unknown } } | undefined | null)?.shape?.length;
    return typeof rank === "number" ? rank : undefined;
  } catch {
    return undefined;
  }
}
