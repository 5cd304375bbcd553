// Where the statistics of a job go.

import type { ScratchPlan } from "../../engine/scratch.js";
import { bytesOf, isDirect, stageOut } from "../../engine/staging.js";
import type { NormalizeJob } from "../backend.js";
import { WANTS_MOMENTS, WANTS_STATISTICS, type WasmContext } from "./context.js";

/** Statistics on their way from kernels to operands. */
export interface StatisticsStage {
  /** What kernels are told. */
  readonly flags: number;
  /** Where kernels write, once scratch is held. */
  mean(): number;
  rstd(): number;
  /** Takes `count` groups' statistics from there, the first of which is that of group `first`. */
  store(first: number, count: number): void;
}

/** Plans for statistics of up to `groups` groups at a time; of all groups at once, kernels may write to the operands. */
export function planStatistics(
  context: WasmContext,
  plan: ScratchPlan,
  { x, mean, rstd, moments }: Pick<NormalizeJob, "x" | "mean" | "rstd" | "moments">,
  groups: number,
  atOnce: boolean,
): StatisticsStage {
  if (!rstd && !moments) return { flags: 0, mean: () => 0, rstd: () => 0, store: () => {} };
  if (atOnce && rstd && isDirect(rstd)) {
    // Where there is no mean, kernels write none.
    return { flags: WANTS_STATISTICS, mean: () => mean?.offset ?? 0, rstd: () => rstd.offset, store: () => {} };
  }
  const bytes = moments ? 8 : bytesOf(x.format.compute);
  const meanAt = plan.add(groups, bytes);
  const rstdAt = plan.add(groups, bytes);
  const copy = (to: Float64Array, at: number, first: number, count: number) => {
    const index = (plan.base + at) / 8;
    to.set(context.store.memory.views.float64.subarray(index, index + count), first);
  };
  return {
    flags: moments ? WANTS_MOMENTS : WANTS_STATISTICS,
    mean: () => plan.base + meanAt,
    rstd: () => plan.base + rstdAt,
    store: (first, count) => {
      if (moments) {
        copy(moments.mean, meanAt, first, count);
        copy(moments.variance, rstdAt, first, count);
        return;
      }
      if (mean) stageOut(context, plan.base + meanAt, mean, first, count);
      stageOut(context, plan.base + rstdAt, rstd!, first, count);
    },
  };
}
