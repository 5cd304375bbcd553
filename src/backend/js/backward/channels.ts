// Gradients of group, instance and batch norm: sums per run, which groups add up, and a map.

import { numbersOf, writeNumbers } from "../../../elements.js";
import type { Operand } from "../../../ops/operand.js";
import type { ChannelsBackwardJob } from "../../backend.js";
import { PairSums } from "../../portable/pair_sums.js";
import { type Computed, dataOf } from "../kernels.js";
import { deviationsFrom, offsetOf, reducedBy } from "../../portable/deviations.js";

/** A run is a channel of a sample, or of all samples where these share statistics. What there is of each, at its index. */
interface Runs {
  readonly count: number;
  readonly channels: number;
  /** Blocks of `span` steps of columns: a channel each, or all of them where they come last. */
  readonly blocks: number;
  readonly span: number;
  readonly columns: number;
  readonly gamma: Float64Array;
  readonly rstd: Float64Array;
  /** (x * scale - centre) * slope is the deviation, (x - mean) * rstd. */
  readonly scale: Float64Array;
  readonly centre: Float64Array;
  readonly slope: Float64Array;
  /** The group of statistics. */
  readonly group: Uint32Array;
}

/** Sums of runs. */
interface Sums {
  /** Of dy. */
  readonly gradients: Float64Array;
  /** Of dy * xhat. */
  readonly products: Float64Array;
  readonly deviations: Float64Array;
}

/** What a group's elements share: what their deviations are reduced by, and the means of g = dy * gamma and of g * xhat. */
interface Shared {
  readonly offset: Float64Array;
  readonly average: Float64Array;
  readonly tilt: Float64Array;
}

export function channelsBackward(job: ChannelsBackwardJob): void {
  const { frozen, gradInput, gradWeight, gradBias } = job;
  const runs = runsOf(job);
  const sums = !frozen || gradWeight || gradBias ? sumUp(runs, dataOf(job.gradOutput), dataOf(job.x)) : undefined;
  const shared = frozen ? undefined : share(job, runs, sums!);
  if (gradWeight) overSamples(runs, sums!.products, gradWeight);
  if (gradBias) overSamples(runs, sums!.gradients, gradBias);
  if (gradInput) map(runs, shared, dataOf(job.gradOutput), dataOf(job.x), dataOf(gradInput));
}

function runsOf({ shape, groups, batched, weight, mean, rstd }: ChannelsBackwardJob): Runs {
  const { samples, channels, span, last } = shape;
  const count = batched ? channels : samples * channels;
  const numbers = () => new Float64Array(count);
  const [blocks, columns] = last ? [samples, channels] : [samples * channels, 1];
  const runs = { count, channels, blocks, span, columns, gamma: numbers().fill(1), rstd: numbers() };
  const gammas = weight && numbersOf(weight);
  const [scale, centre, slope, group] = [numbers(), numbers(), numbers(), new Uint32Array(count)];
  for (let run = 0; run < count; run++) {
    const index = Math.floor((run * groups) / channels);
    const deviations = deviationsFrom(mean.data[index], rstd.data[index]);
    if (gammas) runs.gamma[run] = gammas[run % channels];
    runs.rstd[run] = rstd.data[index];
    [scale[run], centre[run], slope[run], group[run]] = [deviations.scale, deviations.centre, deviations.slope, index];
  }
  return { ...runs, scale, centre, slope, group };
}

function sumUp({ count, blocks, span, columns, scale, centre, slope }: Runs, dy: Computed, x: Computed): Sums {
  const [gradients, products, deviations] = [new PairSums(count), new PairSums(count), new PairSums(count)];
  let i = 0;
  for (let block = 0; block < blocks; block++) {
    const first = (block * columns) % count;
    for (let step = 0; step < span; step++) {
      for (let run = first; run < first + columns; run++, i++) {
        const h = (x[i] * scale[run] - centre[run]) * slope[run];
        gradients.add(run, dy[i]);
        products.add(run, dy[i] * h);
        deviations.add(run, h);
      }
    }
  }
  return { gradients: gradients.totals(), products: products.totals(), deviations: deviations.totals() };
}

/** Corrects the sums of products by what rounding took from means, and takes means over groups. */
function share({ mean, rstd, x }: ChannelsBackwardJob, runs: Runs, { gradients, products, deviations }: Sums): Shared {
  const { count, gamma, group } = runs;
  const n = x.size / mean.size;
  const meanOver = (value: (run: number) => number): Float64Array => {
    const sums = new PairSums(mean.size);
    for (let run = 0; run < count; run++) sums.add(group[run], value(run));
    return sums.totals().map((sum) => sum / n);
  };
  const offset = meanOver((run) => deviations[run]).map((average, index) => {
    return offsetOf(average, mean.data[index], rstd.data[index], x);
  });
  for (let run = 0; run < count; run++) {
    products[run] = reducedBy(offset[group[run]], products[run], gradients[run]);
  }
  return {
    offset,
    average: meanOver((run) => gamma[run] * gradients[run]),
    tilt: meanOver((run) => gamma[run] * products[run]),
  };
}

/** Sums of a channel over samples. */
function overSamples({ count, channels }: Runs, values: Float64Array, out: Operand): void {
  const sums = new PairSums(channels);
  for (let run = 0; run < count; run++) sums.add(run % channels, values[run]);
  writeNumbers(out, sums.totals());
}

/** rstd * (g - average - xhat * tilt); where statistics are constants, rstd * g. */
function map(runs: Runs, shared: Shared | undefined, dy: Computed, x: Computed, dx: Computed): void {
  const { count, blocks, span, columns, gamma, rstd, scale, centre, slope, group } = runs;
  let i = 0;
  for (let block = 0; block < blocks; block++) {
    const first = (block * columns) % count;
    for (let step = 0; step < span; step++) {
      for (let run = first; run < first + columns; run++, i++) {
        let g = dy[i] * gamma[run];
        if (shared) {
          const index = group[run];
          const xhat = (x[i] * scale[run] - centre[run]) * slope[run] - shared.offset[index];
          g -= shared.average[index] + xhat * shared.tilt[index];
        }
        dx[i] = rstd[run] * g;
      }
    }
  }
}
