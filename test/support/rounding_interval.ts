import { numbersOf, type DTypeName } from "./dtypes.js";
import { infinityBits, type Format } from "./formats.js";

/** For every pattern of a 16-bit dtype the real numbers that round to it: from lower to upper, ties included. */
export interface RoundingIntervals {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/** The intervals of NaN patterns are NaN. */
export function roundingIntervals(dtype: DTypeName, format: Format): RoundingIntervals {
  const numbers = numbersOf(dtype);
  const infinity = infinityBits(format);
  const lower = new Float64Array(0x1_0000).fill(NaN);
  const upper = new Float64Array(0x1_0000).fill(NaN);
  for (let bits = 0; bits <= infinity; bits++) {
    const [least, most] = [tieBelow(numbers, bits, infinity), tieBelow(numbers, bits + 1, infinity)];
    [lower[bits], upper[bits]] = [least, most];
    [lower[bits | 0x8000], upper[bits | 0x8000]] = [-most, -least];
  }
  return { lower, upper };
}

/** The tie between a number and the one before. The step below infinity is as long as the last. */
function tieBelow(numbers: Float64Array, bits: number, infinity: number): number {
  if (bits > infinity) return Infinity;
  if (bits === 0) return -numbers[1] / 2;
  const before = numbers[bits - 1];
  return bits === infinity ? before + (before - numbers[bits - 2]) / 2 : before + (numbers[bits] - before) / 2;
}
