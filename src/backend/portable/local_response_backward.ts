// The gradient of local response norm, y = x * b^-beta with b = k + alpha / size * sum of squares over a window:
//
//   dx = dy * b^-beta - 2 * alpha * beta / size * sum of (x * (x' / b')) * (dy' * b'^-beta)
//
// where the sum is over the windows that x is in. These are a window, too: `before` and `after` change places. In this order
// nothing leaves the range of float64 that a result shows.

import type { LocalResponseBackwardJob } from "../backend.js";
import { dataOf } from "../js/kernels.js";
import { rootOf } from "../js/local_response.js";
import { loadTile, storeTile, type Region, TILE } from "../js/tiles.js";
import { overWideBase, powerOfWideBase, widenBase } from "./wide_base.js";

export function localResponseBackward(job: LocalResponseBackwardJob): void {
  const { samples, channels, span, last } = job;
  const most = Math.max(1, Math.min(span, Math.floor(TILE / channels)));
  const tiles = new Tiles(job, most);
  const [rowStride, columnStride] = last ? [1, channels] : [span, 1];
  for (let sample = 0; sample < samples; sample++) {
    for (let first = 0; first < span; first += most) {
      const start = sample * channels * span + first * columnStride;
      const columns = Math.min(most, span - first);
      tiles.run({ start, rows: channels, rowStride, columns, columnStride });
    }
  }
}

/**
 * Whether float64 has all digits that a result of float32 shows, nothing cancels in b, and nothing that is computed comes near
 * the ends of float64; of exponents that need no more than roots.
 */
function isPlain({ x, k, alpha, beta }: LocalResponseBackwardJob): boolean {
  const isOrdinary = k >= 2 ** -100 && k <= 2 ** 100 && alpha >= 0 && alpha <= 2 ** 100;
  return isOrdinary && x.format.compute === "float32" && rootOf(1, beta) === 1;
}

/** All channels of some neighbouring positions: rows of tiles. */
class Tiles {
  readonly #job: LocalResponseBackwardJob;
  readonly #x: Float64Array;
  readonly #dy: Float64Array;
  /** dy * b^-beta, and x / b. */
  readonly #scaled: Float64Array;
  readonly #ratios: Float64Array;
  /** Whether these are multiplied already, and both are computed without double-doubles. */
  readonly #isPlain: boolean;

  constructor(job: LocalResponseBackwardJob, columns: number) {
    const tile = () => new Float64Array(job.channels * columns);
    this.#job = job;
    this.#isPlain = isPlain(job);
    [this.#x, this.#dy, this.#scaled, this.#ratios] = [tile(), tile(), tile(), tile()];
  }

  run(region: Region): void {
    const { gradOutput, x, gradInput, channels } = this.#job;
    loadTile(this.#x, dataOf(x), region);
    loadTile(this.#dy, dataOf(gradOutput), region);
    for (let channel = 0; channel < channels; channel++) this.#scale(channel, region.columns);
    for (let channel = 0; channel < channels; channel++) this.#gradient(channel, region.columns);
    storeTile(this.#dy, dataOf(gradInput), region);
  }

  #scale(channel: number, columns: number): void {
    const { before, after, beta, alpha, size, k, channels } = this.#job;
    const x = this.#x;
    const slope = alpha / size;
    const to = (Math.min(channels - 1, channel + after) - channel) * columns;
    const from = (Math.max(0, channel - before) - channel) * columns;
    const end = (channel + 1) * columns;
    for (let index = channel * columns; index < end; index++) {
      let sum = 0;
      for (let i = index + from; i <= index + to; i += columns) sum += x[i] * x[i];
      const base = k + slope * sum;
      if (this.#isPlain) {
        const scaled = this.#dy[index] / rootOf(base, beta);
        this.#scaled[index] = scaled;
        this.#ratios[index] = (x[index] / base) * scaled;
      } else {
        widenBase(this.#job, x, columns, base, index + from, index + to);
        this.#scaled[index] = this.#dy[index] * powerOfWideBase(-beta);
        this.#ratios[index] = overWideBase(x[index]);
      }
    }
  }

  /** Leaves dx in place of dy. */
  #gradient(channel: number, columns: number): void {
    const { before, after, alpha, beta, size, channels } = this.#job;
    const scaled = this.#scaled;
    const ratios = this.#ratios;
    const factor = (2 * alpha * beta) / size;
    const from = (Math.max(0, channel - after) - channel) * columns;
    const to = (Math.min(channels - 1, channel + before) - channel) * columns;
    const end = (channel + 1) * columns;
    for (let index = channel * columns; index < end; index++) {
      const x = this.#x[index];
      let sum = 0;
      if (this.#isPlain) {
        for (let i = index + from; i <= index + to; i += columns) sum += ratios[i];
        sum *= x;
      } else {
        for (let i = index + from; i <= index + to; i += columns) sum += x * ratios[i] * scaled[i];
      }
      this.#dy[index] = scaled[index] - factor * sum;
    }
  }
}
