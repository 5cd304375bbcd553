import { ScratchPlan } from "../../engine/scratch.js";
import { addressOf, stageIn, stageOut, TILE } from "../../engine/staging.js";
import type { Store } from "../../engine/store.js";
import type { NormalizeJob } from "../backend.js";
import { addKernelScratch, addOperand, flagsOf, type WasmContext, wholeAddress } from "./context.js";

export function normalizeResident(context: WasmContext, job: NormalizeJob): void {
  const { store, kernelScratch } = context;
  const { x, out, weight, bias, mean, rstd } = job;
  // The common case makes no garbage: every operand resident, and scratch set aside.
  if (kernelScratch >= 0 && (!weight || weight.offset >= 0) && (!bias || bias.offset >= 0)) {
    const gamma = weight ? weight.offset : 0;
    const beta = bias ? bias.offset : 0;
    runKernel(context, job, out.offset, x.offset, gamma, beta, mean?.offset ?? 0, rstd?.offset ?? 0, kernelScratch);
    return;
  }
  const plan = new ScratchPlan();
  const scratchOf = addKernelScratch(context, plan);
  const gammaAt = addOperand(plan, weight);
  const betaAt = addOperand(plan, bias);
  plan.with(store, job.functionName, (base) => {
    const gamma = wholeAddress(store, weight, base + gammaAt);
    const beta = wholeAddress(store, bias, base + betaAt);
    const scratch = scratchOf(base);
    runKernel(context, job, out.offset, x.offset, gamma, beta, mean?.offset ?? 0, rstd?.offset ?? 0, scratch);
  });
}

function runKernel(
  context: WasmContext,
  job: NormalizeJob,
  out: number,
  x: number,
  gamma: number,
  beta: number,
  mean: number,
  rstd: number,
  scratch: number,
  rows = job.plan.rows,
): void {
  const { n, map } = job.plan;
  const flags = flagsOf(job);
  const { kernels } = context;
  if (map.kind === "vectorized") {
    kernels.layer_norm_f32(out, x, gamma, beta, mean, rstd, rows, n, job.eps, scratch, flags);
  } else {
    const { channels, span, period } = map;
    kernels.group_norm_f32(out, x, gamma, beta, mean, rstd, rows, channels, span, period, job.eps, scratch, flags);
  }
}

/** Host rows that fit a tile: whole rows, normalised in place in the tile. */
export function normalizeTiles(context: WasmContext, job: NormalizeJob): void {
  const { store } = context;
  const { rows, n } = job.plan;
  const rowsPerTile = Math.min(rows, Math.max(1, Math.floor(TILE / n)));
  const plan = new ScratchPlan();
  const scratchOf = addKernelScratch(context, plan);
  const tileAt = plan.add(rowsPerTile * n);
  const meanAt = plan.add(job.mean ? rowsPerTile : 0);
  const rstdAt = plan.add(job.rstd ? rowsPerTile : 0);
  const parameters = planParameters(job, rowsPerTile, plan);
  plan.with(store, job.functionName, (base) => {
    const tile = base + tileAt;
    const mean = base + meanAt;
    const rstd = base + rstdAt;
    for (let row = 0; row < rows;) {
      const count = Math.min(rowsPerTile, rows - row, parameters.rowsFrom(row));
      stageIn(store, tile, job.x.data, row * n, count * n);
      const { gamma, beta } = parameters.stage(store, base, row, count);
      runKernel(context, job, tile, tile, gamma, beta, mean, rstd, scratchOf(base), count);
      stageOut(store, tile, job.out.data, row * n, count * n);
      if (job.mean) stageOut(store, mean, job.mean.data, row, count);
      if (job.rstd) stageOut(store, rstd, job.rstd.data, row, count);
      row += count;
    }
  });
}

/** Where the parameters of a tile's rows come from. */
interface TileParameters {
  /** How many rows from `row` on have parameters that lie in a row. */
  rowsFrom(row: number): number;
  stage(store: Store, base: number, row: number, count: number): { gamma: number; beta: number };
}

/**
 * Parameters of all rows are staged once, with the first tile, if a tile uses all of them; a tile that sees only some
 * channels stages those.
 */
function planParameters(job: NormalizeJob, rowsPerTile: number, plan: ScratchPlan): TileParameters {
  const { n, map } = job.plan;
  const period = map.kind === "global" ? map.period : 1;
  const perRow = map.kind === "global" ? map.channels : n;
  const whole = period <= rowsPerTile;
  const count = perRow * Math.min(period, rowsPerTile);
  const gammaAt = job.weight && job.weight.offset < 0 ? plan.add(count) : 0;
  const betaAt = job.bias && job.bias.offset < 0 ? plan.add(count) : 0;
  const staged = { gamma: 0, beta: 0 };
  return {
    // Tiles end where the parameters start over, so that every tile starts at a first group or stays within a run.
    rowsFrom: (row) => (whole ? Math.floor(rowsPerTile / period) * period : period - (row % period)),
    stage: (store, base, row, rows) => {
      if (whole && row > 0) return staged;
      const start = whole ? 0 : (row % period) * perRow;
      const elements = whole ? count : rows * perRow;
      if (job.weight) staged.gamma = addressOf(store, job.weight, base + gammaAt, start, elements);
      if (job.bias) staged.beta = addressOf(store, job.bias, base + betaAt, start, elements);
      return staged;
    },
  };
}
