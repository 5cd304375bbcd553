// Channels last: a block is a sample, or for batch norm all of them; a channel is a column of its steps.

import { COLUMN_GROUP_BYTES } from "../../../engine/gradient_module.js";
import type { ScratchPlan } from "../../../engine/scratch.js";
import { bytesOf, isDirect, largestTileOf, stageIn, stageOut, tileOf } from "../../../engine/staging.js";
import type { WasmContext } from "../context.js";
import type { SweepJob, Sweeps } from "./channels.js";
import type { ChannelCoefficients } from "./combine.js";
import { addressOf, MOST_CHANNELS, planBytes } from "./gradients.js";

/** Parts are cut at multiples of this, which is the kernels' block of steps. */
const UNIT = 16;

export function columnSweeps(context: WasmContext, plan: ScratchPlan, job: SweepJob): Sweeps {
  const { gradOutput, x, gradInput, batched } = job;
  const { samples, channels, span } = job.shape;
  const { compute } = x.format;
  const kernels = context.gradients()[compute];
  const bytes = bytesOf(compute);
  const direct = isDirect(x);
  const blocks = batched ? 1 : samples;
  const steps = (samples / blocks) * span;
  const size = steps * channels;
  // A block that fits stays in its tile from its sums to its map.
  const most = Math.min(channels, MOST_CHANNELS);
  const kept = !direct && channels === most && 2 * size <= largestTileOf(compute);
  const room = tileOf(compute) / 2;
  // Columns, and steps of them, that are staged at once.
  const width = direct || kept ? most : Math.min(most, Math.floor(room / UNIT));
  const partSteps = direct || kept ? steps : Math.min(steps, Math.floor(room / width / UNIT) * UNIT);
  const stateOf = planBytes(plan, kernels.columns_bytes(width));
  const totalsOf = planBytes(plan, 3 * width * 8);
  const tiles = planBytes(plan, direct ? 0 : 2 * width * partSteps * bytes);
  let staged = -1;

  // Where nothing is staged, the map takes what the sums have read last first: it is still in a cache.
  const mapSteps = direct ? Math.max(1, Math.floor(room / width)) : partSteps;

  function forEachPart(
    block: number,
    first: number,
    columns: number,
    most: number,
    fromLast: boolean,
    visit: Visit,
  ): void {
    const parts = Math.ceil(steps / most);
    for (let part = 0; part < parts; part++) {
      const step = (fromLast ? parts - 1 - part : part) * most;
      const count = Math.min(most, steps - step);
      const element = block * size + step * channels + first;
      const dy = direct ? addressOf(gradOutput, element) : tiles();
      const from = direct ? addressOf(x, element) : dy + count * columns * bytes;
      if (!direct && staged !== element) {
        move(stageIn, dy, gradOutput, element, count, columns);
        move(stageIn, from, x, element, count, columns);
      }
      staged = kept ? element : -1;
      visit(count, direct ? channels : columns, dy, from, element);
    }
  }

  /** Steps to a tile or back: all at once where they follow each other. */
  function move(
    stage: typeof stageIn,
    at: number,
    operand: typeof x,
    element: number,
    count: number,
    columns: number,
  ): void {
    if (columns === channels) stage(context, at, operand, element, count * columns);
    else
      for (let step = 0; step < count; step++) {
        stage(context, at + step * columns * bytes, operand, element + step * channels, columns);
      }
  }

  /** Stores what the kernels have of each column: a vector of each array after the other. */
  function store(first: number, columns: number, arrays: readonly Float64Array[]): void {
    const numbers = context.store.memory.views[compute];
    const lanes = 16 / bytes;
    for (let column = 0; column < columns; column++) {
      const lane = column % lanes;
      let at = (stateOf() + ((column - lane) / lanes) * COLUMN_GROUP_BYTES) / bytes + lane;
      for (const array of arrays) {
        numbers[at] = array[first + column];
        at += lanes;
      }
    }
  }

  return {
    blocks,
    width,
    sum(block, { mean, rstd }, first, columns, ofX) {
      const state = stateOf();
      kernels.begin_columns(state, columns);
      store(first, columns, [mean, rstd]);
      forEachPart(block, first, columns, partSteps, false, (steps, stride, dy, x) => {
        kernels.accumulate_columns(state, ofX ? x : dy, x, steps, stride, columns);
      });
      kernels.total_columns(totalsOf(), state, columns);
      return totalsOf();
    },
    map(block, coefficients, first, columns) {
      store(first, columns, arraysOf(coefficients));
      forEachPart(block, first, columns, mapSteps, true, (steps, stride, dy, x, element) => {
        const dx = direct ? addressOf(gradInput, element) : dy;
        kernels.map_columns(dx, dy, x, stateOf(), steps, stride, columns);
        if (!direct) move(stageOut, dx, gradInput!, element, steps, columns);
      });
      // The tile holds results now.
      staged = -1;
    },
  };
}

/** Takes some steps, `stride` elements apart. */
type Visit = (steps: number, stride: number, dy: number, x: number, element: number) => void;

function arraysOf({ mean, rstd, factor, slope, constant }: ChannelCoefficients): readonly Float64Array[] {
  return [mean, rstd, factor, slope, constant];
}
