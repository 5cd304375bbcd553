// Columns: channels-last group, instance and batch norm, and statistics over axes that do not end the shape.

import { ScratchPlan } from "../../engine/scratch.js";
import { blockTileOf, bytesOf, isDirect, stageIn, stageOut, tileOf } from "../../engine/staging.js";
import type { Columns } from "../../plan.js";
import type { MomentsJob, NormalizeJob } from "../backend.js";
import type { ColumnBlocks } from "./column_access.js";
import { columnGroupMoments, normalizeColumnGroups } from "./column_groups.js";
import { addOperand, flagsOf, kernelsFor, type WasmContext, wholeAddress } from "./context.js";
import { type ForEachGroup, normalizeGroups } from "./groups.js";
import { planStatistics } from "./statistics.js";

/** Groups of so many columns, a chunk of the row kernels, are rows in pieces: nothing is gained by a sum per column. */
const WIDE = 8192;

export function normalizeColumns(context: WasmContext, job: NormalizeJob, reduction: Columns): void {
  const { blocks, steps, columns, width } = reduction;
  const block = steps * columns;
  if (width >= WIDE) normalizeGroups(context, job, wideGroups(reduction));
  else if (isDirect(job.x)) normalizeBlocks(context, job, reduction, blocks);
  else if (block <= blockTileOf(job.x.format.compute)) {
    const perTile = Math.max(1, Math.floor(tileOf(job.x.format.compute) / block));
    normalizeBlocks(context, job, reduction, Math.min(blocks, perTile));
  } else normalizeColumnGroups(context, job, blocksOf(reduction));
}

export function columnMoments(context: WasmContext, job: MomentsJob, reduction: Columns): void {
  columnGroupMoments(context, job, blocksOf(reduction));
}

function blocksOf({ blocks, steps, columns, width }: Columns): ColumnBlocks {
  const starts = Float64Array.from({ length: blocks }, (_, block) => block * steps * columns);
  return { starts, pieces: Float64Array.of(0), steps, columns, width };
}

/** Groups of neighbouring columns as one run for every step. */
function wideGroups({ blocks, steps, columns, width }: Columns): ForEachGroup {
  const groups = columns / width;
  return (visit) => {
    for (let index = 0; index < blocks * groups; index++) {
      const start = Math.floor(index / groups) * steps * columns + (index % groups) * width;
      visit({ pieces: steps, run: width, startOf: (piece) => start + piece * columns }, index);
    }
  };
}

/** So many blocks at a time, all of them where they are or some in a tile. */
function normalizeBlocks(context: WasmContext, job: NormalizeJob, reduction: Columns, atOnce: number): void {
  const { x, out, weight, bias, eps } = job;
  const { blocks, steps, columns, width } = reduction;
  const { compute } = x.format;
  const kernels = kernelsFor(context, x);
  const kernel = job.plan.map.kind === "element" ? kernels.columns_norm_steps : kernels.columns_norm;
  const direct = isDirect(x);
  const block = steps * columns;
  const groups = columns / width;
  const plan = new ScratchPlan();
  const stateAt = plan.add(Math.ceil(kernels.columns_norm_bytes(columns, width) / 4));
  const tileAt = direct ? 0 : plan.add(atOnce * block, bytesOf(compute));
  const gammaAt = addOperand(plan, weight, compute);
  const betaAt = addOperand(plan, bias, compute);
  const statistics = planStatistics(context, plan, job, atOnce * groups, direct);
  const flags = flagsOf(job) | statistics.flags;
  plan.with(context.store, job.functionName, (base) => {
    const gamma = wholeAddress(context, weight, base + gammaAt);
    const beta = wholeAddress(context, bias, base + betaAt);
    const [mean, rstd] = [statistics.mean(base), statistics.rstd(base)];
    const from = direct ? x.offset : base + tileAt;
    const to = direct ? out.offset : base + tileAt;
    for (let first = 0; first < blocks; first += atOnce) {
      const count = Math.min(atOnce, blocks - first);
      if (!direct) stageIn(context, from, x, first * block, count * block);
      kernel(to, from, gamma, beta, mean, rstd, count, steps, columns, width, eps, base + stateAt, flags);
      if (!direct) stageOut(context, to, out, first * block, count * block);
      statistics.store(base, first * groups, count * groups);
    }
  });
}
