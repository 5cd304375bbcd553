// Batch norm, channels first: all channels where they are, or as many at a time as a tile holds with all their samples.

import { ScratchPlan } from "../../engine/scratch.js";
import { isDirect, largestTileOf, tileOf } from "../../engine/staging.js";
import type { Strided } from "../../plan.js";
import type { NormalizeJob } from "../backend.js";
import { wholeBlocks } from "../blocks.js";
import { planAccess } from "./access.js";
import { flagsOf, kernelsFor, planKernelScratch, planOperand, type WasmContext } from "./context.js";
import { planStatistics } from "./statistics.js";

/** Whether batch_norm can do a job: groups side by side, a run of each again and again, one gamma and beta per group. */
export function isBatch({ plan, x }: NormalizeJob, { kept, reduced, run, columns }: Strided): boolean {
  if (plan.map.kind !== "group" || columns > 1 || kept.length > 1 || reduced.length > 1) return false;
  return kept[0].stride === run && (isDirect(x) || reduced[0].size * run <= largestTileOf(x.format.compute));
}

export function normalizeBatch(context: WasmContext, job: NormalizeJob, { kept, reduced, run }: Strided): void {
  const { x, weight, bias, eps } = job;
  const [channels, samples] = [kept[0].size, reduced[0].size];
  const fitting = Math.max(1, Math.floor(tileOf(x.format.compute) / (samples * run)));
  const atOnce = isDirect(x) ? channels : Math.min(channels, fitting);
  const kernel = kernelsFor(context, x).batch_norm;
  const plan = new ScratchPlan();
  const scratch = planKernelScratch(context, plan);
  const strip = { strip: atOnce * run, partSteps: samples };
  const access = planAccess(context, plan, job, wholeBlocks(1, samples, channels * run), strip);
  const gamma = planOperand(context, plan, weight, atOnce);
  const beta = planOperand(context, plan, bias, atOnce);
  const statistics = planStatistics(context, plan, job, atOnce, isDirect(x));
  const flags = flagsOf(job) | statistics.flags;
  plan.with(context.store, job.functionName, () => {
    const [mean, rstd] = [statistics.mean(), statistics.rstd()];
    access.forEachStrip((_, start, elements) => {
      const [first, count] = [start / run, elements / run];
      const [gammas, betas] = [gamma(first, count), beta(first, count)];
      access.map((to, from) => {
        kernel(to, from, gammas, betas, mean, rstd, count, samples, run, eps, scratch(), flags);
      });
      statistics.store(first, count);
    });
  });
}
