import type { LocalResponseJob } from "../backend/backend.js";
import type { Tensor, TensorLike } from "../tensor.js";
import { channelShapeOf, type Layout } from "./channels.js";
import type { NormalizeContext } from "./normalize_groups.js";
import { countOf, numberOf, type Operand, operandOf, optionsOf } from "./operand.js";
import { withOutput } from "./output.js";

/** Options of localResponseNorm. */
export interface LocalResponseNormOptions {
  /** Factor of the mean square of the window. Default 1e-4. */
  alpha?: number;
  /** Exponent of the divisor. Default 0.75. */
  beta?: number;
  /** Added to the scaled mean square. Default 1. */
  k?: number;
  /** "channels-first" (the default): x is [N, C, L, ...]; "channels-last": x is [N, L, ..., C]. */
  layout?: Layout;
  /** Where to write: x's shape, dtype and home; may be exactly x. */
  out?: TensorLike;
}

/** localResponseNorm of the API, on an engine. */
export function localResponseNorm(
  context: NormalizeContext,
  x: TensorLike,
  size: number,
  options?: LocalResponseNormOptions,
): Tensor {
  const functionName = "localResponseNorm";
  const { alpha, beta, k, layout, out } = optionsOf(functionName, options, read);
  const input = operandOf(functionName, "x", x, context.store);
  const job = { functionName, ...responseOf(functionName, input, size, { alpha, beta, k, layout }), x: input };
  return withOutput(context, { functionName, x: input, out }, (_, __, out) => {
    if (input.size > 0) context.backend.localResponse({ ...job, out });
  });
}

/** The channels of x, the window over them, and the coefficients. */
export function responseOf(
  functionName: string,
  x: Operand,
  size: unknown,
  { alpha, beta, k, layout }: LocalResponseNormOptions,
): Omit<LocalResponseJob, "functionName" | "x" | "out"> {
  const shape = channelShapeOf(functionName, x, layout, 3);
  return {
    ...shape,
    ...windowOf(countOf(functionName, "size", size), shape.channels),
    alpha: numberOf(functionName, "alpha", alpha, 1e-4),
    beta: numberOf(functionName, "beta", beta, 0.75),
    k: numberOf(functionName, "k", k, 1),
  };
}

function read({ alpha, beta, k, layout, out }: LocalResponseNormOptions): LocalResponseNormOptions {
  return { alpha, beta, k, layout, out };
}

/** How far a window of `size` channels reaches, among `channels`: of an even size, further back. */
function windowOf(size: number, channels: number): { size: number; before: number; after: number } {
  const reach = (distance: number) => Math.min(Math.floor(distance), channels);
  return { size, before: reach(size / 2), after: reach((size - 1) / 2) };
}
