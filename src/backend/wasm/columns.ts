// Columns: channels-last group, instance and batch norm, and statistics over axes that do not end the shape.

import { ScratchPlan } from "../../engine/scratch.js";
import { isDirect, tileOf } from "../../engine/staging.js";
import type { Columns } from "../../plan.js";
import type { NormalizeJob } from "../backend.js";
import { blocksOf } from "../blocks.js";
import { reduceColumnGroups } from "./column_groups.js";
import { flagsOf, kernelsFor, planOperand, type WasmContext } from "./context.js";
import { planStatistics } from "./statistics.js";
import { planTiles } from "./tiles.js";

export function normalizeColumns(context: WasmContext, job: NormalizeJob, reduction: Columns): void {
  const { steps, columns } = reduction;
  const { x } = job;
  if (isDirect(x) || steps * columns <= tileOf(x.format.compute)) normalizeTiles(context, job, reduction);
  else reduceColumnGroups(context, job, blocksOf(reduction));
}

/** Whole blocks: all of them where they are, or normalised in place in a tile. */
function normalizeTiles(context: WasmContext, job: NormalizeJob, { blocks, steps, columns, width }: Columns): void {
  const { x, weight, bias, eps } = job;
  const kernels = kernelsFor(context, x);
  const kernel = job.plan.map.kind === "element" ? kernels.columns_norm_steps : kernels.columns_norm;
  const groups = columns / width;
  const plan = new ScratchPlan();
  const stateAt = plan.add(Math.ceil(kernels.columns_norm_bytes(columns, width) / 4));
  const tiles = planTiles(context, plan, job, blocks, steps * columns);
  const gamma = planOperand(context, plan, weight);
  const beta = planOperand(context, plan, bias);
  const statistics = planStatistics(context, plan, job, tiles.most * groups, isDirect(x));
  const flags = flagsOf(job) | statistics.flags;
  plan.with(context.store, job.functionName, () => {
    const [mean, rstd, state] = [statistics.mean(), statistics.rstd(), plan.base + stateAt];
    tiles.forEach(({ to, from, first, count }) => {
      kernel(to, from, gamma(), beta(), mean, rstd, count, steps, columns, width, eps, state, flags);
      statistics.store(first * groups, count * groups);
    });
  });
}
