// x / (k + alpha / size * sum of squares)^beta over a window of channels. Windows are summed anew: sliding sums would
// cancel, and an infinity would never leave them.

import { pow } from "../../math/pow.js";
import type { LocalResponseJob } from "../backend.js";
import { LARGEST, SMALLEST, timesWidePower, wideBase, widenBase } from "../portable/wide_base.js";
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
export function rootOf(base: number, beta: number): number {
  const root = Math.sqrt(base);
  return beta === 0.75 ? root * Math.sqrt(root) : beta === 0.5 ? root : beta === 1 ? base : NaN;
}

/** For any beta, and where squares or their power leave the range of float64, though the result may not. */
function generalResponse(
  job: LocalResponseJob,
  tile: Tile,
  base: number,
  index: number,
  from: number,
  to: number,
): number {
  const { beta } = job;
  const x = tile.x[index];
  if (!widenBase(job, tile.x, tile.region.columns, base, from, to)) return x / pow(base, beta);
  const { high } = wideBase;
  if (high === 0 || !Number.isFinite(high)) return x / pow(high, beta);
  const sign = high < 0 ? pow(-1, beta) : 1;
  if (x === 0) return x * sign;
  return timesWidePower(Math.abs(x), -beta) * sign * Math.sign(x);
}
