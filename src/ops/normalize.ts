import { describe } from "../dtype.js";
import { ArgumentError } from "../errors.js";
import { sizeFrom, sizeOf } from "../shape.js";
import type { Tensor, TensorLike } from "../tensor.js";
import { axisOf } from "./axes.js";
import type { NormalizeContext } from "./normalize_groups.js";
import { numberOf, type Operand, operandOf, optionsOf } from "./operand.js";
import { withOutput } from "./output.js";

/** Options of normalize. */
export interface NormalizeOptions {
  /** The exponent of the norm: any number above 0, or Infinity. Default 2. */
  p?: number;
  /** The dimension that the norm is taken over; a negative one counts from the end. Default 1. */
  dim?: number;
  /** The least to divide by. Default 1e-12. */
  eps?: number;
  /** Where to write: x's shape, dtype and home; may be exactly x. */
  out?: TensorLike;
}

/** normalize of the API, on an engine. */
export function normalize(context: NormalizeContext, x: TensorLike, options?: NormalizeOptions): Tensor {
  const functionName = "normalize";
  const { p, dim, eps, out } = optionsOf(functionName, options, read);
  const input = operandOf(functionName, "x", x, context.store);
  const job = {
    functionName,
    ...lineOf(functionName, input, dim),
    p: exponentOf(functionName, p),
    eps: numberOf(functionName, "eps", eps, 1e-12),
    x: input,
    out,
  };
  return withOutput(context, job, (_, __, out) => {
    if (input.size > 0) context.backend.power({ ...job, out });
  });
}

function read({ p, dim, eps, out }: NormalizeOptions): NormalizeOptions {
  return { p, dim, eps, out };
}

/** x around the dimension that the norm is taken over: [blocks, steps, columns]. */
export function lineOf(
  functionName: string,
  { sizes }: Operand,
  dim: unknown,
): { blocks: number; steps: number; columns: number } {
  const axis = axisOf(functionName, "dim", dim === undefined ? 1 : dim, sizes.length);
  return { blocks: sizeOf(sizes.slice(0, axis)), steps: sizes[axis] ?? 1, columns: sizeFrom(sizes, axis + 1) };
}

/** Beyond these, norms are what they are at the limits: the largest magnitude, or out of range. */
const LEAST_EXPONENT = 2 ** -900;
const MOST_EXPONENT = 2 ** 64;

/** p: any number above 0. */
export function exponentOf(functionName: string, p: unknown): number {
  if (p === undefined) return 2;
  if (typeof p === "number" && p > 0) return p > MOST_EXPONENT ? Infinity : Math.max(p, LEAST_EXPONENT);
  throw new ArgumentError(functionName, "p", "must be a number above 0, or Infinity", describe(p));
}
