// Groups that no kernel takes in one call: host rows longer than a tile, and groups scattered in runs. One sweep for the
// sums, another for the map, with the resumable kernels.

import { ScratchPlan } from "../../engine/scratch.js";
import { addressOf, bytesOf, tileOf } from "../../engine/staging.js";
import { type AffineMap, type ChannelMap, type Columns, groupSizeOf, type Reduction } from "../../plan.js";
import type { MomentsJob, NormalizeJob } from "../backend.js";
import { addKernelScratch, addOperand, flagsOf, kernelsFor, type WasmContext } from "./context.js";
import { forEachPartBackwards, type GroupAccess, type Pieces, planAccess } from "./group_access.js";
import { sweepMoments } from "./group_moments.js";
import { planMoments, planStatistics } from "./statistics.js";

/** Visits groups in their order. */
export type ForEachGroup = (visit: (group: Pieces, index: number) => void) => void;

/** Normalises group after group. */
export function normalizeGroups(context: WasmContext, job: NormalizeJob, forEachGroup: ForEachGroup): void {
  const { plan, x, out, eps, centred } = job;
  const kernels = kernelsFor(context, x);
  const tile = tileOf(x.format.compute);
  const n = groupSizeOf(plan.reduction);
  const scratch = new ScratchPlan();
  const stateOf = addKernelScratch(context, scratch);
  const accessOf = planAccess(context, scratch, x, out, n);
  const statistics = planStatistics(context, scratch, job, 1, false);
  const mapOf = planMap(context, scratch, job, Math.min(n, tile));
  scratch.with(context.store, job.functionName, (base) => {
    const access = accessOf(base);
    const state = stateOf(base);
    const map = mapOf(base, access, state);
    forEachGroup((group, index) => {
      access.open(group);
      sweepMoments(kernels, access, group, tile, state, eps, centred);
      if (statistics.flags) {
        kernels.store_statistics(state, statistics.mean(base), statistics.rstd(base), 0, statistics.flags);
        statistics.store(base, index, 1);
      }
      map(group, index);
    });
  });
}

/** The moments of group after group. */
export function groupMoments(context: WasmContext, job: MomentsJob, forEachGroup: ForEachGroup): void {
  const { reduction, x, moments } = job;
  const kernels = kernelsFor(context, x);
  const tile = tileOf(x.format.compute);
  const scratch = new ScratchPlan();
  const stateOf = addKernelScratch(context, scratch);
  const accessOf = planAccess(context, scratch, x, x, groupSizeOf(reduction));
  const statistics = planMoments(context, scratch, moments, 1);
  scratch.with(context.store, job.functionName, (base) => {
    const access = accessOf(base);
    const state = stateOf(base);
    forEachGroup((group, index) => {
      access.open(group);
      sweepMoments(kernels, access, group, tile, state, 0, true);
      kernels.store_statistics(state, statistics.mean(base), statistics.rstd(base), 0, statistics.flags);
      statistics.store(base, index, 1);
    });
  });
}

/** Groups that are rows. */
export function rowGroups(reduction: Extract<Reduction, { kind: "rows" }>): ForEachGroup {
  return (visit) => {
    for (let row = 0; row < reduction.rows; row++) {
      visit({ pieces: 1, run: reduction.n, startOf: () => row * reduction.n }, row);
    }
  };
}

type MapGroup = (group: Pieces, index: number) => void;

/** Plans the map of groups whose parts have at most `part` elements. */
function planMap(
  context: WasmContext,
  scratch: ScratchPlan,
  job: NormalizeJob,
  part: number,
): (base: number, access: GroupAccess, state: number) => MapGroup {
  const { weight, bias, x } = job;
  const { compute } = x.format;
  const { map } = job.plan;
  const gammaAt = addOperand(scratch, weight, compute, Math.min(part, weight?.size ?? 0));
  const betaAt = addOperand(scratch, bias, compute, Math.min(part, bias?.size ?? 0));
  const flags = flagsOf(job);
  return (base, access, state) => {
    const parameters: Parameters = {
      gamma: (start, count) => (weight ? addressOf(context, weight, base + gammaAt, start, count) : 0),
      beta: (start, count) => (bias ? addressOf(context, bias, base + betaAt, start, count) : 0),
    };
    const mapPart = partMap(context, job, map, parameters, state, flags);
    const kernels = kernelsFor(context, x);
    return (group, index) => {
      forEachPartBackwards(group, tileOf(compute), (piece, start, count) => {
        const from = access.read(piece, start, count);
        const to = access.target(piece, start);
        const source = kernels.prescaled(state, to, from, count);
        mapPart(to, source, piece * group.run + start, count, index);
        access.write(piece, start, count);
      });
    };
  };
}

interface Parameters {
  gamma(start: number, count: number): number;
  beta(start: number, count: number): number;
}

/** Maps `count` elements of the group of index `group`, the first of which is its element `start`. */
type MapPart = (to: number, from: number, start: number, count: number, group: number) => void;

function partMap(
  context: WasmContext,
  job: NormalizeJob,
  map: AffineMap,
  { gamma, beta }: Parameters,
  state: number,
  flags: number,
): MapPart {
  const kernels = kernelsFor(context, job.x);
  const { reduction } = job.plan;
  switch (map.kind) {
    case "element":
      return (to, from, start, count) => {
        kernels.map_row(to, from, gamma(start, count), beta(start, count), count, state, flags);
      };
    case "group":
      if (reduction.kind === "columns") return columnMap(context, job, reduction, { gamma, beta }, state, flags);
      return (to, from, _, count, group) => {
        kernels.map_run(to, from, gamma(group, 1), beta(group, 1), count, state, flags);
      };
    case "channel":
      return channelMap(context, job, map, { gamma, beta }, state, flags);
  }
}

/** Parts of a step's columns, with a gamma and beta each. */
function columnMap(
  context: WasmContext,
  { x }: NormalizeJob,
  { columns, width }: Columns,
  { gamma, beta }: Parameters,
  state: number,
  flags: number,
): MapPart {
  const kernels = kernelsFor(context, x);
  return (to, from, start, count, group) => {
    const first = ((group * width) % columns) + (start % width);
    kernels.map_row(to, from, gamma(first, count), beta(first, count), count, state, flags);
  };
}

/** Parts of a row with channels: a run of one channel after the other. */
function channelMap(
  context: WasmContext,
  { x }: NormalizeJob,
  { channels, span, period }: ChannelMap,
  parameters: Parameters,
  state: number,
  flags: number,
): MapPart {
  const kernels = kernelsFor(context, x);
  const bytes = bytesOf(x.format.compute);
  return (to, from, start, count, row) => {
    const first = Math.floor(start / span);
    const last = Math.floor((start + count - 1) / span);
    const firstChannel = (row % period) * channels + first;
    const gamma = parameters.gamma(firstChannel, last - first + 1);
    const beta = parameters.beta(firstChannel, last - first + 1);
    for (let channel = first; channel <= last; channel++) {
      const begin = Math.max(start, channel * span);
      const end = Math.min(start + count, (channel + 1) * span);
      const at = (begin - start) * bytes;
      const parameter = (channel - first) * bytes;
      kernels.map_run(to + at, from + at, gamma + parameter, beta + parameter, end - begin, state, flags);
    }
  };
}
