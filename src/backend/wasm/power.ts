// normalize: x over its norm, along rows of contiguous elements or along columns.

import type { KernelSet } from "../../engine/module.js";
import { ScratchPlan } from "../../engine/scratch.js";
import type { PowerJob } from "../backend.js";
import { wholeBlocks } from "../blocks.js";
import { planAccess, stripOf, stripOfGroup } from "./access.js";
import { kernelsFor, planKernelScratch, type WasmContext } from "./context.js";
import { fitsTile, planWholeTiles } from "./tiles.js";

/** What powers_finish and power_columns_finish say where sums must be taken again; see assembly/powers/state.ts. */
const RESCALE = 2;

/** Columns of a strip at most. */
const WIDEST = 1024;

export function power(context: WasmContext, job: PowerJob): void {
  const { steps, columns, x } = job;
  if (fitsTile(x, steps, columns)) tiles(context, job);
  else strips(context, job);
}

/** Whole blocks. */
function tiles(context: WasmContext, job: PowerJob): void {
  const { blocks, steps, columns, p, eps } = job;
  const kernels = kernelsFor(context, job.x);
  const plan = new ScratchPlan();
  const scratch =
    columns === 1 ? planKernelScratch(context, plan) : planBytes(plan, kernels.normalize_columns_scratch(columns));
  const tiles = planWholeTiles(context, plan, job, blocks, steps * columns);
  plan.with(context.store, job.functionName, () => {
    tiles.forEach(({ to, from, count }) => {
      if (columns === 1) kernels.normalize_rows(to, from, count, steps, p, eps, scratch());
      else kernels.normalize_columns(to, from, count, steps, columns, p, eps, scratch());
    });
  });
}

function planBytes(plan: ScratchPlan, bytes: number): () => number {
  const relative = plan.add(Math.ceil(bytes / 4));
  return () => plan.base + relative;
}

/** The resumable kernels, of rows or of columns. */
interface Resumable {
  begin(state: number, columns: number): void;
  accumulate(state: number, x: number, steps: number, stride: number): void;
  magnitude(state: number, x: number, steps: number, stride: number): void;
  rescale(state: number): number;
  finish(state: number, eps: number): number;
  map(out: number, x: number, steps: number, stride: number, state: number): void;
}

function resumableOf(kernels: KernelSet, p: number, rows: boolean): Resumable {
  if (!rows) {
    return {
      begin: (state, columns) => kernels.power_columns_begin(state, columns, p),
      accumulate: kernels.power_columns_accumulate,
      magnitude: kernels.power_columns_magnitude,
      rescale: kernels.power_columns_rescale,
      finish: kernels.power_columns_finish,
      map: kernels.power_columns_map,
    };
  }
  return {
    begin: (state) => kernels.powers_begin(state, p),
    accumulate: kernels.powers_accumulate,
    magnitude: kernels.powers_magnitude,
    rescale: kernels.powers_rescale,
    finish: kernels.powers_finish,
    map: (out, x, count, _, state) => kernels.powers_map(out, x, count, state),
  };
}

/** Blocks larger than a tile, strip by strip: sums, then the map. */
function strips(context: WasmContext, job: PowerJob): void {
  const { blocks: count, steps, columns, p, eps, x } = job;
  const kernels = kernelsFor(context, x);
  const blocks = wholeBlocks(count, steps, columns);
  const rows = columns === 1;
  const strip = rows ? stripOfGroup(x) : stripOf(blocks, x, WIDEST);
  const { begin, accumulate, magnitude, rescale, finish, map } = resumableOf(kernels, p, rows);
  const plan = new ScratchPlan();
  const access = planAccess(context, plan, job, blocks, strip);
  const stateOf = rows
    ? planKernelScratch(context, plan)
    : planBytes(plan, kernels.power_columns_state_bytes(strip.strip));
  plan.with(context.store, job.functionName, () => {
    const state = stateOf();
    const sweep = (take: Resumable["accumulate"]) => access.sweep((at, part, stride) => take(state, at, part, stride));
    access.forEachStrip((_, __, count) => {
      begin(state, count);
      sweep(accumulate);
      if (finish(state, eps) === RESCALE) {
        sweep(magnitude);
        if (rescale(state)) sweep(accumulate);
        finish(state, eps);
      }
      access.map((to, from, part, stride) => map(to, from, part, stride, state));
    });
  });
}
