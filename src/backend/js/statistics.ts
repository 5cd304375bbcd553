// The statistics of a few groups, whatever they are summed from. Same scheme for all dtypes: sums of deviations from a
// shift, the first element; again from the mean they give, where that was far; and once more, scaled by a power of two,
// where squares left the range of float64.

import type { AffineMap } from "../../plan.js";
import type { Computed } from "./kernels.js";
import type { State } from "./state.js";

/** The groups of a tensor, a batch of neighbours at a time. */
export interface Groups {
  /** Goes on to the next batch; false at the end. */
  next(): boolean;
  /** The first group of the batch, and how many there are. */
  readonly first: number;
  readonly groups: number;
  /** Columns of a group in the state. */
  readonly width: number;
  /** Columns of a batch in the state, at most. */
  readonly most: number;
  /** Elements per group. */
  readonly size: number;
  /** Sets the shift of every column of the pending groups to the group's first element. */
  begin(state: State): void;
  /** Adds elements to the sums of the pending groups. What it does to the sums of others does not matter. */
  accumulate(state: State): void;
  /** Maps the batch, whose statistics the state has. */
  map(state: State, target: Target): void;
}

/** Where a map writes, and with which parameters. */
export interface Target {
  readonly map: AffineMap;
  readonly out: Computed;
  readonly gamma: Computed | undefined;
  readonly beta: Computed | undefined;
}

/** What statistics are taken of. */
export type Reduced = Omit<Groups, "map">;

/** How the scale of a group's result, rstd, comes from its variance (or mean square), where both are of x * scale. */
export interface Rule {
  readonly centred: boolean;
  rstd(variance: number, scale: number, size: number): number;
}

/** 1 / sqrt(variance + eps). */
export function standardRule(centred: boolean, eps: number): Rule {
  return {
    centred,
    rstd: (variance, scale) => {
      const scaled = eps * scale * scale;
      // An eps that overflows is all there is to the deviation.
      if (Math.abs(scaled) < Infinity || scale === 1) return 1 / Math.sqrt(variance + scaled);
      return 1 / Math.sqrt(eps) / scale;
    },
  };
}

/** Squares of numbers as small, or as large, as float64 has, are normal numbers when scaled by these. */
const UP = 2 ** 700;
const DOWN = 2 ** -700;

/** Where rstd is above, squares may have lost digits to underflow. */
const LARGEST_RSTD = 2 ** 450;
/** Where variance and mean are below, the mean may have lost its last digits to underflow, whatever eps is. */
const SMALLEST = 2 ** -900;

/** Leaves mean, variance, rstd and scale of every group in the state. */
export function takeStatistics(
  groups: Reduced,
  state: State,
  rule: Rule,
  kernels: { tolerance: number; rescales: boolean },
): void {
  for (let column = 0; column < groups.groups * groups.width; column++) state.scale[column] = 1;
  for (let group = 0; group < groups.groups; group++) state.pending[group] = 1;
  attempt(groups, state, rule, kernels.tolerance);
  if (!kernels.rescales) return;
  const isTiny = (group: number) =>
    state.rstd[group] > LARGEST_RSTD || (state.variance[group] < SMALLEST && Math.abs(state.mean[group]) < SMALLEST);
  const extreme = (group: number, overflow: boolean) => (overflow ? DOWN : isTiny(group) ? UP : undefined);
  if (rescale(groups, state, extreme)) attempt(groups, state, rule, kernels.tolerance);
  // Scaling up made large elements, all the same, overflow: they need no scale.
  const overscaled = (group: number, overflow: boolean) =>
    overflow && state.scale[group * groups.width] === UP ? 1 : undefined;
  if (rescale(groups, state, overscaled)) attempt(groups, state, rule, kernels.tolerance);
}

/** Sums of the pending groups, and statistics from them. */
function attempt(groups: Reduced, state: State, rule: Rule, tolerance: number): void {
  if (rule.centred) groups.begin(state);
  else for (let column = 0; column < groups.groups * groups.width; column++) state.shift[column] = 0;
  sumUp(groups, state, rule);
  if (rule.centred && markFarShifts(groups, state, tolerance)) sumUp(groups, state, rule);
}

/** Keeps pending the groups whose shift was far from their mean, with the mean for a shift. */
function markFarShifts(groups: Reduced, state: State, tolerance: number): boolean {
  let any = false;
  for (let group = 0; group < groups.groups; group++) {
    if (!state.pending[group]) continue;
    const from = group * groups.width;
    const offset = state.mean[group] - state.shift[from];
    const far = offset * offset > tolerance * state.variance[group];
    state.pending[group] = far ? 1 : 0;
    if (!far) continue;
    any = true;
    state.shift.fill(state.mean[group], from, from + groups.width);
  }
  return any;
}

/** Makes pending the groups that need another scale, and gives it to them. */
function rescale(
  { groups, width }: Reduced,
  state: State,
  scaleOf: (group: number, overflow: boolean) => number | undefined,
): boolean {
  let any = false;
  for (let group = 0; group < groups; group++) {
    const scale = scaleOf(group, !Number.isFinite(state.variance[group]));
    state.pending[group] = scale === undefined ? 0 : 1;
    if (scale === undefined) continue;
    any = true;
    state.scale.fill(scale, group * width, (group + 1) * width);
  }
  return any;
}

function sumUp(groups: Reduced, state: State, rule: Rule): void {
  clear(state, groups.groups * groups.width);
  groups.accumulate(state);
  for (let group = 0; group < groups.groups; group++) {
    if (state.pending[group]) finish(groups, state, rule, group);
  }
}

/** A loop, because fill takes longer for a few columns. */
function clear({ sum, sumLow, squares, squaresLow }: State, columns: number): void {
  for (let column = 0; column < columns; column++) {
    sum[column] = 0;
    sumLow[column] = 0;
    squares[column] = 0;
    squaresLow[column] = 0;
  }
}

function finish({ width, size }: Reduced, state: State, rule: Rule, group: number): void {
  const from = group * width;
  const shift = state.shift[from];
  const offset = total(state.sum, state.sumLow, from, width) / size;
  const variance = total(state.squares, state.squaresLow, from, width) / size - (rule.centred ? offset * offset : 0);
  const mean = shift + offset;
  // The mean of a group with an infinity is NaN too, wherever the infinity is.
  const added = mean - shift;
  state.mean[group] = !rule.centred ? 0 : Number.isNaN(variance) ? NaN : mean;
  state.meanLow[group] = rule.centred ? shift - (mean - added) + (offset - added) : 0;
  state.variance[group] = variance < 0 ? 0 : variance;
  state.rstd[group] = rule.rstd(state.variance[group], state.scale[from], size);
}

/** The sum of `width` columns, with TwoSum. */
function total(high: Float64Array, low: Float64Array, from: number, width: number): number {
  let sum = high[from];
  let lost = low[from];
  for (let column = from + 1; column < from + width; column++) {
    const term = high[column];
    const next = sum + term;
    const added = next - sum;
    lost += sum - (next - added) + (term - added) + low[column];
    sum = next;
  }
  return Number.isFinite(sum) ? sum + lost : sum;
}
