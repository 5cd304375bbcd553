import { narrow, type Wide } from "../elementary.js";
import type { Grouping } from "./grouping.js";
import { mapGroup, type Pairs } from "./map_group.js";
import { centredMoments, meanOf, deviationOf, reciprocalDeviation, type GroupMoments } from "./moments.js";
import { withParameters, type Reference } from "./reference.js";
import type { Values } from "./scaled_values.js";

/** Weight and bias as layers hold them. */
export interface Affine {
  readonly weight?: ArrayLike<number>;
  readonly bias?: ArrayLike<number>;
}

/** The statistics of a group, by its values and number. */
export type Reduction = (group: Values, index: number) => GroupMoments;

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
  statistics: (group: Values, index: number) => GroupMap,
): Reference {
  const perGroup = (value = 0) => new Float64Array(groups).fill(value);
  const [mean, meanLow, varianceLow, rstdLow] = [perGroup(), perGroup(), perGroup(), perGroup()];
  const [variance, rstd, deviation] = [perGroup(NaN), perGroup(NaN), perGroup(NaN)];
  const normalized: Pairs = { high: new Float64Array(groups * size), low: new Float64Array(groups * size) };
  for (let group = 0; group < groups && size > 0; group++) {
    const { moments, factor } = statistics(gather(x, members, group * size, size), group);
    ({ high: mean[group], low: meanLow[group] } = meanOf(moments));
    ({ high: variance[group], low: varianceLow[group] } = narrow(moments.variance));
    deviation[group] = narrow(deviationOf(moments.variance)).high;
    ({ high: rstd[group], low: rstdLow[group] } = narrow(factor));
    scatter(mapGroup(moments, factor), members, group * size, normalized);
  }
  const low = { mean: meanLow, variance: varianceLow, rstd: rstdLow, normalized: normalized.low };
  const plain = { rows: groups, n: size, members, mean, variance, rstd, deviation, normalized: normalized.high, low };
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
