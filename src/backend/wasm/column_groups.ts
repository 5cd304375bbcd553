// Blocks of steps of columns that no kernel takes in one call: a sweep for the sums and one for the map, strip by strip,
// with the resumable kernels. What assembly/columns/norm.ts does of a tensor in memory, with the same bits.

import type { KernelSet } from "../../engine/module.js";
import { ScratchPlan } from "../../engine/scratch.js";
import type { Blocks } from "../blocks.js";
import { type Access, planAccess, type Strip, stripOf } from "./access.js";
import { flagsOf, kernelsFor, planOperand, UNCENTRED, type WasmContext } from "./context.js";
import type { GroupJob } from "./groups.js";
import { planStatistics } from "./statistics.js";

/** Bits of what columns_finish says; see assembly/columns/finish.ts. */
const SETTLED = 0;
const RESCALE = 2;

/** Tells columns_begin that the columns are a strip of longer steps. */
const STRIP = 32;

/** Columns of a strip at most, so that its state stays small. */
const WIDEST = 2048;

/** Takes the statistics of block after block, and maps it. */
export function reduceColumnGroups(context: WasmContext, job: GroupJob, blocks: Blocks): void {
  const { x, functionName } = job;
  const { columns, width } = blocks;
  const kernels = kernelsFor(context, x);
  const strips = stripOf(blocks, x, WIDEST);
  const flags = flagsOf(job) | (strips.strip < columns ? STRIP : 0);
  const scratch = new ScratchPlan();
  const access = planAccess(context, scratch, job, blocks, strips);
  const statistics = planStatistics(context, scratch, job, Math.ceil(strips.strip / width), false);
  const map = planMap(context, scratch, job, access, blocks, strips);
  const stateAt = scratch.add(Math.ceil(kernels.columns_state_bytes(strips.strip, width, flags) / 4));
  scratch.with(context.store, functionName, () => {
    const state = scratch.base + stateAt;
    access.forEachStrip((block, first, count) => {
      kernels.columns_begin(state, count, width, flags);
      sweepMoments(kernels, access, blocks, state, flags, job.eps);
      if (statistics.flags) {
        kernels.columns_statistics(state, statistics.mean(), statistics.rstd(), 0, statistics.flags);
        statistics.store((block * columns + first) / width, count / width);
      }
      map?.(state, first, count);
    });
  });
}

/** Leaves the statistics of the open strip in `state`, which has begun. */
function sweepMoments(
  kernels: KernelSet,
  access: Access,
  { pieces, steps, width }: Blocks,
  state: number,
  flags: number,
  eps: number,
): void {
  if (!(flags & UNCENTRED)) {
    const samples = kernels.columns_samples(steps, width);
    const { at, stride } = access.sample(samples, Math.floor(steps / samples));
    kernels.columns_shift(state, at, samples, stride);
  }
  for (;;) {
    access.sweep(
      (at, part, stride) => kernels.columns_accumulate(state, at, part, stride),
      () => kernels.columns_end_piece(state),
    );
    const verdict = kernels.columns_finish(state, pieces.length * steps * width, eps);
    if (verdict === SETTLED) return;
    if (!(verdict & RESCALE)) continue;
    access.sweep((at, part, stride) => kernels.columns_magnitude(state, at, part, stride));
    kernels.columns_rescale(state);
  }
}

/** Maps `count` columns from column `first` on. */
type MapStrip = (state: number, first: number, count: number) => void;

/** Plans the map of strips: parameters per column, or per step. */
function planMap(
  context: WasmContext,
  scratch: ScratchPlan,
  job: GroupJob,
  access: Access,
  { steps }: Blocks,
  { strip, partSteps }: Strip,
): MapStrip | undefined {
  const { weight, bias, x } = job;
  const { map } = job.plan;
  if (!map) return undefined;
  const kernels = kernelsFor(context, x);
  const bySteps = map.kind === "element";
  const room = bySteps ? Math.min(partSteps, steps) : strip;
  const gamma = planOperand(context, scratch, weight, room);
  const beta = planOperand(context, scratch, bias, room);
  if (bySteps) {
    return (state) => {
      kernels.columns_step_coefficients(state);
      access.map((to, from, part, stride, element) => {
        kernels.columns_map_steps(to, from, state, gamma(element, part), beta(element, part), part, stride);
      });
    };
  }
  const flags = flagsOf(job);
  return (state, first, count) => {
    kernels.columns_coefficients(state, gamma(first, count), beta(first, count), flags);
    access.map((to, from, part, stride) => kernels.columns_map(to, from, state, part, stride));
  };
}
