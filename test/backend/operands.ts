// Operands for jobs made by hand.

import { formatOfDType } from "../../src/dtype.js";
import { ownOperand, type Operand } from "../../src/ops/operand.js";
import { computingDtype, fromData, toData, type DTypeName } from "../support/dtypes.js";
import { familiesOf } from "../support/family/of_dtype.js";
import { createRandom } from "../support/random.js";
import type { Grouping } from "../support/reference/grouping.js";

/** A host operand of one dimension, of numbers rounded to a dtype. */
export function operand(dtype: DTypeName, values: ArrayLike<number>): Operand {
  return ownOperand(toData(dtype, values), [values.length], formatOfDType("test", dtype));
}

export function empty(dtype: DTypeName, size: number): Operand {
  return operand(dtype, new Float64Array(size).fill(NaN));
}

/** For statistics, or for coefficients, of a tensor of this dtype. */
export function emptyComputed(dtype: DTypeName, size: number): Operand {
  return empty(computingDtype(dtype), size);
}

export function numbers(dtype: DTypeName, { data }: Operand): Float64Array {
  return fromData(dtype, data);
}

/** Every group of a tensor filled from a family of data, each with other numbers of it. */
export function groupsOfFamily(dtype: DTypeName, family: string, grouping: Grouping): Float64Array {
  const { groups, size, members } = grouping;
  const random = createRandom(size);
  const x = new Float64Array(groups * size);
  for (let group = 0; group < groups; group++) {
    const values = familiesOf(dtype)[family](size, random);
    for (let j = 0; j < size; j++) x[members ? members[group * size + j] : group * size + j] = values[j];
  }
  return x;
}

/** Factors and addends of either sign that every dtype holds exactly. */
export function parameters(count: number, seed: number): Float64Array {
  const random = createRandom(seed);
  return Float64Array.from({ length: count }, () => Math.round(random.normal() * 8) / 8 + 1 / 16);
}

/** The first place where arrays differ, -1 if none does: quicker than toEqual. NaN is NaN, and zeros are equal. */
export function firstDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  for (let index = 0; index < Math.max(actual.length, expected.length); index++) {
    const [a, b] = [actual[index], expected[index]];
    if (a !== b && !(Number.isNaN(a) && Number.isNaN(b))) return index;
  }
  return -1;
}
