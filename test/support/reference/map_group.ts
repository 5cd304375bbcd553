import { add, multiply, negate, twoSum } from "../double_double.js";
import type { Wide } from "../elementary.js";
import type { GroupMoments } from "./moments.js";
import { allFinite, scaleInPlace } from "./scaled_values.js";

/** Numbers of twice float64's precision, element by element. */
export interface Pairs {
  readonly high: Float64Array;
  readonly low: Float64Array;
}

/** The normalised group: (x - mean) * factor of each element. */
export function mapGroup(moments: GroupMoments, factor: Wide): Pairs {
  const { values, exponent, shift } = moments;
  const slope = factor.value.high;
  const isOrdinary = Number.isFinite(slope) && slope !== 0 && Number.isFinite(shift);
  if (!isOrdinary)
    return { high: values.map((value) => (value - shift) * slope), low: new Float64Array(values.length) };
  const pairs = mapFinite(moments, factor);
  if (!allFinite(values)) keepInfinities(values, slope, pairs);
  scaleInPlace(pairs.high, exponent + factor.exponent);
  scaleInPlace(pairs.low, exponent + factor.exponent);
  return pairs;
}

function mapFinite({ values, shift, offset }: GroupMoments, factor: Wide): Pairs {
  const [back, slope] = [negate(offset), factor.value];
  const high = new Float64Array(values.length);
  const low = new Float64Array(values.length);
  for (let index = 0; index < values.length; index++) {
    const product = multiply(add(twoSum(values[index], -shift), back), slope);
    high[index] = product.high;
    low[index] = product.low;
  }
  return { high, low };
}

/** Statistics that are given say nothing of an infinite element, and it nothing of the others. */
function keepInfinities(values: Float64Array, slope: number, { high, low }: Pairs): void {
  values.forEach((value, index) => {
    if (Number.isFinite(value)) return;
    high[index] = value * slope;
    low[index] = 0;
  });
}
