import { computingDtype, formatOf, precisionOf, type DTypeName, type Precision } from "./dtypes.js";
import { encode, type Format } from "./formats.js";
import type { Reference } from "./reference/reference.js";
import { roundingIntervals, type RoundingIntervals } from "./rounding_interval.js";

/** u of float32: half the distance from 1 to the next. */
export const unitRoundoff = precisionOf("float32").unitRoundoff;

/** Below this float32 numbers lose digits. */
export const smallestNormal = precisionOf("float32").smallestNormal;

/**
 * `err` of the accuracy contract: the largest |y - y*| / (u * D), where D = |gamma| * max(|xhat*|, rms of xhat* over its
 * group) + |beta|, which without parameters is max(|y*|, rms of y*), unless the reference says otherwise. NaN where the
 * other is not, or a different infinity, is an infinite error.
 *
 * float16 and bfloat16 results are float32 results rounded once, so their error is the least that the float32 result must
 * have had: the distance from y* to the numbers that round to y.
 */
export function err(y: ArrayLike<number>, reference: Reference, dtype: DTypeName = "float32"): number {
  if (y.length !== reference.output.length) return Infinity;
  let worst = 0;
  for (let row = 0; row < reference.rows; row++) worst = Math.max(worst, rowErr(y, reference, row, dtype));
  return worst;
}

/** `err` of one group. */
export function rowErr(y: ArrayLike<number>, reference: Reference, row: number, dtype: DTypeName = "float32"): number {
  const { n, members, normalized, output, gamma, beta, scale } = reference;
  const low = reference.low?.output;
  const { unitRoundoff, smallestNormal } = precisionOf(dtype);
  const distance = distanceOf(dtype, y);
  const rms = scale ? 0 : rootMeanSquare(reference, row);
  let worst = 0;
  for (let place = row * n; place < row * n + n; place++) {
    const index = members ? members[place] : place;
    const error = distance(y[index], output[index], low ? low[index] : 0);
    if (error === 0) continue;
    const ownScale = scale
      ? scale(index)
      : Math.abs(gamma(index)) * Math.max(finiteMagnitude(normalized[index]), rms) + Math.abs(beta(index));
    const inUnits = error / Math.max(ownScale, smallestNormal) / unitRoundoff;
    if (!(inUnits <= worst)) worst = Number.isNaN(inUnits) ? Infinity : inUnits;
  }
  return worst;
}

/** The error of means, in u * max(|mean*|, sigma*): a mean is the less certain the wider its group is spread. */
export function meanErr(mean: ArrayLike<number>, reference: Reference, dtype: DTypeName = "float32"): number {
  const sigma = reference.deviation ?? reference.variance.map(Math.sqrt);
  return worstOf(mean, reference.mean, reference.low?.mean, dtype, (row) =>
    Math.max(finiteMagnitude(reference.mean[row]), finiteMagnitude(sigma[row])),
  );
}

/** The relative error of reciprocal standard deviations, in u. */
export function rstdErr(rstd: ArrayLike<number>, reference: Reference, dtype: DTypeName = "float32"): number {
  return worstOf(rstd, reference.rstd, reference.low?.rstd, dtype, (row) => finiteMagnitude(reference.rstd[row]));
}

/** The relative error of biased variances, in 2 u: a square has twice the error of its root. */
export function varianceErr(variance: ArrayLike<number>, reference: Reference, dtype: DTypeName = "float32"): number {
  return worstOf(variance, reference.variance, reference.low?.variance, dtype, (row) =>
    finiteMagnitude(2 * reference.variance[row]),
  );
}

/** |actual - expected| / (u * scale), where scale is at least the smallest normal number. */
export function scaledError(
  actual: number,
  expected: number,
  scale: number,
  low = 0,
  dtype: DTypeName = "float32",
): number {
  const precision = precisionOf(dtype);
  const error = floatDistance(precision)(actual, expected, low);
  return error / Math.max(scale, precision.smallestNormal) / precision.unitRoundoff;
}

/** The largest error of numbers of a dtype, in u of what is computed in for `unit` times the scale of each. */
export function worstScaledError(
  actual: ArrayLike<number>,
  { high, low, scale }: { high: Float64Array; low: Float64Array; scale: Float64Array },
  dtype: DTypeName,
  unit: DTypeName = dtype,
): number {
  if (actual.length !== high.length) return Infinity;
  const distance = distanceOf(dtype, actual);
  const { unitRoundoff, smallestNormal } = precisionOf(unit);
  let worst = 0;
  for (let index = 0; index < high.length; index++) {
    const ownScale = Math.max(scale[index], smallestNormal);
    const error = distance(actual[index], high[index], low[index]) / ownScale / unitRoundoff;
    if (!(error <= worst)) worst = Number.isNaN(error) ? Infinity : error;
  }
  return worst;
}

/** How many float32 numbers lie between two: 0 for equal ones (also -0 and 0) and for NaN with NaN, 1 for neighbours. */
export function ulpDistance(a: number, b: number): number {
  if (Number.isNaN(a) && Number.isNaN(b)) return 0;
  return Math.abs(orderedBits(a) - orderedBits(b));
}

/** How far a result is from the number high + low; infinite for a wrong NaN or infinity. */
type Distance = (actual: number, high: number, low: number) => number;

function distanceOf(dtype: DTypeName, y: ArrayLike<number>): Distance {
  const format = formatOf(dtype);
  if (!format) return floatDistance(precisionOf(dtype));
  const intervals = intervalsOf(dtype, format);
  return y instanceof Uint16Array ? bitsDistance(intervals) : roundedDistance(intervals, format);
}

function floatDistance({ unitRoundoff }: Precision): Distance {
  const isDouble = unitRoundoff < 2 ** -24;
  return (actual, high, low) => {
    const rounded = isDouble ? high : Math.fround(high);
    if (!Number.isFinite(rounded)) return Object.is(actual, rounded) ? 0 : Infinity;
    if (!Number.isFinite(actual)) return Infinity;
    return Math.abs(actual - high - low);
  };
}

function bitsDistance({ lower, upper }: RoundingIntervals): Distance {
  return (bits, high, low) => {
    if (Number.isNaN(high)) return Number.isNaN(lower[bits]) ? 0 : Infinity;
    if (high >= lower[bits] && high <= upper[bits]) return 0;
    if (!Number.isFinite(high) || Number.isNaN(lower[bits])) return Infinity;
    return Math.max(lower[bits] - high - low, high - upper[bits] + low, 0);
  };
}

function roundedDistance(intervals: RoundingIntervals, format: Format): Distance {
  const distance = bitsDistance(intervals);
  return (actual, high, low) => distance(encode(format, actual), high, low);
}

const intervalTables = new Map<DTypeName, RoundingIntervals>();

function intervalsOf(dtype: DTypeName, format: Format): RoundingIntervals {
  const intervals = intervalTables.get(dtype) ?? roundingIntervals(dtype, format);
  intervalTables.set(dtype, intervals);
  return intervals;
}

function worstOf(
  actual: ArrayLike<number>,
  expected: Float64Array,
  low: Float64Array | undefined,
  dtype: DTypeName,
  scale: (row: number) => number,
): number {
  if (actual.length !== expected.length) return Infinity;
  let worst = 0;
  for (let row = 0; row < expected.length; row++)
    worst = Math.max(worst, scaledError(actual[row], expected[row], scale(row), low?.[row], computingDtype(dtype)));
  return worst;
}

/** Of xhat* over the finite elements: a group may hold a NaN that is right, and the others still have a scale. */
function rootMeanSquare({ n, members, normalized }: Reference, row: number): number {
  let largest = 0;
  for (let place = row * n; place < row * n + n; place++)
    largest = Math.max(largest, finiteMagnitude(normalized[members ? members[place] : place]));
  if (largest === 0) return 0;
  let sum = 0;
  for (let place = row * n; place < row * n + n; place++)
    sum += (finiteMagnitude(normalized[members ? members[place] : place]) / largest) ** 2;
  return largest * Math.sqrt(sum / n);
}

function finiteMagnitude(value: number): number {
  return Number.isFinite(value) ? Math.abs(value) : 0;
}

const bits = new DataView(new ArrayBuffer(4));

/** Float32 numbers in ascending order map to ascending integers; both zeros map to 0. */
function orderedBits(value: number): number {
  bits.setFloat32(0, value);
  const pattern = bits.getInt32(0);
  return pattern < 0 ? -(pattern & 0x7fff_ffff) : pattern;
}
