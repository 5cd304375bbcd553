// Gradients of group, instance and batch norm: the sums of channels, what follows from them, and the map; sample by sample,
// or for batch norm over all samples first.

import { computeFormat } from "../../../dtype.js";
import { computeArray, numbersOf, writeNumbers } from "../../../elements.js";
import { ScratchPlan } from "../../../engine/scratch.js";
import { ownOperand } from "../../../ops/operand.js";
import type { ChannelsBackwardJob } from "../../backend.js";
import { affineGlobal } from "../affine.js";
import type { WasmContext } from "../context.js";
import { ChannelSums, combine, type Combination, newCoefficients, type ChannelCoefficients } from "./combine.js";
import { columnSweeps } from "./columns.js";
import { runSweeps } from "./runs.js";

/** The two sweeps over what shares statistics along the places of a block, for one of `blocks` blocks. */
export interface Sweeps {
  readonly blocks: number;
  /** Three sums for each channel, of dy, of dy * h and of h; the means and rstds are those of `coefficients`. */
  sum(block: number, coefficients: ChannelCoefficients): Float64Array;
  map(block: number, coefficients: ChannelCoefficients): void;
}

export function channelsBackward(context: WasmContext, job: ChannelsBackwardJob): void {
  const { functionName, shape, frozen, gradInput, gradWeight, gradBias } = job;
  const wantsSums = gradWeight !== undefined || gradBias !== undefined || (gradInput !== undefined && !frozen);
  if (wantsSums) {
    const plan = new ScratchPlan();
    const sweeps = (inColumns(job) ? columnSweeps : runSweeps)(context, plan, job);
    plan.with(context.store, functionName, () => sweep(job, sweeps));
  }
  if (gradInput && frozen && shape.channels > 0) mapFrozen(context, job);
}

/** Channels that lie side by side, and have several places. */
function inColumns({ shape: { span, last }, batched }: ChannelsBackwardJob): boolean {
  return last ? span > 1 || batched : span === 1 && batched;
}

function sweep(job: ChannelsBackwardJob, sweeps: Sweeps): void {
  const { shape, groups, batched, frozen, gradInput, gradWeight, gradBias } = job;
  const { samples, channels, span } = shape;
  const combination: Combination = {
    compute: job.x.format.compute,
    channels,
    groups,
    size: (channels / groups) * span * (batched ? samples : 1),
    frozen,
    gamma: job.weight && numbersOf(job.weight),
  };
  const coefficients = newCoefficients(channels);
  const [weight, bias] = [new ChannelSums(channels), new ChannelSums(channels)];
  const setStatistics = statisticsOf(job, coefficients);
  const mapsX = gradInput !== undefined && !frozen;
  if (batched) {
    setStatistics(0);
    combine(combination, totalOf(sweeps, coefficients, channels), coefficients, weight, bias);
    if (mapsX) for (let block = sweeps.blocks - 1; block >= 0; block--) sweeps.map(block, coefficients);
  } else {
    for (let sample = 0; sample < sweeps.blocks; sample++) {
      setStatistics(sample);
      combine(combination, sweeps.sum(sample, coefficients), coefficients, weight, bias);
      if (mapsX) sweeps.map(sample, coefficients);
    }
  }
  if (gradWeight) writeNumbers(gradWeight, weight.totals());
  if (gradBias) writeNumbers(gradBias, bias.totals());
}

/** What gives channels the statistics of a sample's groups. */
function statisticsOf(
  { mean, rstd, shape, groups }: ChannelsBackwardJob,
  coefficients: ChannelCoefficients,
): (sample: number) => void {
  // Copies: memory may grow for scratch.
  const [means, rstds] = [Float64Array.from(numbersOf(mean)), Float64Array.from(numbersOf(rstd))];
  const width = shape.channels / groups;
  return (sample) => {
    for (let group = 0; group < groups; group++) {
      coefficients.mean.fill(means[sample * groups + group], group * width, (group + 1) * width);
      coefficients.rstd.fill(rstds[sample * groups + group], group * width, (group + 1) * width);
    }
  };
}

/** The sums of all blocks. */
function totalOf(sweeps: Sweeps, coefficients: ChannelCoefficients, channels: number): Float64Array {
  if (sweeps.blocks === 1) return sweeps.sum(0, coefficients);
  const totals = new ChannelSums(3 * channels);
  for (let block = 0; block < sweeps.blocks; block++) {
    const sums = sweeps.sum(block, coefficients);
    for (let index = 0; index < sums.length; index++) totals.add(index, sums[index]);
  }
  return totals.totals();
}

/** Statistics that are constants: dx = dy * (gamma * rstd), whatever x is. */
function mapFrozen(context: WasmContext, job: ChannelsBackwardJob): void {
  const { functionName, shape, gradOutput, gradInput } = job;
  const { samples, channels, span, last } = shape;
  const format = computeFormat(job.x.format);
  const gamma = job.weight && numbersOf(job.weight);
  const rstd = numbersOf(job.rstd);
  const periods = job.batched ? 1 : samples;
  const scale = computeArray(format, periods * channels);
  for (let index = 0; index < scale.length; index++) {
    const channel = index % channels;
    const group = Math.floor(index / (channels / job.groups));
    scale[index] = rstd[group] * (gamma ? gamma[channel] : 1);
  }
  // Added, -0 changes nothing.
  const bias = computeArray(format, scale.length).fill(-0);
  affineGlobal(context, {
    functionName,
    x: gradOutput,
    out: gradInput!,
    runs: last ? samples * span * channels : samples * channels,
    span: last ? 1 : span,
    period: scale.length,
    centre: undefined,
    scale: ownOperand(scale, [scale.length], format),
    bias: ownOperand(bias, [scale.length], format),
  });
}
