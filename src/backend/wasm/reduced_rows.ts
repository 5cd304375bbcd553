// Layer and RMS norm of bfloat16 rows by a kernel that takes them as they are stored, and gives the bits that tiles of
// float32 would. Resident tensors pass by address, all others in tiles, as ever, but half as many bytes.

import { SCRATCH_BYTES } from "../../engine/module.js";
import { ScratchPlan } from "../../engine/scratch.js";
import { stageBitsIn, stageBitsOut, TILE } from "../../engine/staging.js";
import type { Operand } from "../../ops/operand.js";
import type { ChannelMap, ElementMap, Rows } from "../../plan.js";
import type { NormalizeJob } from "../backend.js";
import { flagsOf, planOperand, type WasmContext } from "./context.js";
import { planStatistics } from "./statistics.js";

/** Rows up to this length are faster in tiles of float32: assembly/short_rows.ts takes them in batches. */
const SHORT = 128;

/** Whether rows are for this kernel. */
export function isReduced({ x }: NormalizeJob, { n }: Rows, map: ElementMap | ChannelMap): boolean {
  return x.format.dtype === "bfloat16" && map.kind === "element" && n > SHORT && n <= TILE;
}

export function normalizeReduced(context: WasmContext, job: NormalizeJob, { rows, n }: Rows): void {
  const { store, kernels } = context;
  const { x, out, eps } = job;
  const direct = x.offset >= 0;
  const atOnce = direct ? rows : Math.min(rows, Math.floor((2 * TILE) / n));
  const plan = new ScratchPlan();
  const scratchAt = plan.add(SCRATCH_BYTES / 4 + n);
  const tileAt = plan.add(direct ? 0 : Math.ceil((atOnce * n) / 2));
  const gammaOf = planParameter(context, plan, job.weight, n, 1);
  const betaOf = planParameter(context, plan, job.bias, n, -0);
  const statistics = planStatistics(context, plan, job, atOnce, direct);
  const flags = flagsOf(job) | statistics.flags;
  plan.with(store, job.functionName, () => {
    const [gamma, beta, scratch] = [gammaOf(), betaOf(), plan.base + scratchAt];
    const [mean, rstd] = [statistics.mean(), statistics.rstd()];
    const tile = plan.base + tileAt;
    for (let row = 0; row < rows; row += atOnce) {
      const count = Math.min(atOnce, rows - row);
      const [to, from] = direct ? [out.offset, x.offset] : [tile, tile];
      if (!direct) stageBitsIn(store, tile, x, row * n, count * n);
      kernels.reduced.layer_norm_bf16(to, from, gamma, beta, mean, rstd, count, n, eps, scratch, flags);
      if (!direct) stageBitsOut(store, tile, out, row * n, count * n);
      statistics.store(row, count);
    }
  });
}

/** Plans a parameter as float32; one that is missing is a number that changes nothing. */
function planParameter(
  context: WasmContext,
  plan: ScratchPlan,
  parameter: Operand | undefined,
  n: number,
  neutral: number,
): () => number {
  if (parameter) return planOperand(context, plan, parameter);
  const filled = plan.add(n);
  return () => {
    const at = plan.base + filled;
    context.store.memory.views.float32.fill(neutral, at / 4, at / 4 + n);
    return at;
  };
}
