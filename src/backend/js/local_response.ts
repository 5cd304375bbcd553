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

/** Below, a sum of squares may have lost digits to underflow. */
const LEAST_BASE = 2 ** -900;

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
      const magnitude = Math.abs(base);
      const index = at + channel * channelStride;
      if (magnitude >= LEAST_BASE && magnitude < Infinity) out[index] = x[index] / powerOf(base, beta);
      else out[index] = extremeResponse(job, tile, index, at + from, at + to);
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

/** Where squares leave the range of float64, though x does not: of x * scale, a power of two. */
function extremeResponse(job: LocalResponseJob, tile: Tile, index: number, from: number, to: number): number {
  const { beta, k } = job;
  const { x, channelStride } = tile;
  let largest = 0;
  for (let i = from; i <= to; i += channelStride) largest = Math.max(largest, Math.abs(x[i]));
  const extreme = largest > 0 && largest < Infinity;
  const scale = !extreme ? 1 : largest > 1 ? 2 ** -700 : 2 ** 700;
  let sum = 0;
  for (let i = from; i <= to; i += channelStride) sum += x[i] * scale * (x[i] * scale);
  const base = k * scale * scale + (job.alpha / job.size) * sum;
  const unscale = pow(scale, beta);
  return (x[index] / pow(base, beta)) * unscale * unscale;
}
