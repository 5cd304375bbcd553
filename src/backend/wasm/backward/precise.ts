// The sums of channels in float64, for those that left the range of float32 on the way: rare, and slow.

import type { Operand } from "../../../ops/operand.js";
import type { ChannelsBackwardJob } from "../../backend.js";
import { deviationsFrom } from "../../portable/deviations.js";
import type { ChannelCoefficients } from "./combine.js";

/** Where a block's channels lie: runs of `run` elements, of one channel after the other, again and again. */
export interface ChannelRuns {
  readonly channels: number;
  readonly run: number;
}

/**
 * Takes the sums of those channels again that are not finite, which those of data with NaN and Inf stay; of no others, whose
 * bits must not depend on their neighbours. `read` gives the block's elements.
 */
export function repairSums(
  sums: Float64Array,
  { gradOutput, x }: Pick<ChannelsBackwardJob, "gradOutput" | "x">,
  read: (operand: Operand) => ArrayLike<number>,
  runs: ChannelRuns,
  { mean, rstd }: ChannelCoefficients,
): void {
  if (sums.every(Number.isFinite)) return;
  const [dy, numbers] = [read(gradOutput), read(x)];
  for (let channel = 0; channel < runs.channels; channel++) {
    const own = sums.subarray(3 * channel, 3 * channel + 3);
    if (!own.every(Number.isFinite)) own.set(sumsOf(dy, numbers, runs, channel, mean[channel], rstd[channel]));
  }
}

/** Of dy, of dy * h, and of h = (x - mean) * rstd. */
function sumsOf(
  dy: ArrayLike<number>,
  x: ArrayLike<number>,
  { channels, run }: ChannelRuns,
  channel: number,
  mean: number,
  rstd: number,
): [number, number, number] {
  const { scale, centre, slope } = deviationsFrom(mean, rstd);
  let [ofG, ofGH, ofH] = [0, 0, 0];
  for (let start = channel * run; start < x.length; start += channels * run) {
    for (let element = start; element < start + run; element++) {
      const h = (x[element] * scale - centre) * slope;
      ofG += dy[element];
      ofGH += dy[element] * h;
      ofH += h;
    }
  }
  return [ofG, ofGH, ofH];
}
