// x / (k + alpha / size * sum of squares)^beta over a window of channels. Windows are summed anew: sliding sums would
// cancel, and an infinity would never leave them.

import { pow } from "../../math/pow.js";
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
      const power = powerOf(base, beta);
      const index = at + channel * channelStride;
      const ordinary = base >= SMALLEST && base <= LARGEST && power >= SMALLEST && power <= LARGEST;
      out[index] = ordinary ? x[index] / power : extremeResponse(job, tile, index, at + from, at + to);
    }
  }
}

/** The exponents that networks use need no more than roots. */
function powerOf(base: number, beta: number): number {
  if (beta === 0.75) {
    const root = Math.sqrt(base);
    return root * Math.sqrt(root);
  }
  if (beta === 0.5) return Math.sqrt(base);
  return beta === 1 ? base : pow(base, beta);
}

/** Where squares, or their power, leave the range of float64, though the result may not. */
function extremeResponse(job: LocalResponseJob, tile: Tile, index: number, from: number, to: number): number {
  const { alpha, beta, k, size } = job;
  const { x, squares, channelStride } = tile;
  let largest = 0;
  let sum = 0;
  for (let i = from; i <= to; i += channelStride) {
    largest = Math.max(largest, Math.abs(x[i]));
    sum += squares[i];
  }
  let base = k + (alpha / size) * sum;
  if (!(largest > 0 && largest < Infinity)) return x[index] / powerOf(base, beta);
  let scale = 1;
  if (!(base >= SMALLEST && base <= LARGEST)) {
    scale = largest > 1 ? 2 ** -700 : 2 ** 700;
    sum = 0;
    for (let i = from; i <= to; i += channelStride) sum += x[i] * scale * (x[i] * scale);
    base = k * scale * scale + (alpha / size) * sum;
  }
  return dividedByPower(x[index], base, scale, beta);
}

/** x / (base / scale^2)^beta, by steps that all lead from x towards the result: none overflows that need not. */
function dividedByPower(x: number, base: number, scale: number, beta: number): number {
  const small = scale > 1 || (scale === 1 && base < 1);
  const [least, most] = small ? [2 ** -128, 1] : [1, 2 ** 128];
  for (; base > most && base < Infinity; scale *= 2 ** -64) base *= 2 ** -128;
  for (; base < least && base > 0 && scale < 2 ** 900; scale *= 2 ** 64) base *= 2 ** 128;
  const result = x / pow(base, beta);
  return scale === 1 ? result : timesPower(result, scale, 2 * beta);
}

/** Exponents that let every power of a scale, 2^64 or more, leave the range of float64. */
const EXPONENT_LIMIT = 128;

/** value * scale^exponent, a part of the exponent at a time. */
function timesPower(value: number, scale: number, exponent: number): number {
  const steps = Math.min(EXPONENT_LIMIT, 2 * Math.max(1, Math.ceil(Math.abs(exponent / 2))));
  const step = pow(scale, exponent / steps);
  let result = value;
  for (let done = 0; done < steps; done++) result *= step;
  return result;
}
