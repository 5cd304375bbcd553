import { narrow, type Wide } from "../elementary.js";
import type { Grouping } from "./grouping.js";
import { mapGroup, type Pairs } from "./map_group.js";
import { centredMoments, meanOf, momentsAboutZero, reciprocalDeviation, type GroupMoments } from "./moments.js";
import { withParameters, type Reference } from "./reference.js";
import { scaledValues, type ScaledValues, type Values } from "./scaled_values.js";

/** Weight and bias as layers hold them. */
export interface Affine {
  readonly weight?: ArrayLike<number>;
  readonly bias?: ArrayLike<number>;
}

/** The statistics of a group, by its values and number. */
export type Reduction = (group: ScaledValues, index: number) => GroupMoments;

/** Both centred and not: layer, group, instance, batch and RMS norm are this over their own groups. */
export function referenceOf(
  x: Values,
  grouping: Grouping,
  eps: number,
  reduction: Reduction = centredMoments,
): Reference {
  return normalizeGroups(x, grouping, (group, index) => {
    const moments = reduction(group, index);
    const factor = reciprocalDeviation(moments.variance, eps);
    return { moments, factor };
  });
}

/** The same about zero. */
export function uncentredReferenceOf(x: Values, grouping: Grouping, eps: number): Reference {
  return referenceOf(x, grouping, eps, momentsAboutZero);
}

/** A reference with the weight and bias of a layer. */
export function withAffine(reference: Reference, { parameterOf }: Grouping, { weight, bias }: Affine): Reference {
  return withParameters(reference, {
    gamma: weight && ((index) => weight[parameterOf(index)]),
    beta: bias && ((index) => bias[parameterOf(index)]),
  });
}

/** What is done to a group: a centre is taken off, and a factor applied. */
interface GroupMap {
  readonly moments: GroupMoments;
  readonly factor: Wide;
}

/** Groups of no elements have mean 0 and rstd NaN, as PyTorch's native functions give. */
export function normalizeGroups(
  x: Values,
  { groups, size, members }: Grouping,
  statistics: (group: ScaledValues, index: number) => GroupMap,
): Reference {
  const perGroup = (value = 0) => new Float64Array(groups).fill(value);
  const [mean, meanLow, variance, rstd, rstdLow] = [perGroup(), perGroup(), perGroup(NaN), perGroup(NaN), perGroup()];
  const normalized: Pairs = { high: new Float64Array(groups * size), low: new Float64Array(groups * size) };
  for (let group = 0; group < groups && size > 0; group++) {
    const scaled = scaledValues(gather(x, members, group * size, size));
    const { moments, factor } = statistics(scaled, group);
    ({ high: mean[group], low: meanLow[group] } = meanOf(moments));
    variance[group] = narrow(moments.variance).high;
    ({ high: rstd[group], low: rstdLow[group] } = narrow(factor));
    scatter(mapGroup(scaled, moments, factor), members, group * size, normalized);
  }
  const low = { mean: meanLow, rstd: rstdLow, normalized: normalized.low };
  const plain = { rows: groups, n: size, members, mean, variance, rstd, normalized: normalized.high, low };
  return withParameters(plain, {});
}

function gather(x: Values, members: Int32Array | undefined, start: number, size: number): Values {
  if (!members) return x.subarray(start, start + size);
  const group = new Float64Array(size);
  for (let index = 0; index < size; index++) group[index] = x[members[start + index]];
  return group;
}

function scatter(pairs: Pairs, members: Int32Array | undefined, start: number, into: Pairs): void {
  if (!members) {
    into.high.set(pairs.high, start);
    into.low.set(pairs.low, start);
    return;
  }
  for (let index = 0; index < pairs.high.length; index++) {
    into.high[members[start + index]] = pairs.high[index];
    into.low[members[start + index]] = pairs.low[index];
  }
}
