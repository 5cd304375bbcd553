// Channels first: a block is a sample, and a channel of it a run of contiguous elements.

import { COEFFICIENT_BYTES, SUMS_BYTES } from "../../../engine/gradient_module.js";
import type { ScratchPlan } from "../../../engine/scratch.js";
import { bytesOf, isDirect, largestTileOf, stageIn, stageOut, tileOf } from "../../../engine/staging.js";
import type { WasmContext } from "../context.js";
import type { SweepJob, Sweeps } from "./channels.js";
import type { ChannelCoefficients } from "./combine.js";
import { addressOf, MOST_CHANNELS, planBytes } from "./gradients.js";

/** Parts of a run are cut at multiples of this, which is one of the kernels' blocks. */
const UNIT = 128;

export function runSweeps(context: WasmContext, plan: ScratchPlan, job: SweepJob): Sweeps {
  const { gradOutput, x, gradInput } = job;
  const { samples, channels, span } = job.shape;
  const { compute } = x.format;
  const kernels = context.gradients()[compute];
  const bytes = bytesOf(compute);
  const direct = isDirect(x);
  const size = channels * span;
  const most = Math.min(channels, MOST_CHANNELS);
  // A sample that fits stays in its tile from its sums to its map.
  const kept = !direct && channels === most && 2 * size <= largestTileOf(compute);
  const room = direct ? Infinity : kept ? size : tileOf(compute) / 2;
  const part = span <= room ? span : Math.floor(room / UNIT) * UNIT;
  const runsAtOnce = direct ? most : Math.max(1, Math.min(most, Math.floor(room / span)));
  const sumsOf = planBytes(plan, most * SUMS_BYTES);
  const coefficientsOf = planBytes(plan, most * COEFFICIENT_BYTES);
  const tiles = planBytes(plan, direct ? 0 : 2 * Math.min(size, runsAtOnce * part) * bytes);
  let staged = -1;

  /** Takes the runs of a strip of a sample, as many at a time as there is room for, or parts of one. */
  function forEachPart(sample: number, first: number, strip: number, visit: Visit): void {
    for (let run = first; run < first + strip; run += runsAtOnce) {
      const runs = Math.min(runsAtOnce, first + strip - run);
      for (let start = 0; start < span; start += part) {
        const count = Math.min(part, span - start);
        const element = sample * size + run * span + start;
        const elements = runs * count;
        const dy = direct ? addressOf(gradOutput, element) : tiles();
        const from = direct ? addressOf(x, element) : dy + elements * bytes;
        if (!direct && staged !== element) {
          stageIn(context, dy, gradOutput, element, elements);
          stageIn(context, from, x, element, elements);
        }
        staged = kept ? element : -1;
        visit(run - first, runs, count, dy, from, element);
      }
    }
  }

  return {
    blocks: samples,
    width: most,
    sum(sample, { mean, rstd }, first, strip, ofX) {
      const [sums, means] = [sumsOf(), coefficientsOf()];
      const rstds = means + strip * bytes;
      const { views } = context.store.memory;
      views[compute].set(mean.subarray(first, first + strip), means / bytes);
      views[compute].set(rstd.subarray(first, first + strip), rstds / bytes);
      views.bytes.fill(0, sums, sums + strip * SUMS_BYTES);
      forEachPart(sample, first, strip, (run, runs, count, dy, x) => {
        const offset = run * bytes;
        const g = ofX ? x : dy;
        kernels.accumulate_runs(sums + run * SUMS_BYTES, g, x, means + offset, rstds + offset, runs, count, count);
      });
      kernels.total_runs(sums, strip);
      return sums;
    },
    map(sample, coefficients, first, strip) {
      const at = coefficientsOf();
      storeCoefficients(context.store.memory.views[compute], at / bytes, 8 / bytes, coefficients, first, strip);
      forEachPart(sample, first, strip, (run, runs, count, dy, x, element) => {
        const dx = direct ? addressOf(gradInput, element) : dy;
        kernels.map_runs(dx, dy, x, at + run * COEFFICIENT_BYTES, runs, count, count);
        if (!direct) stageOut(context, dx, gradInput!, element, runs * count);
      });
      // The tile holds results now.
      staged = -1;
    },
  };
}

/** Takes `count` elements of each of some runs, from the `run`th of the strip on. */
type Visit = (run: number, runs: number, count: number, dy: number, x: number, element: number) => void;

/** Mean, factor, rstd, slope and constant of each run, eight bytes apart. */
function storeCoefficients(
  numbers: Float32Array | Float64Array,
  first: number,
  apart: number,
  { mean, factor, rstd, slope, constant }: ChannelCoefficients,
  firstRun: number,
  runs: number,
): void {
  let at = first;
  for (let run = firstRun; run < firstRun + runs; run++) {
    for (const coefficient of [mean, factor, rstd, slope, constant]) {
      numbers[at] = coefficient[run];
      at += apart;
    }
  }
}
