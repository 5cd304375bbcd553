// normalize: x over its norm, along rows of contiguous elements or along columns.

import { ScratchPlan } from "../../engine/scratch.js";
import { blockTileOf, bytesOf, isDirect, stageIn, stageOut, tileOf } from "../../engine/staging.js";
import type { PowerJob } from "../backend.js";
import { type ColumnBlocks, planColumnAccess, stripOf } from "./column_access.js";
import { addKernelScratch, kernelsFor, type WasmContext } from "./context.js";
import { forEachPart, forEachPartBackwards, planAccess } from "./group_access.js";

/** What powers_finish and power_columns_finish say where sums must be taken again; see assembly/powers/state.ts. */
const RESCALE = 2;

/** Columns of a strip at most. */
const WIDEST = 1024;

export function power(context: WasmContext, job: PowerJob): void {
  const { steps, columns, x } = job;
  const { compute } = x.format;
  const fits = isDirect(x) || steps * columns <= (columns === 1 ? tileOf(compute) : blockTileOf(compute));
  if (fits) wholeBlocks(context, job);
  else if (columns === 1) longRows(context, job);
  else strips(context, job);
}

/** All blocks where they are, or as many at a time as a tile holds. */
function wholeBlocks(context: WasmContext, job: PowerJob): void {
  const { blocks, steps, columns, p, eps, x, out } = job;
  const { compute } = x.format;
  const kernels = kernelsFor(context, x);
  const direct = isDirect(x);
  const block = steps * columns;
  const atOnce = direct ? blocks : Math.min(blocks, Math.max(1, Math.floor(tileOf(compute) / block)));
  const plan = new ScratchPlan();
  const rowScratch = columns === 1 ? addKernelScratch(context, plan) : undefined;
  const columnScratch = rowScratch ? 0 : plan.add(Math.ceil(kernels.normalize_columns_scratch(columns) / 4));
  const tileAt = direct ? 0 : plan.add(atOnce * block, bytesOf(compute));
  plan.with(context.store, job.functionName, (base) => {
    const from = direct ? x.offset : base + tileAt;
    const to = direct ? out.offset : base + tileAt;
    for (let first = 0; first < blocks; first += atOnce) {
      const count = Math.min(atOnce, blocks - first);
      if (!direct) stageIn(context, from, x, first * block, count * block);
      if (rowScratch) kernels.normalize_rows(to, from, count, steps, p, eps, rowScratch(base));
      else kernels.normalize_columns(to, from, count, steps, columns, p, eps, base + columnScratch);
      if (!direct) stageOut(context, to, out, first * block, count * block);
    }
  });
}

/** Rows longer than a tile: sums, then the map. */
function longRows(context: WasmContext, job: PowerJob): void {
  const { blocks: rows, steps: n, p, eps, x, out } = job;
  const kernels = kernelsFor(context, x);
  const tile = tileOf(x.format.compute);
  const plan = new ScratchPlan();
  const stateOf = addKernelScratch(context, plan);
  const accessOf = planAccess(context, plan, x, out, n);
  plan.with(context.store, job.functionName, (base) => {
    const access = accessOf(base);
    const state = stateOf(base);
    for (let row = 0; row < rows; row++) {
      const group = { pieces: 1, run: n, startOf: () => row * n };
      const sweep = (take: (state: number, x: number, count: number) => void) => {
        forEachPart(group, tile, (piece, start, count) => take(state, access.read(piece, start, count), count));
      };
      access.open(group);
      kernels.powers_begin(state, p);
      sweep(kernels.powers_accumulate);
      if (kernels.powers_finish(state, eps) === RESCALE) {
        sweep(kernels.powers_magnitude);
        if (kernels.powers_rescale(state)) sweep(kernels.powers_accumulate);
        kernels.powers_finish(state, eps);
      }
      forEachPartBackwards(group, tile, (piece, start, count) => {
        kernels.powers_map(access.target(piece, start), access.read(piece, start, count), count, state);
        access.write(piece, start, count);
      });
    }
  });
}

/** Blocks larger than a tile, strip by strip. */
function strips(context: WasmContext, job: PowerJob): void {
  const { steps, columns, p, eps, x, out } = job;
  const kernels = kernelsFor(context, x);
  const starts = Float64Array.from({ length: job.blocks }, (_, block) => block * steps * columns);
  const blocks: ColumnBlocks = { starts, pieces: Float64Array.of(0), steps, columns, width: 1 };
  const { strip, partSteps } = stripOf(blocks, x, WIDEST);
  const plan = new ScratchPlan();
  const stateAt = plan.add(Math.ceil(kernels.power_columns_state_bytes(strip) / 4));
  const accessOf = planColumnAccess(context, plan, x, out, blocks, strip, partSteps);
  plan.with(context.store, job.functionName, (base) => {
    const access = accessOf(base);
    const state = base + stateAt;
    const sweep = (take: (state: number, x: number, steps: number, stride: number) => void) => {
      for (let step = 0; step < steps; step += partSteps) {
        const part = Math.min(partSteps, steps - step);
        take(state, access.read(0, step, part), part, access.stride);
      }
    };
    for (const start of starts) {
      for (let first = 0; first < columns; first += strip) {
        const count = Math.min(strip, columns - first);
        access.open(start, first, count);
        kernels.power_columns_begin(state, count, p);
        sweep(kernels.power_columns_accumulate);
        if (kernels.power_columns_finish(state, eps) === RESCALE) {
          sweep(kernels.power_columns_magnitude);
          if (kernels.power_columns_rescale(state)) sweep(kernels.power_columns_accumulate);
          kernels.power_columns_finish(state, eps);
        }
        for (let step = 0; step < steps; step += partSteps) {
          const part = Math.min(partSteps, steps - step);
          const from = access.read(0, step, part);
          kernels.power_columns_map(access.target(0, step), from, part, access.stride, state);
          access.write(0, step, part);
        }
      }
    }
  });
}
