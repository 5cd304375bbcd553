// Layer and RMS norm of bfloat16 rows by a kernel that takes them as they are stored, and gives the bits that tiles of
// float32 would. Resident tensors pass by address, all others in tiles, as ever, but half as many bytes.

import { SCRATCH_BYTES } from "../../engine/module.js";
import { ScratchPlan } from "../../engine/scratch.js";
import { stageBitsIn, stageBitsOut, TILE } from "../../engine/staging.js";
import type { Operand } from "../../ops/operand.js";
import type { ChannelMap, ElementMap, Rows } from "../../plan.js";
import type { NormalizeJob } from "../backend.js";
import { addOperand, flagsOf, type WasmContext, wholeAddress } from "./context.js";
import { planStatistics, type StatisticsStage } from "./statistics.js";

/** Rows up to this length are faster in tiles of float32: assembly/short_rows.ts takes them in batches. */
const SHORT = 128;

/** Whether rows are for this kernel. */
export function isReduced({ x }: NormalizeJob, { n }: Rows, map: ElementMap | ChannelMap): boolean {
  return x.format.dtype === "bfloat16" && map.kind === "element" && n > SHORT && n <= TILE;
}

export function normalizeReduced(context: WasmContext, job: NormalizeJob, { rows, n }: Rows): void {
  const { store } = context;
  const { x, out } = job;
  const direct = x.offset >= 0;
  const atOnce = direct ? rows : Math.min(rows, Math.floor((2 * TILE) / n));
  const plan = new ScratchPlan();
  const scratchAt = plan.add(SCRATCH_BYTES / 4 + n);
  const tileAt = plan.add(direct ? 0 : Math.ceil((atOnce * n) / 2));
  const gammaOf = planParameter(context, plan, job.weight, n, 1);
  const betaOf = planParameter(context, plan, job.bias, n, -0);
  const statistics = planStatistics(context, plan, job, atOnce, direct);
  plan.with(store, job.functionName, (base) => {
    const normalize = kernelOf(context, job, n, gammaOf(base), betaOf(base), statistics, base, base + scratchAt);
    if (direct) {
      normalize(out.offset, x.offset, rows);
      statistics.store(base, 0, rows);
      return;
    }
    const tile = base + tileAt;
    for (let row = 0; row < rows; row += atOnce) {
      const count = Math.min(atOnce, rows - row);
      stageBitsIn(store, tile, x, row * n, count * n);
      normalize(tile, tile, count);
      stageBitsOut(store, tile, out, row * n, count * n);
      statistics.store(base, row, count);
    }
  });
}

/** The kernel for some rows. */
function kernelOf(
  { kernels }: WasmContext,
  job: NormalizeJob,
  n: number,
  gamma: number,
  beta: number,
  statistics: StatisticsStage,
  base: number,
  scratch: number,
): (out: number, x: number, rows: number) => void {
  const [mean, rstd] = [statistics.mean(base), statistics.rstd(base)];
  const flags = flagsOf(job) | statistics.flags;
  return (out, x, rows) => {
    kernels.reduced.layer_norm_bf16(out, x, gamma, beta, mean, rstd, rows, n, job.eps, scratch, flags);
  };
}

/** Plans a parameter as float32; one that is missing is a number that changes nothing. */
function planParameter(
  context: WasmContext,
  plan: ScratchPlan,
  parameter: Operand | undefined,
  n: number,
  neutral: number,
): (base: number) => number {
  if (parameter) {
    const staged = addOperand(plan, parameter, "float32");
    return (base) => wholeAddress(context, parameter, base + staged);
  }
  const filled = plan.add(n);
  return (base) => {
    const start = (base + filled) / 4;
    context.store.memory.views.float32.fill(neutral, start, start + n);
    return base + filled;
  };
}
