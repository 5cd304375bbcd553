// Gradients of group, instance and batch norm: sums per channel (of a sample, or where samples share statistics, of all),
// which groups add up, and a map.

import { numbersOf, writeNumbers } from "../../../elements.js";
import type { ChannelsBackwardJob } from "../../backend.js";
import { PairSums } from "../../portable/pair_sums.js";
import { type Computed, dataOf } from "../kernels.js";
import { deviationsFrom, offsetOf } from "./deviations.js";

export function channelsBackward(job: ChannelsBackwardJob): void {
  const { gradInput, gradWeight, gradBias } = job;
  const runs = new Runs(job);
  const needsSums = gradWeight !== undefined || gradBias !== undefined || !job.frozen;
  if (needsSums) runs.sumUp();
  if (!job.frozen) runs.shareSums(job);
  if (gradWeight) writeNumbers(gradWeight, runs.overSamples(runs.products));
  if (gradBias) writeNumbers(gradBias, runs.overSamples(runs.gradients));
  if (gradInput) runs.map(dataOf(gradInput));
}

/** The channels of all samples, or of one where samples share statistics; what is kept of each is at its index. */
class Runs {
  readonly #frozen: boolean;
  readonly #count: number;
  readonly #channels: number;
  /** Blocks of `span` steps of columns: a channel each, or all of them where they come last. */
  readonly #blocks: number;
  readonly #span: number;
  readonly #columns: number;
  readonly #dy: Computed;
  readonly #x: Computed;
  /** Per channel. */
  readonly #gamma: Computed | undefined;
  /** (x * scale - centre) * slope is the deviation, (x - mean) * rstd. */
  readonly #scale: Float64Array;
  readonly #centre: Float64Array;
  readonly #slope: Float64Array;
  readonly #rstd: Float64Array;
  /** The group of statistics. */
  readonly #group: Uint32Array;
  /** Of a group: what deviations are to be reduced by, and the means of g = dy * gamma and of g * xhat. */
  readonly #offset: Float64Array;
  readonly #average: Float64Array;
  readonly #tilt: Float64Array;
  /** Sums of dy, and of dy * xhat. */
  gradients: Float64Array;
  products: Float64Array;
  #deviations: Float64Array;

  constructor({ shape, groups, batched, frozen, gradOutput, x, weight, mean, rstd }: ChannelsBackwardJob) {
    const { samples, channels, span, last } = shape;
    const count = batched ? channels : samples * channels;
    const numbers = () => new Float64Array(count);
    this.#frozen = frozen;
    [this.#count, this.#channels, this.#span] = [count, channels, span];
    [this.#blocks, this.#columns] = last ? [samples, channels] : [samples * channels, 1];
    [this.#dy, this.#x, this.#gamma] = [dataOf(gradOutput), dataOf(x), weight && numbersOf(weight)];
    [this.#scale, this.#centre, this.#slope, this.#rstd] = [numbers(), numbers(), numbers(), numbers()];
    [this.gradients, this.products, this.#deviations] = [numbers(), numbers(), numbers()];
    [this.#offset, this.#average, this.#tilt] = [numbers(), numbers(), numbers()];
    this.#group = new Uint32Array(count);
    const width = channels / groups;
    for (let run = 0; run < count; run++) {
      const group = Math.floor(run / width);
      const deviations = deviationsFrom(mean.data[group], rstd.data[group]);
      this.#group[run] = group;
      this.#scale[run] = deviations.scale;
      this.#centre[run] = deviations.centre;
      this.#slope[run] = deviations.slope;
      this.#rstd[run] = rstd.data[group];
    }
  }

  sumUp(): void {
    const sums = [this.#count, this.#count, this.#count].map((count) => new PairSums(count));
    const [gradients, products, deviations] = sums;
    this.#forEach((i, run) => {
      const h = (this.#x[i] * this.#scale[run] - this.#centre[run]) * this.#slope[run];
      gradients.add(run, this.#dy[i]);
      products.add(run, this.#dy[i] * h);
      deviations.add(run, h);
    });
    [this.gradients, this.products, this.#deviations] = sums.map((sum) => sum.totals());
  }

  /** The sums of groups; and those of products as if the mean had not been rounded. */
  shareSums({ shape, groups, batched, mean, rstd, x }: ChannelsBackwardJob): void {
    const n = x.size / groups / (batched ? 1 : shape.samples);
    const deviations = this.#overGroups((run) => this.#deviations[run]);
    for (let group = 0; group < mean.size; group++) {
      this.#offset[group] = offsetOf(deviations[group] / n, mean.data[group], rstd.data[group], x);
    }
    for (let run = 0; run < this.#count; run++) {
      this.products[run] -= this.#offset[this.#group[run]] * this.gradients[run];
    }
    const gamma = (run: number) => (this.#gamma ? this.#gamma[run % this.#channels] : 1);
    const averages = this.#overGroups((run) => gamma(run) * this.gradients[run]);
    const tilts = this.#overGroups((run) => gamma(run) * this.products[run]);
    for (let group = 0; group < mean.size; group++) {
      this.#average[group] = averages[group] / n;
      this.#tilt[group] = tilts[group] / n;
    }
  }

  #overGroups(value: (run: number) => number): Float64Array {
    const sums = new PairSums(this.#count);
    for (let run = 0; run < this.#count; run++) sums.add(this.#group[run], value(run));
    return sums.totals();
  }

  overSamples(values: Float64Array): Float64Array {
    const sums = new PairSums(this.#channels);
    for (let run = 0; run < this.#count; run++) sums.add(run % this.#channels, values[run]);
    return sums.totals();
  }

  /** rstd * (g - average - xhat * tilt); where statistics are constants, rstd * g. */
  map(dx: Computed): void {
    this.#forEach((i, run) => {
      const group = this.#group[run];
      const g = this.#gamma ? this.#dy[i] * this.#gamma[run % this.#channels] : this.#dy[i];
      const h = (this.#x[i] * this.#scale[run] - this.#centre[run]) * this.#slope[run];
      const shared = this.#frozen ? 0 : this.#average[group] + (h - this.#offset[group]) * this.#tilt[group];
      dx[i] = this.#rstd[run] * (g - shared);
    });
  }

  /** Visits every element, in the order of memory, with its run. */
  #forEach(visit: (i: number, run: number) => void): void {
    let i = 0;
    for (let block = 0; block < this.#blocks; block++) {
      const first = (block * this.#columns) % this.#count;
      for (let step = 0; step < this.#span; step++) {
        for (let column = 0; column < this.#columns; column++) visit(i++, first + column);
      }
    }
  }
}
