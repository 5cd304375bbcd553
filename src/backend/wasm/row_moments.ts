// Moments of rows.

import { ScratchPlan } from "../../engine/scratch.js";
import { addressOf, bytesOf, isDirect, tileOf } from "../../engine/staging.js";
import type { Rows } from "../../plan.js";
import type { MomentsJob } from "../backend.js";
import { addKernelScratch, kernelsFor, type WasmContext } from "./context.js";
import { groupMoments, rowGroups } from "./groups.js";
import { planMoments } from "./statistics.js";

/** Rows whose moments are taken at once: two float64 numbers each pass through scratch. */
const BATCH = 4096;

export function rowMoments(context: WasmContext, job: MomentsJob, reduction: Rows): void {
  const { x } = job;
  const { rows, n } = reduction;
  const tile = tileOf(x.format.compute);
  const direct = isDirect(x);
  if (!direct && n > tile) {
    groupMoments(context, job, rowGroups(reduction));
    return;
  }
  const kernels = kernelsFor(context, x);
  const batch = Math.min(rows, direct ? BATCH : Math.max(1, Math.floor(tile / n)));
  const plan = new ScratchPlan();
  const scratchOf = addKernelScratch(context, plan);
  const tileAt = direct ? 0 : plan.add(batch * n, bytesOf(x.format.compute));
  const statistics = planMoments(context, plan, job.moments, batch);
  plan.with(context.store, job.functionName, (base) => {
    const [mean, variance] = [statistics.mean(base), statistics.rstd(base)];
    for (let row = 0; row < rows; row += batch) {
      const count = Math.min(batch, rows - row);
      const at = addressOf(context, x, base + tileAt, row * n, count * n);
      kernels.row_moments(mean, variance, at, count, n, scratchOf(base), statistics.flags);
      statistics.store(base, row, count);
    }
  });
}
