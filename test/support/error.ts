import type { Reference } from "./oracle.js";

/** u: half the distance from 1 to the next float32. */
export const unitRoundoff = 2 ** -24;

/** Below this float32 numbers lose digits, so errors are not measured against anything smaller. */
export const smallestNormal = 2 ** -126;

/**
 * `err` of the accuracy contract: the largest |y - y*| / (u * D), where D = |gamma| * max(|xhat*|, rms of xhat* over its
 * group) + |beta|, which without parameters is max(|y*|, rms of y*). NaN where the other is not, or a different infinity,
 * is an infinite error.
 */
export function err(y: ArrayLike<number>, reference: Reference): number {
  if (y.length !== reference.output.length) return Infinity;
  let worst = 0;
  for (let row = 0; row < reference.rows; row++) worst = Math.max(worst, rowErr(y, reference, row));
  return worst;
}

/** `err` of one group. */
export function rowErr(y: ArrayLike<number>, reference: Reference, row: number): number {
  const { n, normalized, output, gamma, beta } = reference;
  const start = row * n;
  const rms = rootMeanSquare(normalized.subarray(start, start + n));
  let worst = 0;
  for (let index = start; index < start + n; index++) {
    const scale = Math.abs(gamma(index)) * Math.max(finiteMagnitude(normalized[index]), rms) + Math.abs(beta(index));
    worst = Math.max(worst, scaledError(y[index], output[index], scale));
  }
  return worst;
}

/** The error of means, in u * max(|mean*|, sigma*): a mean is the less certain the wider its group is spread. */
export function meanErr(mean: ArrayLike<number>, reference: Reference): number {
  const sigma = reference.variance.map(Math.sqrt);
  return worstOf(mean, reference.mean, (row) =>
    Math.max(finiteMagnitude(reference.mean[row]), finiteMagnitude(sigma[row])),
  );
}

/** The relative error of reciprocal standard deviations, in u. */
export function rstdErr(rstd: ArrayLike<number>, reference: Reference): number {
  return worstOf(rstd, reference.rstd, (row) => finiteMagnitude(reference.rstd[row]));
}

/** |actual - expected| / (u * scale), where scale is at least the smallest normal float32. */
export function scaledError(actual: number, expected: number, scale: number): number {
  const rounded = Math.fround(expected);
  if (!Number.isFinite(rounded)) return Object.is(actual, rounded) ? 0 : Infinity;
  if (!Number.isFinite(actual)) return Infinity;
  return Math.abs(actual - expected) / (unitRoundoff * Math.max(scale, smallestNormal));
}

/** How many float32 numbers lie between two: 0 for equal ones (also -0 and 0) and for NaN with NaN, 1 for neighbours. */
export function ulpDistance(a: number, b: number): number {
  if (Number.isNaN(a) && Number.isNaN(b)) return 0;
  return Math.abs(orderedBits(a) - orderedBits(b));
}

function worstOf(actual: ArrayLike<number>, expected: Float64Array, scale: (row: number) => number): number {
  if (actual.length !== expected.length) return Infinity;
  let worst = 0;
  for (let row = 0; row < expected.length; row++)
    worst = Math.max(worst, scaledError(actual[row], expected[row], scale(row)));
  return worst;
}

/** Over the finite elements: a group may hold a NaN that is right, and the others still have a scale. */
function rootMeanSquare(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += finiteMagnitude(value) ** 2;
  return Math.sqrt(sum / values.length);
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
