// A reduction and its map, wherever the statistics come from.

import { numbersOf } from "../../elements.js";
import type { Operand } from "../../ops/operand.js";
import type { NormalizePlan, Reduction } from "../../plan.js";
import type { GroupMoments, MomentsJob, NormalizeJob } from "../backend.js";
import { blocksOf } from "../blocks.js";
import { ColumnGroups } from "./columns.js";
import { kernelsOf } from "./kernel_sets.js";
import { dataOf, type Kernels } from "./kernels.js";
import { RunGroups } from "./runs.js";
import { type State, stateOf } from "./state.js";
import { type Groups, type Reduced, type Rule, standardRule, type Target, takeStatistics } from "./statistics.js";

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
export type TakeStatistics = (groups: Reduced, state: State, kernels: Pick<Kernels, "tolerance" | "rescales">) => void;

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
  const kernels = kernelsOf(x);
  const Groups = isRuns(reduction) ? RunGroups : ColumnGroups;
  const groups: Groups = new Groups(blocksOf(reduction), kernels, dataOf(x));
  const state = stateOf(groups.most);
  const target = mapping && targetOf(mapping);
  while (groups.next()) {
    take(groups, state, kernels);
    store(outputs, groups, state);
    if (target) groups.map(state, target);
  }
}

function isRuns(reduction: Reduction): boolean {
  return reduction.kind === "rows" || (reduction.kind === "strided" && reduction.columns === 1);
}

function targetOf({ map, out, weight, bias }: Mapping): Target {
  return { map, out: dataOf(out), gamma: weight && numbersOf(weight), beta: bias && numbersOf(bias) };
}

/** Stores the statistics of a batch, in units of x. */
function store({ mean, rstd, moments }: Outputs, { first, groups, width }: Reduced, state: State): void {
  for (let group = 0; group < groups; group++) {
    const scale = state.scale[group * width];
    if (mean) mean.data[first + group] = state.mean[group] / scale;
    if (rstd) rstd.data[first + group] = state.rstd[group] * scale;
    if (!moments) continue;
    moments.mean[first + group] = state.mean[group] / scale;
    moments.variance[first + group] = state.variance[group] / scale / scale;
  }
}
