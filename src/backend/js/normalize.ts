// A reduction and its map, wherever the statistics come from.

import type { Operand } from "../../ops/operand.js";
import type { NormalizePlan, Reduction, Rows, Strided } from "../../plan.js";
import type { GroupMoments, MomentsJob, NormalizeJob } from "../backend.js";
import { blocksOf } from "../blocks.js";
import { ColumnGroups } from "./columns.js";
import { parameterOf, readerOf, WINDOW, type Writer, writerOf } from "./elements.js";
import { kernels32, kernels64 } from "./kernel_sets.js";
import type { Computed, Kernels } from "./kernels.js";
import { mapColumns, mapRuns, type Target } from "./map.js";
import { RunGroups } from "./runs.js";
import { type State, stateOf } from "./state.js";
import { type Groups, type Rule, standardRule, takeStatistics } from "./statistics.js";

/** Where statistics go, if anywhere. */
interface Outputs {
  readonly mean?: Operand;
  readonly rstd?: Operand;
  readonly moments?: GroupMoments;
}

/** What is normalised, and where to. */
export interface Mapping {
  readonly map: NormalizePlan["map"];
  readonly out: Operand;
  readonly weight?: Operand;
  readonly bias?: Operand;
}

export function normalize(job: NormalizeJob): void {
  const { map, reduction } = job.plan;
  const { out, weight, bias } = job;
  reduce(reduction, job.x, byRule(standardRule(job.centred, job.eps)), job, { map, out, weight, bias });
}

export function moments(job: MomentsJob): void {
  reduce(job.reduction, job.x, byRule(standardRule(true, 0)), job);
}

/** Leaves mean, variance, rstd and scale of every group of a batch in the state. */
export type TakeStatistics = (
  groups: Groups,
  state: State,
  kernels: Pick<Kernels<never>, "tolerance" | "rescales">,
) => void;

/** From the groups' elements. */
export function byRule(rule: Rule): TakeStatistics {
  return (groups, state, kernels) => takeStatistics(groups, state, rule, kernels);
}

/** Takes statistics of x's groups, and maps them, if at all, while they are in a cache. */
export function reduce(
  reduction: Reduction,
  x: Operand,
  take: TakeStatistics,
  outputs: Outputs,
  mapping?: Mapping,
): void {
  if (x.format.compute === "float64") reduceWith(kernels64, reduction, x, take, outputs, mapping);
  else reduceWith(kernels32, reduction, x, take, outputs, mapping);
}

function reduceWith<Data extends Computed>(
  kernels: Kernels<Data>,
  reduction: Reduction,
  x: Operand,
  take: TakeStatistics,
  outputs: Outputs,
  mapping: Mapping | undefined,
): void {
  const { groups, state, map, out } = isRuns(reduction)
    ? overRuns(kernels, reduction, x, mapping)
    : overColumns(kernels, reduction, x, mapping);
  while (groups.next()) {
    take(groups, state, kernels);
    store(outputs, groups, state);
    map?.();
  }
  out?.flush();
}

/** How to walk: the groups, their state, and what maps a batch whose statistics are known. */
interface Course<Data extends Computed> {
  readonly groups: Groups;
  readonly state: State;
  readonly map: (() => void) | undefined;
  readonly out: Writer<Data> | undefined;
}

function isRuns(reduction: Reduction): reduction is Rows | Strided {
  return reduction.kind === "rows" || (reduction.kind === "strided" && reduction.columns === 1);
}

function overRuns<Data extends Computed>(
  kernels: Kernels<Data>,
  reduction: Rows | Strided,
  x: Operand,
  mapping: Mapping | undefined,
): Course<Data> {
  const reader = readerOf<Data>(x, WINDOW, reduction.kind === "rows");
  const groups = new RunGroups(blocksOf(reduction), kernels, reader);
  const state = stateOf(groups.most);
  if (!mapping) return { groups, state, map: undefined, out: undefined };
  const target = targetOf<Data>(mapping, WINDOW);
  return { groups, state, map: () => mapRuns(groups, kernels, reader, state, target), out: target.out };
}

function overColumns<Data extends Computed>(
  kernels: Kernels<Data>,
  reduction: Exclude<Reduction, Rows>,
  x: Operand,
  mapping: Mapping | undefined,
): Course<Data> {
  const layout = blocksOf(reduction);
  const window = Math.max(WINDOW, layout.width);
  const reader = readerOf<Data>(x, window);
  const groups = new ColumnGroups(layout, kernels, reader);
  const state = stateOf(groups.most);
  if (!mapping) return { groups, state, map: undefined, out: undefined };
  const target = targetOf<Data>(mapping, window);
  return { groups, state, map: () => mapColumns(groups, kernels, reader, state, target), out: target.out };
}

function targetOf<Data extends Computed>({ map, out, weight, bias }: Mapping, window: number): Target<Data> {
  return { map, out: writerOf(out, window), gamma: parameterOf(weight), beta: parameterOf(bias) };
}

/** Stores the statistics of a batch, in units of x. */
function store({ mean, rstd, moments }: Outputs, { first, groups, width }: Groups, state: State): void {
  for (let group = 0; group < groups; group++) {
    const scale = state.scale[group * width];
    if (mean) mean.data[first + group] = state.mean[group] / scale;
    if (rstd) rstd.data[first + group] = state.rstd[group] * scale;
    if (!moments) continue;
    moments.mean[first + group] = state.mean[group] / scale;
    moments.variance[first + group] = state.variance[group] / scale / scale;
  }
}
