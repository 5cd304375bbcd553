// Gradients of group, instance and batch norm: the sums of channels, what follows from them, and the map; sample by sample,
// or for batch norm over all samples first.

import { computeFormat } from "../../../dtype.js";
import { computeArray, numbersOf, writeNumbers } from "../../../elements.js";
import { ScratchPlan } from "../../../engine/scratch.js";
import { type Operand, ownOperand } from "../../../ops/operand.js";
import type { ChannelsBackwardJob } from "../../backend.js";
import { jsBackend } from "../../js/backend.js";
import { PairSums } from "../../portable/pair_sums.js";
import { affineGlobal } from "../affine.js";
import type { WasmContext } from "../context.js";
import { combine, type Combination, newCoefficients, type ChannelCoefficients } from "./combine.js";
import { columnSweeps } from "./columns.js";
import { repairSums } from "./precise.js";
import { runSweeps } from "./runs.js";

/** What sweeps need to know of a job. */
export type SweepJob = Pick<ChannelsBackwardJob, "gradOutput" | "x" | "gradInput" | "shape" | "batched">;

/** The two sweeps over what shares statistics along the places of a block, for one of `blocks` blocks. */
export interface Sweeps {
  readonly blocks: number;
  /** Channels that have their turn at once. */
  readonly width: number;
  /**
   * The address of three float64 sums for each of `count` channels, of dy, of dy * h and of h; the means and rstds are those
   * of `coefficients`. Where x takes the place of dy, they are of x, of x * h and of h.
   */
  sum(block: number, coefficients: ChannelCoefficients, first: number, count: number, ofX?: boolean): number;
  map(block: number, coefficients: ChannelCoefficients, first: number, count: number): void;
}

export function channelsBackward(context: WasmContext, job: ChannelsBackwardJob): void {
  const { functionName, shape, frozen, gradInput, gradWeight, gradBias } = job;
  const wantsSums = gradWeight !== undefined || gradBias !== undefined || (gradInput !== undefined && !frozen);
  const [weight, bias] = [new PairSums(shape.channels), new PairSums(shape.channels)];
  if (wantsSums) {
    const plan = new ScratchPlan();
    const sweeps = (inColumns(job) ? columnSweeps : runSweeps)(context, plan, job);
    plan.with(context.store, functionName, () => sweep(context, job, sweeps, weight, bias));
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
function sweep(
  { store }: WasmContext,
  job: ChannelsBackwardJob,
  sweeps: Sweeps,
  weight: PairSums,
  bias: PairSums,
): void {
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
  const forEachStrip = (visit: (first: number, count: number) => void) => {
    for (let first = 0; first < channels; first += sweeps.width) visit(first, Math.min(sweeps.width, channels - first));
  };
  const sums = new Float64Array(3 * channels);
  const sumsOf = (block: number) => {
    forEachStrip((first, count) => {
      const at = sweeps.sum(block, coefficients, first, count) / 8;
      sums.set(store.memory.views.float64.subarray(at, at + 3 * count), 3 * first);
    });
    const size = job.x.size / sweeps.blocks;
    const read = (operand: Operand) => numbersOf(partOf(operand, block * size, size));
    repairSums(sums, job, read, { channels, run: shape.last ? 1 : span }, coefficients);
    return sums;
  };
  const map = (block: number) => {
    if (mapsX) forEachStrip((first, count) => sweeps.map(block, coefficients, first, count));
  };
  if (batched) {
    setStatistics(0);
    combine(combination, totalOf(sweeps.blocks, sumsOf, channels), coefficients, weight, bias);
    for (let block = sweeps.blocks - 1; block >= 0; block--) map(block);
  } else {
    for (let sample = 0; sample < sweeps.blocks; sample++) {
      setStatistics(sample);
      combine(combination, sumsOf(sample), coefficients, weight, bias);
      map(sample);
    }
  }
}

/** What gives channels the statistics of a sample's groups. */
function statisticsOf(
  { mean, rstd, shape, groups }: ChannelsBackwardJob,
  coefficients: ChannelCoefficients,
): (sample: number) => void {
  const [means, rstds] = [numbersOf(mean), numbersOf(rstd)];
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

/** Statistics that are constants: dx = dy * (gamma * rstd), whatever x is. In one call, whose scratch is there or is not. */
function mapFrozen(context: WasmContext, job: ChannelsBackwardJob): void {
  const { functionName, shape, gradOutput, gradInput } = job;
  const { channels, span, last } = shape;
  const period = job.rstd.size;
  if (last && period > channels) {
    // No kernel has coefficients for every sample of columns.
    jsBackend.channelsBackward({ ...job, gradWeight: undefined, gradBias: undefined });
    return;
  }
  const format = computeFormat(job.x.format);
  const gamma = job.weight && numbersOf(job.weight);
  const scale = computeArray(format, period);
  scale.set(numbersOf(job.rstd));
  if (gamma) for (let i = 0; i < period; i++) scale[i] *= gamma[i % channels];
  affineGlobal(context, {
    functionName,
    x: gradOutput,
    out: gradInput!,
    runs: last ? gradOutput.size : gradOutput.size / span,
    span: last ? 1 : span,
    period,
    centre: undefined,
    scale: ownOperand(scale, [period], format),
    // Added, -0 changes nothing.
    bias: ownOperand(computeArray(format, period).fill(-0), [period], format),
  });
}

/** Some of an operand's elements. */
function partOf(operand: Operand, start: number, count: number): Operand {
  const { offset, format, size } = operand;
  if (count === size) return operand;
  const data = (operand.data as Float32Array).subarray(start, start + count);
  if (offset < 0) return ownOperand(data, [count], format);
  return { data, sizes: [count], size: count, offset: offset + start * format.bytes, format };
}
