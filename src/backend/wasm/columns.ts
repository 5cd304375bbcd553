// Columns: channels-last group, instance and batch norm, and statistics over axes that do not end the shape.

import { ScratchPlan } from "../../engine/scratch.js";
import { isDirect } from "../../engine/staging.js";
import type { Columns } from "../../plan.js";
import type { NormalizeJob } from "../backend.js";
import { type Blocks, blocksOf } from "../blocks.js";
import { reduceColumnGroups } from "./column_groups.js";
import { flagsOf, kernelsFor, planOperand, type WasmContext } from "./context.js";
import { reduceGroups } from "./groups.js";
import { planStatistics } from "./statistics.js";
import { fitsTile, planWholeTiles } from "./tiles.js";

/** Groups of so many columns, a chunk of the row kernels, are rows in pieces: nothing is gained by a sum per column. */
const WIDE = 8192;

/** Tells columns_norm that gamma and beta belong to steps. */
const BY_STEPS = 128;

export function normalizeColumns(context: WasmContext, job: NormalizeJob, reduction: Columns): void {
  const { steps, columns, width } = reduction;
  if (width >= WIDE) reduceGroups(context, job, wideGroups(reduction));
  else if (fitsTile(job.x, steps, columns)) normalizeTiles(context, job, reduction);
  else reduceColumnGroups(context, job, blocksOf(reduction));
}

/** Groups of neighbouring columns as one run for every step. */
function wideGroups({ blocks, steps, columns, width }: Columns): Blocks {
  const groups = columns / width;
  const startOfGroup = (_: unknown, group: number) =>
    Math.floor(group / groups) * steps * columns + (group % groups) * width;
  return {
    blocks: blocks * groups,
    starts: Array.from({ length: blocks * groups }, startOfGroup),
    length: 0,
    pieces: Array.from({ length: steps }, (_, step) => step * columns),
    steps: width,
    columns: 1,
    width: 1,
  };
}

/** Whole blocks: all of them where they are, or normalised in place in a tile. */
function normalizeTiles(context: WasmContext, job: NormalizeJob, { blocks, steps, columns, width }: Columns): void {
  const { x, weight, bias, eps } = job;
  const kernels = kernelsFor(context, x);
  const groups = columns / width;
  const plan = new ScratchPlan();
  const stateAt = plan.add(Math.ceil(kernels.columns_norm_bytes(columns, width) / 4));
  const tiles = planWholeTiles(context, plan, job, blocks, steps * columns);
  const gamma = planOperand(context, plan, weight);
  const beta = planOperand(context, plan, bias);
  const statistics = planStatistics(context, plan, job, tiles.most * groups, isDirect(x));
  const flags = flagsOf(job) | statistics.flags | (job.plan.map.kind === "element" ? BY_STEPS : 0);
  plan.with(context.store, job.functionName, () => {
    const [mean, rstd, state] = [statistics.mean(), statistics.rstd(), plan.base + stateAt];
    tiles.forEach(({ to, from, first, count }) => {
      kernels.columns_norm(to, from, gamma(), beta(), mean, rstd, count, steps, columns, width, eps, state, flags);
      statistics.store(first * groups, count * groups);
    });
  });
}
