import { formatShape, sizeOf } from "../shape.js";
import type { Fail } from "./scanner.js";

/** The most sizes a shape may have: NumPy 2's own limit, and PyTorch's. */
export const mostDimensions = 64;

/**
 * Checks that a shape's size in bytes is exact in a double. Sizes of 0 count as 1, so that the strides of an empty array
 * are exact too.
 */
export function checkElements(shape: readonly number[], at: number, fail: Fail): void {
  const elements = sizeOf(shape.map((extent) => Math.max(extent, 1)));
  if (elements >= 2 ** 50) fail(at, "must have a shape of fewer than 2^50 elements", formatShape(shape));
}
