// Where the statistics of a job go.

import type { ScratchPlan } from "../../engine/scratch.js";
import { bytesOf, isDirect, stageOut } from "../../engine/staging.js";
import type { GroupMoments, NormalizeJob } from "../backend.js";
import { WANTS_MOMENTS, WANTS_STATISTICS, type WasmContext } from "./context.js";

/** Statistics on their way from kernels to operands. */
export interface StatisticsStage {
  /** What kernels are told. */
  readonly flags: number;
  /** Where kernels write, given the address of the scratch. */
  mean(base: number): number;
  rstd(base: number): number;
  /** Takes `count` groups' statistics from there, the first of which is that of group `first`. */
  store(base: number, first: number, count: number): void;
}

const nowhere: StatisticsStage = {
  flags: 0,
  mean: () => 0,
  rstd: () => 0,
  store: () => {},
};

/** Plans for statistics of up to `groups` groups at a time; of all groups at once, kernels may write to the operands. */
export function planStatistics(
  context: WasmContext,
  plan: ScratchPlan,
  { x, mean, rstd, moments }: Pick<NormalizeJob, "x" | "mean" | "rstd" | "moments">,
  groups: number,
  atOnce: boolean,
): StatisticsStage {
  if (moments) return planMoments(context, plan, moments, groups);
  if (!rstd) return nowhere;
  if (atOnce && isDirect(rstd)) {
    // Where there is no mean, kernels write none.
    return { flags: WANTS_STATISTICS, mean: () => mean?.offset ?? 0, rstd: () => rstd.offset, store: () => {} };
  }
  const bytes = bytesOf(x.format.compute);
  const meanAt = plan.add(groups, bytes);
  const rstdAt = plan.add(groups, bytes);
  return {
    flags: WANTS_STATISTICS,
    mean: (base) => base + meanAt,
    rstd: (base) => base + rstdAt,
    store: (base, first, count) => {
      if (mean) stageOut(context, base + meanAt, mean, first, count);
      stageOut(context, base + rstdAt, rstd, first, count);
    },
  };
}

/** Plans for moments in float64. */
export function planMoments(
  { store }: WasmContext,
  plan: ScratchPlan,
  { mean, variance }: GroupMoments,
  groups: number,
): StatisticsStage {
  const meanAt = plan.add(groups, 8);
  const varianceAt = plan.add(groups, 8);
  const copy = (to: Float64Array, at: number, first: number, count: number) => {
    to.set(store.memory.views.float64.subarray(at / 8, at / 8 + count), first);
  };
  return {
    flags: WANTS_MOMENTS,
    mean: (base) => base + meanAt,
    rstd: (base) => base + varianceAt,
    store: (base, first, count) => {
      copy(mean, base + meanAt, first, count);
      copy(variance, base + varianceAt, first, count);
    },
  };
}
