// Rows of contiguous elements: layer, RMS, group and instance norm.

import { ScratchPlan } from "../../engine/scratch.js";
import { isDirect, largestTileOf } from "../../engine/staging.js";
import type { ChannelMap, ElementMap, Rows } from "../../plan.js";
import type { NormalizeJob } from "../backend.js";
import { blocksOf } from "../blocks.js";
import { flagsOf, kernelsFor, planKernelScratch, planOperand, type WasmContext } from "./context.js";
import { type GroupJob, reduceGroups } from "./groups.js";
import { isReduced, normalizeReduced } from "./reduced_rows.js";
import { planStatistics } from "./statistics.js";
import { planWholeTiles } from "./tiles.js";

/** The maps that rows have. */
export type RowMap = ElementMap | ChannelMap;

export function normalizeRows(context: WasmContext, job: NormalizeJob, rows: Rows, map: RowMap): void {
  const { x, out, weight, bias, rstd, moments } = job;
  const { kernelScratch } = context;
  // The common case makes no garbage: every operand in place, and scratch set aside.
  if (isDirect(x) && kernelScratch >= 0 && !rstd && !moments && isPlace(weight) && isPlace(bias)) {
    const gamma = weight ? weight.offset : 0;
    const beta = bias ? bias.offset : 0;
    runKernel(
      context,
      job,
      rows.rows,
      rows.n,
      map,
      out.offset,
      x.offset,
      gamma,
      beta,
      0,
      0,
      kernelScratch,
      flagsOf(job),
    );
  } else if (isReduced(job, rows, map)) normalizeReduced(context, job, rows);
  else if (fits(job, rows)) normalizeTiles(context, job, rows, map);
  else reduceGroups(context, job, blocksOf(rows));
}

/** Whether an operand is nowhere or where kernels can take it. */
function isPlace(operand: NormalizeJob["weight"]): boolean {
  return !operand || isDirect(operand);
}

/** Whether kernels can take rows whole. */
function fits({ x }: GroupJob, { n }: Rows): boolean {
  return isDirect(x) || n <= largestTileOf(x.format.compute);
}

function runKernel(
  context: WasmContext,
  job: NormalizeJob,
  rows: number,
  n: number,
  map: RowMap,
  out: number,
  x: number,
  gamma: number,
  beta: number,
  mean: number,
  rstd: number,
  scratch: number,
  flags: number,
): void {
  const kernels = kernelsFor(context, job.x);
  if (map.kind === "element") {
    kernels.layer_norm(out, x, gamma, beta, mean, rstd, rows, n, job.eps, scratch, flags);
  } else {
    const { channels, span, period } = map;
    kernels.group_norm(out, x, gamma, beta, mean, rstd, rows, channels, span, period, job.eps, scratch, flags);
  }
}

/** Whole rows: all of them where they are, or normalised in place in a tile. */
function normalizeTiles(context: WasmContext, job: NormalizeJob, { rows, n }: Rows, map: RowMap): void {
  const { x, weight, bias } = job;
  const plan = new ScratchPlan();
  const scratch = planKernelScratch(context, plan);
  const [period, perRow] = map.kind === "channel" ? [map.period, map.channels] : [1, n];
  const tiles = planWholeTiles(context, plan, job, rows, n, period);
  const statistics = planStatistics(context, plan, job, tiles.most, isDirect(x));
  const gamma = planOperand(context, plan, weight, tiles.parameters * perRow);
  const beta = planOperand(context, plan, bias, tiles.parameters * perRow);
  const flags = flagsOf(job) | statistics.flags;
  plan.with(context.store, job.functionName, () => {
    const [mean, rstd] = [statistics.mean(), statistics.rstd()];
    tiles.forEach(({ to, from, first, count, parameter, parameters }) => {
      const gammas = gamma(parameter * perRow, parameters * perRow);
      const betas = beta(parameter * perRow, parameters * perRow);
      runKernel(context, job, count, n, map, to, from, gammas, betas, mean, rstd, scratch(), flags);
      statistics.store(first, count);
    });
  });
}

/** Rows whose moments are taken at once: two float64 numbers each pass through scratch. */
const BATCH = 4096;

export function rowMoments(context: WasmContext, job: GroupJob, rows: Rows): void {
  if (!fits(job, rows)) {
    reduceGroups(context, job, blocksOf(rows));
    return;
  }
  const { x, functionName } = job;
  const kernels = kernelsFor(context, x);
  const plan = new ScratchPlan();
  const scratch = planKernelScratch(context, plan);
  const tiles = planWholeTiles(context, plan, { x }, rows.rows, rows.n, 1, BATCH);
  const statistics = planStatistics(context, plan, job, tiles.most, false);
  plan.with(context.store, functionName, () => {
    const [mean, variance] = [statistics.mean(), statistics.rstd()];
    tiles.forEach(({ from, first, count }) => {
      kernels.row_moments(mean, variance, from, count, rows.n, scratch(), statistics.flags);
      statistics.store(first, count);
    });
  });
}
