// The sums of channels in float64, for those that left the range of float32 on the way: rare, and slow.

import { numbersOf } from "../../../elements.js";
import type { Operand } from "../../../ops/operand.js";
import type { ChannelCoefficients } from "./combine.js";

/** Whether sums can be trusted; those of data with NaN and Inf cannot, either. */
export function areFinite(sums: Float64Array): boolean {
  return sums.every(Number.isFinite);
}

/** Three sums per channel, as the kernels take them, of a block's elements: `run` of a channel follow each other. */
export function preciseSums(
  gradOutput: Operand,
  x: Operand,
  channels: number,
  run: number,
  { mean, rstd }: ChannelCoefficients,
): Float64Array {
  const [dy, numbers] = [numbersOf(gradOutput), numbersOf(x)];
  const sums = new Float64Array(3 * channels);
  for (let element = 0; element < x.size; element++) {
    const channel = Math.floor(element / run) % channels;
    const h = (numbers[element] - mean[channel]) * rstd[channel];
    sums[3 * channel] += dy[element];
    sums[3 * channel + 1] += dy[element] * h;
    sums[3 * channel + 2] += h;
  }
  return sums;
}
