// Batch norm, channels first, of tensors that kernels can take where they are: one call for all channels.

import { ScratchPlan } from "../../engine/scratch.js";
import { isDirect } from "../../engine/staging.js";
import type { Strided } from "../../plan.js";
import type { NormalizeJob } from "../backend.js";
import { flagsOf, kernelsFor, planKernelScratch, planOperand, type WasmContext } from "./context.js";
import { planStatistics } from "./statistics.js";

/** Whether batch_norm can do a job: groups side by side, a run of each again and again, one gamma and beta per group. */
export function isBatch({ plan, x }: NormalizeJob, { kept, reduced, run, columns }: Strided): boolean {
  if (!isDirect(x) || plan.map.kind !== "group" || columns > 1) return false;
  return kept.length === 1 && reduced.length === 1 && kept[0].stride === run;
}

export function normalizeBatch(context: WasmContext, job: NormalizeJob, { kept, reduced, run }: Strided): void {
  const { x, out, weight, bias, eps } = job;
  const [groups, runs] = [kept[0].size, reduced[0].size];
  const plan = new ScratchPlan();
  const scratch = planKernelScratch(context, plan);
  const gamma = planOperand(context, plan, weight);
  const beta = planOperand(context, plan, bias);
  const statistics = planStatistics(context, plan, job, groups, true);
  const flags = flagsOf(job) | statistics.flags;
  plan.with(context.store, job.functionName, () => {
    const [mean, rstd] = [statistics.mean(), statistics.rstd()];
    const kernel = kernelsFor(context, x).batch_norm;
    kernel(out.offset, x.offset, gamma(), beta(), mean, rstd, groups, runs, run, eps, scratch(), flags);
    statistics.store(0, groups);
  });
}
