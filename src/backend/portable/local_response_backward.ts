// The gradient of local response norm, y = x * b^-beta with b = k + alpha / size * sum of squares over a window:
//
//   dx = dy * b^-beta - 2 * alpha * beta / size * sum of (x * (x' / b')) * (dy' * b'^-beta)
//
// where the sum is over the windows that x is in. These are a window, too: `before` and `after` change places. In this order
// nothing leaves the range of float64 that a result shows.

import type { LocalResponseBackwardJob } from "../backend.js";
import { dataOf } from "../js/kernels.js";
import { rootOf } from "../js/local_response.js";
import { loadTile, storeTile, TILE } from "../js/tiles.js";
import { overWideBase, powerOfWideBase, widenBase } from "./wide_base.js";
import { widenedGradients } from "./widened.js";

export const localResponseBackward = widenedGradients(inTiles);

/** All channels of some neighbouring positions at a time, as rows of tiles. */
function inTiles(job: LocalResponseBackwardJob): void {
  const { samples, channels, span, last, before, after, size, alpha, beta, k } = job;
  const most = Math.max(1, Math.min(span, Math.floor(TILE / channels)));
  const tile = () => new Float64Array(channels * most);
  // The latter two: dy * b^-beta, and x / b. Plain ones are multiplied already, and computed without double-doubles.
  const [x, dy, scaled, ratios] = [tile(), tile(), tile(), tile()];
  const slope = alpha / size;
  // Where float64 has all digits that a result of float32 shows, nothing cancels in b, nothing that is computed comes near the
  // ends of float64, and the power needs no more than roots.
  const isOrdinary = k >= 1e-30 && alpha >= 0 && alpha <= 1e30 && rootOf(1, beta) === 1;
  const plain = isOrdinary && job.x.format.compute === "float32";
  const [rowStride, columnStride] = last ? [1, channels] : [span, 1];
  for (let sample = 0; sample < samples; sample++) {
    for (let first = 0; first < span; first += most) {
      const start = sample * channels * span + first * columnStride;
      const columns = Math.min(most, span - first);
      const region = { start, rows: channels, rowStride, columns, columnStride };
      loadTile(x, dataOf(job.x), region);
      loadTile(dy, dataOf(job.gradOutput), region);
      for (let channel = 0; channel < channels; channel++) scale(channel, columns);
      for (let channel = 0; channel < channels; channel++) gradient(channel, columns);
      storeTile(dy, dataOf(job.gradInput), region);
    }
  }

  function scale(channel: number, columns: number): void {
    const from = (Math.max(0, channel - before) - channel) * columns;
    const to = (Math.min(channels - 1, channel + after) - channel) * columns;
    for (let index = channel * columns; index < (channel + 1) * columns; index++) {
      let sum = 0;
      for (let i = index + from; i <= index + to; i += columns) sum += x[i] * x[i];
      const base = k + slope * sum;
      if (plain) {
        scaled[index] = dy[index] / rootOf(base, beta);
        ratios[index] = (x[index] / base) * scaled[index];
      } else {
        widenBase(job, x, columns, base, index + from, index + to);
        scaled[index] = dy[index] * powerOfWideBase(-beta);
        ratios[index] = overWideBase(x[index]);
      }
    }
  }

  /** Leaves dx in place of dy. */
  function gradient(channel: number, columns: number): void {
    const factor = 2 * slope * beta;
    const from = (Math.max(0, channel - after) - channel) * columns;
    const to = (Math.min(channels - 1, channel + before) - channel) * columns;
    for (let index = channel * columns; index < (channel + 1) * columns; index++) {
      let sum = 0;
      if (plain) {
        for (let i = index + from; i <= index + to; i += columns) sum += ratios[i];
        sum *= x[index];
      } else {
        for (let i = index + from; i <= index + to; i += columns) sum += x[index] * ratios[i] * scaled[i];
      }
      dy[index] = scaled[index] - factor * sum;
    }
  }
}
