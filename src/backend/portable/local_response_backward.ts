// The gradient of local response norm, y = x * b^-beta with b = k + alpha / size * sum of squares over a window:
//
//   dx = dy * b^-beta - 2 * alpha * beta / size * sum of (x * (x' / b')) * (dy' * b'^-beta)
//
// where the sum is over the windows that x is in. These are a window, too: `before` and `after` change places. In this order
// nothing leaves the range of float64 that a result shows.

import type { LocalResponseBackwardJob } from "../backend.js";
import { dataOf } from "../js/kernels.js";
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

/** All channels of some neighbouring positions: rows of tiles. */
class Tiles {
  readonly #job: LocalResponseBackwardJob;
  readonly #x: Float64Array;
  readonly #dy: Float64Array;
  /** dy * b^-beta, and x / b. */
  readonly #scaled: Float64Array;
  readonly #ratios: Float64Array;

  constructor(job: LocalResponseBackwardJob, columns: number) {
    const tile = () => new Float64Array(job.channels * columns);
    this.#job = job;
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
    const { before, after, beta } = this.#job;
    for (let column = 0; column < columns; column++) {
      const index = channel * columns + column;
      const [from, to] = this.#window(channel, column, columns, before, after);
      this.#widenBase(columns, from, to);
      this.#scaled[index] = this.#dy[index] * powerOfWideBase(-beta);
      this.#ratios[index] = overWideBase(this.#x[index]);
    }
  }

  /** Leaves dx in place of dy. */
  #gradient(channel: number, columns: number): void {
    const { before, after, alpha, beta, size } = this.#job;
    const factor = (2 * alpha * beta) / size;
    for (let column = 0; column < columns; column++) {
      const index = channel * columns + column;
      const [from, to] = this.#window(channel, column, columns, after, before);
      const x = this.#x[index];
      let sum = 0;
      for (let i = from; i <= to; i += columns) sum += x * this.#ratios[i] * this.#scaled[i];
      this.#dy[index] = this.#scaled[index] - factor * sum;
    }
  }

  /** The indices of the first and the last element of a window. */
  #window(channel: number, column: number, columns: number, before: number, after: number): [number, number] {
    const from = Math.max(0, channel - before);
    const to = Math.min(this.#job.channels - 1, channel + after);
    return [from * columns + column, to * columns + column];
  }

  /** Leaves b in `wideBase`. */
  #widenBase(columns: number, from: number, to: number): void {
    const { alpha, size, k } = this.#job;
    let sum = 0;
    for (let i = from; i <= to; i += columns) sum += this.#x[i] * this.#x[i];
    widenBase(this.#job, this.#x, columns, k + (alpha / size) * sum, from, to);
  }
}
