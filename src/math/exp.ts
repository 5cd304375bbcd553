// e^x in float64, with the same bits on every engine: Math.exp may differ between them.

import { powerOfTwo } from "./pow.js";

const LOG2_E = 1.4426950408889634;
/** ln 2 in two parts. The first has 33 bits, so that its product with an exponent is exact. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
/** Beyond these, e^x is Infinity or 0. */
const LARGEST = 709.782712893384;
const SMALLEST = -745.1332191019412;

/** 1/2!, 1/3!, ... 1/13!: what is left of the series is below 2^-57 for |r| <= ln 2 / 2. */
const series = new Float64Array(12);
for (let i = 0, factorial = 2; i < series.length; i++, factorial *= i + 2) series[i] = 1 / factorial;

/** e^x, with an error below 1 ulp (2 where the result is subnormal): 2^k e^r, where r = x - k ln 2. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x > LARGEST) return Infinity;
  if (x < SMALLEST) return 0;
  const k = Math.floor(x * LOG2_E + 0.5);
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  let sum = 0;
  for (let i = series.length - 1; i >= 0; i--) sum = series[i] + r * sum;
  // What r rounds away comes back in the last addition, together with the small terms.
  const power = 1 + (r + (high - r - low + r * r * sum));
  // In two steps, because k may be below the least exponent, or above the largest.
  const half = Math.floor(k / 2);
  return power * powerOfTwo(half) * powerOfTwo(k - half);
}
