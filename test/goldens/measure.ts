import type { DType, Values } from "./load.js";
import { roundedFrom } from "./numbers.js";

/** u and the smallest normal number of what a dtype is computed in. */
function precisionOf(dtype: DType): { readonly unitRoundoff: number; readonly smallestNormal: number } {
  if (dtype === "float64") return { unitRoundoff: 2 ** -53, smallestNormal: 2 ** -1022 };
  return { unitRoundoff: 2 ** -24, smallestNormal: 2 ** -126 };
}

/**
 * The largest error of a result, in u of what `dtype` is computed in times the scale D of each element. Rounding to 16
 * bits is no error: only how far what is expected lies from all numbers that round to the result.
 */
export function worstError(
  actual: Values,
  expected: ArrayLike<number>,
  scale: ArrayLike<number>,
  dtype: DType,
): number {
  const { unitRoundoff, smallestNormal } = precisionOf(dtype);
  if (actual.data.length !== expected.length) return Infinity;
  let worst = 0;
  for (let index = 0; index < expected.length; index++) {
    const distance = distanceOf(roundedFrom(actual, index), expected[index]);
    worst = Math.max(worst, distance / Math.max(scale[index] || 0, smallestNormal) / unitRoundoff);
  }
  return worst;
}

/** Infinite where one is NaN and the other not. */
function distanceOf([low, high]: readonly [number, number], expected: number): number {
  if (Number.isNaN(expected)) return Number.isNaN(low) ? 0 : Infinity;
  if (Number.isNaN(low)) return Infinity;
  if (low <= expected && expected <= high) return 0;
  return Math.max(low - expected, expected - high);
}
