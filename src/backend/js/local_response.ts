// x / (k + alpha / size * sum of squares)^beta over a window of channels. Windows are summed anew: sliding sums would
// cancel, and an infinity would never leave them.

import { exponentOf, lostInProduct, pow, powerOfTwo, timesPower } from "../../math/pow.js";
import type { LocalResponseJob } from "../backend.js";
import { WINDOW } from "./elements.js";
import { loaderOf, storeOf } from "./tiles.js";

/** All channels of some neighbouring positions, and where an element is: channel * channelStride + position * stride. */
interface Tile {
  readonly x: Float64Array;
  readonly squares: Float64Array;
  readonly out: Float64Array;
  readonly channelStride: number;
  readonly stride: number;
  readonly positions: number;
}

export function localResponse(job: LocalResponseJob): void {
  const { samples, channels, span, last } = job;
  const most = Math.max(1, Math.min(span, Math.floor(WINDOW / channels)));
  const length = most * channels;
  const [load, store] = [loaderOf(job.x, Math.max(WINDOW, length)), storeOf(job.out, Math.max(WINDOW, length))];
  const [x, squares, out] = [new Float64Array(length), new Float64Array(length), new Float64Array(length)];
  for (let sample = 0; sample < samples; sample++) {
    for (let first = 0; first < span; first += most) {
      const positions = Math.min(most, span - first);
      const [channelStride, stride] = last ? [1, channels] : [positions, 1];
      const stretches = last ? 1 : channels;
      const count = (positions * channels) / stretches;
      const start = last ? (sample * span + first) * channels : sample * channels * span + first;
      for (let i = 0; i < stretches; i++) load(start + i * span, count, x, i * count);
      for (let i = 0; i < positions * channels; i++) squares[i] = x[i] * x[i];
      respond(job, { x, squares, out, channelStride, stride, positions });
      for (let i = 0; i < stretches; i++) store.put(start + i * span, count, out, i * count);
    }
  }
  store.flush();
}

/** Outside, a sum of squares or its power may have lost digits, or all of them. */
const SMALLEST = 2 ** -900;
const LARGEST = 2 ** 900;

function respond(job: LocalResponseJob, tile: Tile): void {
  const { channels, before, after, beta, k } = job;
  const { x, squares, out, channelStride, stride, positions } = tile;
  const factor = job.alpha / job.size;
  for (let channel = 0; channel < channels; channel++) {
    const from = Math.max(0, channel - before) * channelStride;
    const to = Math.min(channels - 1, channel + after) * channelStride;
    for (let position = 0; position < positions; position++) {
      const at = position * stride;
      let sum = 0;
      for (let i = at + from; i <= at + to; i += channelStride) sum += squares[i];
      const base = k + factor * sum;
      const power = rootOf(base, beta);
      const index = at + channel * channelStride;
      const ordinary = base >= SMALLEST && base <= LARGEST && power >= SMALLEST && power <= LARGEST;
      out[index] = ordinary ? x[index] / power : generalResponse(job, tile, base, index, at + from, at + to);
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
  { x, channelStride }: Tile,
  base: number,
  index: number,
  from: number,
  to: number,
): number {
  let largest = 0;
  for (let i = from; i <= to; i += channelStride) largest = Math.max(largest, Math.abs(x[i]));
  const regular = largest > 0 && largest < Infinity && Math.abs(beta) < Infinity;
  if (!regular) return x[index] / pow(base, beta);
  const inside = base >= SMALLEST && base <= LARGEST && largest >= 2 ** -400 && largest <= 2 ** 400;
  const e = inside ? 0 : exponentOf(largest);
  let sum = 0;
  let sumLow = 0;
  for (let i = from; i <= to; i += channelStride) {
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
