// Gradients of group, instance and batch norm: the sums of channels, what follows from them, and the map; sample by sample,
// or for batch norm over all samples first.

import { computeFormat } from "../../../dtype.js";
import { computeArray, numbersOf, writeNumbers } from "../../../elements.js";
import { ScratchPlan } from "../../../engine/scratch.js";
import { type Operand, ownOperand } from "../../../ops/operand.js";
import type { ChannelsBackwardJob } from "../../backend.js";
import { PairSums } from "../../portable/pair_sums.js";
import { affineGlobal } from "../affine.js";
import type { WasmContext } from "../context.js";
import { combine, type Combination, newCoefficients, type ChannelCoefficients } from "./combine.js";
import { columnSweeps } from "./columns.js";
import { repairSums } from "./precise.js";
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
  const [weight, bias] = [new PairSums(shape.channels), new PairSums(shape.channels)];
  if (wantsSums) {
    const plan = new ScratchPlan();
    const sweeps = (inColumns(job) ? columnSweeps : runSweeps)(context, plan, job);
    plan.with(context.store, functionName, () => sweep(job, sweeps, weight, bias));
  }
  if (gradInput && frozen) mapFrozen(context, job);
  // Last: the map of constant statistics takes scratch, and may be refused it.
  if (gradWeight) writeNumbers(gradWeight, weight.totals());
  if (gradBias) writeNumbers(gradBias, bias.totals());
}

/** Channels that lie side by side, and have several places. */
function inColumns({ shape: { span, last }, batched }: ChannelsBackwardJob): boolean {
  return last ? span > 1 || batched : span === 1 && batched;
}

/** Takes the sums of all blocks, into those of weight and bias, and maps x unless statistics are constants. */
function sweep(job: ChannelsBackwardJob, sweeps: Sweeps, weight: PairSums, bias: PairSums): void {
  const { shape, groups, batched, frozen, gradInput } = job;
  const { samples, channels, span } = shape;
  const combination: Combination = {
    format: job.x.format,
    channels,
    groups,
    size: (channels / groups) * span * (batched ? samples : 1),
    frozen,
    gamma: job.weight && numbersOf(job.weight),
  };
  const coefficients = newCoefficients(channels);
  const setStatistics = statisticsOf(job, coefficients);
  const mapsX = gradInput !== undefined && !frozen;
  const sumsOf = (block: number) => {
    const sums = sweeps.sum(block, coefficients);
    const size = job.x.size / sweeps.blocks;
    const partIn = (operand: Operand) => () => partOf(operand, block * size, size);
    repairSums(sums, partIn(job.gradOutput), partIn(job.x), { channels, run: shape.last ? 1 : span }, coefficients);
    return sums;
  };
  if (batched) {
    setStatistics(0);
    combine(combination, totalOf(sweeps.blocks, sumsOf, channels), coefficients, weight, bias);
    if (mapsX) for (let block = sweeps.blocks - 1; block >= 0; block--) sweeps.map(block, coefficients);
  } else {
    for (let sample = 0; sample < sweeps.blocks; sample++) {
      setStatistics(sample);
      combine(combination, sumsOf(sample), coefficients, weight, bias);
      if (mapsX) sweeps.map(sample, coefficients);
    }
  }
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
function totalOf(blocks: number, sumsOf: (block: number) => Float64Array, channels: number): Float64Array {
  if (blocks === 1) return sumsOf(0);
  const totals = new PairSums(3 * channels);
  for (let block = 0; block < blocks; block++) {
    const sums = sumsOf(block);
    for (let index = 0; index < sums.length; index++) totals.add(index, sums[index]);
  }
  return totals.totals();
}

/** Statistics that are constants: dx = dy * (gamma * rstd), whatever x is. */
function mapFrozen(context: WasmContext, job: ChannelsBackwardJob): void {
  const { functionName, shape, gradOutput, gradInput, batched } = job;
  const { channels, span, last } = shape;
  const samples = batched ? 1 : shape.samples;
  const size = gradOutput.size / samples;
  const format = computeFormat(job.x.format);
  // Copies: each sample's map takes scratch, for which memory may grow.
  const gamma = job.weight && Float64Array.from(numbersOf(job.weight));
  const rstd = Float64Array.from(numbersOf(job.rstd));
  // Added, -0 changes nothing.
  const bias = ownOperand(computeArray(format, channels).fill(-0), [channels], format);
  for (let sample = 0; sample < samples; sample++) {
    const scale = computeArray(format, channels);
    for (let channel = 0; channel < channels; channel++) {
      const group = sample * job.groups + Math.floor(channel / (channels / job.groups));
      scale[channel] = rstd[group] * (gamma ? gamma[channel] : 1);
    }
    affineGlobal(context, {
      functionName,
      x: partOf(gradOutput, sample * size, size),
      out: partOf(gradInput!, sample * size, size),
      runs: last ? size : size / span,
      span: last ? 1 : span,
      period: channels,
      centre: undefined,
      scale: ownOperand(scale, [channels], format),
      bias,
    });
  }
}

/** Some of an operand's elements. */
function partOf(operand: Operand, start: number, count: number): Operand {
  const { offset, format, size } = operand;
  if (count === size) return operand;
  const data = (operand.data as Float32Array).subarray(start, start + count);
  if (offset < 0) return ownOperand(data, [count], format);
  return { data, sizes: [count], size: count, offset: offset + start * format.bytes, format };
}
