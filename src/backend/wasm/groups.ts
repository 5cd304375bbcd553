// Groups of elements that no kernel takes in one call: host rows longer than a tile, and groups scattered in runs. One
// sweep for the sums, with the bits of assembly/rows.ts, another for the map, with the resumable kernels.

import type { KernelSet } from "../../engine/module.js";
import { ScratchPlan } from "../../engine/scratch.js";
import { bytesOf, tileOf } from "../../engine/staging.js";
import { type ChannelMap, type Columns, groupSizeOf } from "../../plan.js";
import type { NormalizeJob } from "../backend.js";
import type { Blocks } from "../blocks.js";
import { type Access, planAccess, stripOfGroup } from "./access.js";
import {
  flagsOf,
  kernelsFor,
  type OperandAddress,
  planKernelScratch,
  planOperand,
  type WasmContext,
} from "./context.js";
import { planStatistics } from "./statistics.js";

/** A job of statistics, and of a map if it has one. */
export type GroupJob = Omit<NormalizeJob, "plan" | "out"> & {
  readonly plan: Pick<NormalizeJob["plan"], "reduction"> & Partial<NormalizeJob["plan"]>;
  readonly out?: NormalizeJob["out"];
};

/** What moments_finish says; see assembly/moments.ts. */
const SETTLED = 0;
const RESCALE = 2;

/** Marks a state as one without a mean; see assembly/moments.ts. */
const UNCENTRED_STATE = 8;

/** Takes the statistics of group after group, and maps it. */
export function reduceGroups(context: WasmContext, job: GroupJob, groups: Blocks): void {
  const { x, plan, eps, centred, functionName } = job;
  const kernels = kernelsFor(context, x);
  const n = groupSizeOf(plan.reduction);
  const scratch = new ScratchPlan();
  const stateOf = planKernelScratch(context, scratch);
  const access = planAccess(context, scratch, job, groups, stripOfGroup(x));
  const statistics = planStatistics(context, scratch, job, 1, false);
  const mapPart = planMap(context, scratch, job, Math.min(n, tileOf(x.format.compute)));
  scratch.with(context.store, functionName, () => {
    const state = stateOf();
    access.forEachStrip((group) => {
      if (centred) beginMoments(kernels, access, groups, state, bytesOf(x.format.compute));
      else kernels.moments_begin(state, 0, 1, UNCENTRED_STATE);
      sweepMoments(kernels, access, n, state, eps);
      if (statistics.flags) {
        kernels.store_statistics(state, statistics.mean(), statistics.rstd(), 0, statistics.flags);
        statistics.store(group, 1);
      }
      if (!mapPart) return;
      access.map((to, from, count, _, element) => {
        mapPart(to, kernels.prescaled(state, to, from, count), element, count, group, state);
      });
    });
  });
}

/** Begins the open group with a first guess of its mean, from its first piece; as firstShift of assembly/shift.ts. */
function beginMoments(kernels: KernelSet, access: Access, { steps }: Blocks, state: number, bytes: number): void {
  if (steps <= access.partSteps) return kernels.begin_row(state, access.read(0, 0, steps), steps, 0);
  const { at, stride } = access.sample(8, Math.floor(steps / 8));
  kernels.moments_begin(state, kernels.mean_of_eight(at, stride * bytes), 1, 0);
}

/** Leaves the statistics of the open group in `state`, which has begun. */
function sweepMoments(kernels: KernelSet, access: Access, n: number, state: number, eps: number): void {
  for (;;) {
    access.sweep(
      (at, count) => kernels.moments_accumulate(state, at, count),
      () => kernels.moments_end_run(state),
    );
    const verdict = kernels.moments_finish(state, n, eps);
    if (verdict === SETTLED) return;
    if (verdict !== RESCALE) continue;
    let largest = 0;
    access.sweep((at, count) => {
      largest = Math.max(largest, kernels.largest_magnitude(at, count));
    });
    kernels.moments_rescale(state, largest);
  }
}

/** Maps `count` elements of the group of index `group`, the first of which is its element `start`. */
type MapPart = (to: number, from: number, start: number, count: number, group: number, state: number) => void;

/** Plans the map of groups whose parts have at most `part` elements. */
function planMap(context: WasmContext, scratch: ScratchPlan, job: GroupJob, part: number): MapPart | undefined {
  const { x, weight, bias } = job;
  const { map, reduction } = job.plan;
  if (!map) return undefined;
  const kernels = kernelsFor(context, x);
  const flags = flagsOf(job);
  const gamma = planOperand(context, scratch, weight, Math.min(part, weight?.size ?? 0));
  const beta = planOperand(context, scratch, bias, Math.min(part, bias?.size ?? 0));
  switch (map.kind) {
    case "element":
      return (to, from, start, count, _, state) => {
        kernels.map_row(to, from, gamma(start, count), beta(start, count), count, state, flags);
      };
    case "group":
      if (reduction.kind === "columns") return columnMap(kernels, reduction, gamma, beta, flags);
      return (to, from, _, count, group, state) => {
        kernels.map_run(to, from, gamma(group, 1), beta(group, 1), count, state, flags);
      };
    case "channel":
      return channelMap(kernels, map, gamma, beta, bytesOf(x.format.compute), flags);
  }
}

/** Parts of a step's columns, with a gamma and beta each. */
function columnMap(
  kernels: KernelSet,
  { columns, width }: Columns,
  gamma: OperandAddress,
  beta: OperandAddress,
  flags: number,
): MapPart {
  return (to, from, start, count, group, state) => {
    const first = ((group * width) % columns) + (start % width);
    kernels.map_row(to, from, gamma(first, count), beta(first, count), count, state, flags);
  };
}

/** Parts of a row with channels: a run of one channel after the other. */
function channelMap(
  kernels: KernelSet,
  { channels, span, period }: ChannelMap,
  gamma: OperandAddress,
  beta: OperandAddress,
  bytes: number,
  flags: number,
): MapPart {
  return (to, from, start, count, row, state) => {
    const end = start + count;
    const first = Math.floor(start / span);
    const touched = Math.ceil(end / span) - first;
    const firstParameter = (row % period) * channels + first;
    const [gammas, betas] = [gamma(firstParameter, touched), beta(firstParameter, touched)];
    for (let index = 0; index < touched; index++) {
      const begin = Math.max(start, (first + index) * span);
      const length = Math.min(end, (first + index + 1) * span) - begin;
      const [at, parameter] = [(begin - start) * bytes, index * bytes];
      kernels.map_run(to + at, from + at, gammas + parameter, betas + parameter, length, state, flags);
    }
  };
}
