// Rows of contiguous elements: layer, RMS, group and instance norm.

import { ScratchPlan } from "../../engine/scratch.js";
import { addressOf, bytesOf, isDirect, stageIn, stageOut, tileOf } from "../../engine/staging.js";
import type { ChannelMap, ElementMap, Rows } from "../../plan.js";
import type { NormalizeJob } from "../backend.js";
import { addKernelScratch, addOperand, flagsOf, kernelsFor, type WasmContext, wholeAddress } from "./context.js";
import { normalizeGroups, rowGroups } from "./groups.js";
import { isReduced, normalizeReduced } from "./reduced_rows.js";
import { planStatistics } from "./statistics.js";

/** The maps that rows have. */
export type RowMap = ElementMap | ChannelMap;

export function normalizeRows(context: WasmContext, job: NormalizeJob, rows: Rows, map: RowMap): void {
  if (isDirect(job.x)) normalizeDirect(context, job, rows, map);
  else if (isReduced(job, rows, map)) normalizeReduced(context, job, rows);
  else if (rows.n <= tileOf(job.x.format.compute)) normalizeTiles(context, job, rows, map);
  else normalizeGroups(context, job, rowGroups(rows));
}

function normalizeDirect(context: WasmContext, job: NormalizeJob, rows: Rows, map: RowMap): void {
  const { kernelScratch } = context;
  const { x, out, weight, bias, rstd, moments } = job;
  // The common case makes no garbage: every operand in place, and scratch set aside.
  if (kernelScratch >= 0 && !rstd && !moments && isPlace(weight) && isPlace(bias)) {
    const gamma = weight ? weight.offset : 0;
    const beta = bias ? bias.offset : 0;
    runKernel(context, job, rows, map, out.offset, x.offset, gamma, beta, 0, 0, kernelScratch, flagsOf(job));
    return;
  }
  const plan = new ScratchPlan();
  const scratchOf = addKernelScratch(context, plan);
  const gammaAt = addOperand(plan, weight, x.format.compute);
  const betaAt = addOperand(plan, bias, x.format.compute);
  const statistics = planStatistics(context, plan, job, rows.rows, true);
  plan.with(context.store, job.functionName, (base) => {
    const gamma = wholeAddress(context, weight, base + gammaAt);
    const beta = wholeAddress(context, bias, base + betaAt);
    const [mean, rstd] = [statistics.mean(base), statistics.rstd(base)];
    const flags = flagsOf(job) | statistics.flags;
    runKernel(context, job, rows, map, out.offset, x.offset, gamma, beta, mean, rstd, scratchOf(base), flags);
    statistics.store(base, 0, rows.rows);
  });
}

/** Whether an operand is nowhere or where kernels can take it. */
function isPlace(operand: NormalizeJob["weight"]): boolean {
  return !operand || isDirect(operand);
}

function runKernel(
  context: WasmContext,
  job: NormalizeJob,
  { rows, n }: Pick<Rows, "rows" | "n">,
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

/** Rows that fit a tile: whole rows, normalised in place in the tile. */
function normalizeTiles(context: WasmContext, job: NormalizeJob, { rows, n }: Rows, map: RowMap): void {
  const { compute } = job.x.format;
  const rowsPerTile = Math.min(rows, Math.max(1, Math.floor(tileOf(compute) / n)));
  const plan = new ScratchPlan();
  const scratchOf = addKernelScratch(context, plan);
  const tileAt = plan.add(rowsPerTile * n, bytesOf(compute));
  const statistics = planStatistics(context, plan, job, rowsPerTile, false);
  const parameters = planParameters(context, job, map, n, rowsPerTile, plan);
  const flags = flagsOf(job) | statistics.flags;
  plan.with(context.store, job.functionName, (base) => {
    const tile = base + tileAt;
    const scratch = scratchOf(base);
    const [mean, rstd] = [statistics.mean(base), statistics.rstd(base)];
    for (let row = 0; row < rows;) {
      const count = Math.min(rowsPerTile, rows - row, parameters.rowsFrom(row));
      stageIn(context, tile, job.x, row * n, count * n);
      const { gamma, beta } = parameters.stage(base, row, count);
      runKernel(context, job, { rows: count, n }, map, tile, tile, gamma, beta, mean, rstd, scratch, flags);
      stageOut(context, tile, job.out, row * n, count * n);
      statistics.store(base, row, count);
      row += count;
    }
  });
}

/** Where the parameters of a tile's rows come from. */
interface TileParameters {
  /** How many rows from `row` on have parameters that lie in a row. */
  rowsFrom(row: number): number;
  stage(base: number, row: number, count: number): { gamma: number; beta: number };
}

/**
 * Parameters of all rows are staged once, with the first tile, if a tile uses all of them; a tile that sees only some
 * channels stages those.
 */
function planParameters(
  context: WasmContext,
  job: NormalizeJob,
  map: RowMap,
  n: number,
  rowsPerTile: number,
  plan: ScratchPlan,
): TileParameters {
  const { weight, bias } = job;
  const { compute } = job.x.format;
  const period = map.kind === "channel" ? map.period : 1;
  const perRow = map.kind === "channel" ? map.channels : n;
  const whole = period <= rowsPerTile;
  const count = perRow * Math.min(period, rowsPerTile);
  const gammaAt = addOperand(plan, weight, compute, count);
  const betaAt = addOperand(plan, bias, compute, count);
  const staged = { gamma: 0, beta: 0 };
  return {
    // Tiles end where the parameters start over, so that every tile starts at a first group or stays within a run.
    rowsFrom: (row) => (whole ? Math.floor(rowsPerTile / period) * period : period - (row % period)),
    stage: (base, row, rows) => {
      if (whole && row > 0) return staged;
      const start = whole ? 0 : (row % period) * perRow;
      const elements = whole ? count : rows * perRow;
      if (weight) staged.gamma = addressOf(context, weight, base + gammaAt, start, elements);
      if (bias) staged.beta = addressOf(context, bias, base + betaAt, start, elements);
      return staged;
    },
  };
}
