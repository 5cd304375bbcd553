// x / (k + alpha / size * sum of squares)^beta over a window of channels. Windows are summed anew: sliding sums would
// cancel, and an infinity would never leave them.

import { exponentOf, lostInProduct, pow, powerOfTwo, timesPower } from "../../math/pow.js";
import type { LocalResponseJob } from "../backend.js";
import { dataOf } from "./kernels.js";
import { loadTile, type Region, TILE } from "./tiles.js";

/** All channels of some neighbouring positions: rows of a tile. */
interface Tile {
  readonly x: Float64Array;
  readonly region: Region;
}

export function localResponse(job: LocalResponseJob): void {
  const { samples, channels, span, last } = job;
  const most = Math.max(1, Math.min(span, Math.floor(TILE / channels)));
  const x = new Float64Array(most * channels);
  const [rowStride, columnStride] = last ? [1, channels] : [span, 1];
  for (let sample = 0; sample < samples; sample++) {
    for (let first = 0; first < span; first += most) {
      const start = sample * channels * span + first * columnStride;
      const columns = Math.min(most, span - first);
      const region = { start, rows: channels, rowStride, columns, columnStride };
      loadTile(x, dataOf(job.x), region);
      respond(job, { x, region });
    }
  }
}

/** Outside, a sum of squares or its power may have lost digits, or all of them. */
const SMALLEST = 2 ** -900;
const LARGEST = 2 ** 900;

function respond(job: LocalResponseJob, tile: Tile): void {
  const { channels, before, after, beta, k } = job;
  const { x, region } = tile;
  const { start, rowStride, columns, columnStride } = region;
  const out = dataOf(job.out);
  const factor = job.alpha / job.size;
  for (let channel = 0; channel < channels; channel++) {
    const from = Math.max(0, channel - before) * columns;
    const to = Math.min(channels - 1, channel + after) * columns;
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let i = column + from; i <= column + to; i += columns) sum += x[i] * x[i];
      const base = k + factor * sum;
      const power = rootOf(base, beta);
      const index = channel * columns + column;
      const ordinary = base >= SMALLEST && base <= LARGEST && power >= SMALLEST && power <= LARGEST;
      out[start + channel * rowStride + column * columnStride] = ordinary
        ? x[index] / power
        : generalResponse(job, tile, base, index, column + from, column + to);
    }
  }
}

/** base^beta for the exponents that networks use, which need no more than roots; NaN for others. */
function rootOf(base: number, beta: number): number {
  const root = Math.sqrt(base);
  return beta === 0.75 ? root * Math.sqrt(root) : beta === 0.5 ? root : beta === 1 ? base : NaN;
}

/**
 * For any beta, and where squares or their power leave the range of float64, though the result may not. A large beta
 * magnifies the base's error, so this is in double-doubles; outside float64's range, with squares in units of the largest.
 */
function generalResponse(
  { alpha, beta, k, size }: LocalResponseJob,
  { x, region: { columns } }: Tile,
  base: number,
  index: number,
  from: number,
  to: number,
): number {
  let largest = 0;
  for (let i = from; i <= to; i += columns) largest = Math.max(largest, Math.abs(x[i]));
  const regular = largest > 0 && largest < Infinity && Math.abs(beta) < Infinity;
  if (!regular) return x[index] / pow(base, beta);
  const inside = base >= SMALLEST && base <= LARGEST && largest >= 2 ** -400 && largest <= 2 ** 400;
  const e = inside ? 0 : exponentOf(largest);
  let sum = 0;
  let sumLow = 0;
  for (let i = from; i <= to; i += columns) {
    const v = scaled(x[i], -e);
    const square = v * v;
    const next = sum + square;
    const added = next - sum;
    sumLow += sum - (next - added) + (square - added);
    sum = next;
  }
  const slope = alpha / size;
  const whole = slope * size;
  const slopeLow = (alpha - whole - lostInProduct(slope, size, whole)) / size;
  const term = slope * sum;
  const termLow = lostInProduct(slope, sum, term) + slope * sumLow + slopeLow * sum;
  // In units of 2^unit, of which neither the term nor k has many.
  const unit = inside ? 0 : Math.max(exponentOf(Math.abs(term)) + 2 * e, k === 0 ? -2148 : exponentOf(Math.abs(k)));
  const [a, b] = [scaled(term, 2 * e - unit), scaled(k, -unit)];
  const high = a + b;
  const added = high - a;
  const rest = a - (high - added) + (b - added) + scaled(termLow, 2 * e - unit);
  if (high === 0 || !Number.isFinite(high)) return x[index] / pow(high, beta);
  const sign = high < 0 ? pow(-1, beta) : 1;
  if (x[index] === 0) return x[index] * sign;
  const magnitude = timesPower(Math.abs(x[index]), Math.abs(high), Math.sign(high) * rest, unit, -beta, 0);
  return magnitude * sign * Math.sign(x[index]);
}

/** v 2^n, where that is in range, or below. */
function scaled(v: number, n: number): number {
  if (n === 0) return v;
  const half = Math.max(n, -2000) >> 1;
  return v * powerOfTwo(half) * powerOfTwo(Math.max(n, -2000) - half);
}
