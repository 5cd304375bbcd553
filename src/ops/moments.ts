import { describe } from "../dtype.js";
import { ArgumentError, ShapeError } from "../errors.js";
import { sizeOf } from "../shape.js";
import type { Tensor, TensorLike } from "../tensor.js";
import type { NormalizeContext } from "./normalize_rows.js";
import { operandOf } from "./operand.js";
import { outputLike } from "./output.js";

/** Statistics of rows. */
export interface RowwiseMoments {
  /** The mean of each row. */
  readonly mean: Tensor;
  /** The biased variance of each row: divided by n. */
  readonly variance: Tensor;
}

/** rowwiseMoments of the API, on an engine. */
export function rowwiseMoments(context: NormalizeContext, x: TensorLike, n: number): RowwiseMoments {
  const functionName = "rowwiseMoments";
  const input = operandOf(functionName, "x", x, context.store);
  const size = sizeOf(input.sizes);
  checkRowLength(functionName, n, size);
  const rows = size / n;
  const mean = outputLike(context, functionName, input, [rows]);
  try {
    const variance = outputLike(context, functionName, input, [rows]);
    try {
      if (size > 0) context.backend.moments({ functionName, rows, n, x: input, mean, variance });
      return { mean, variance };
    } catch (error) {
      variance.dispose();
      throw error;
    }
  } catch (error) {
    mean.dispose();
    throw error;
  }
}

function checkRowLength(functionName: string, n: unknown, size: number): void {
  if (typeof n !== "number" || !Number.isSafeInteger(n) || n < 1) {
    throw new ArgumentError(functionName, "n", "must be a positive integer", describe(n));
  }
  if (size % n !== 0) {
    throw new ShapeError(functionName, "n", `must divide the ${size} elements of x`, String(n));
  }
}
