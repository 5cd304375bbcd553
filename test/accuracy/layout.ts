import type { NormInput } from "../support/api.js";
import { computingDtype, fromData, toData, type Data, type DTypeName } from "../support/dtypes.js";
import { createRandom } from "../support/random.js";
import { product } from "../support/reference/grouping.js";
import type { Parameters } from "../support/reference/reference.js";
import type { Placed } from "./placements.js";

/** Rows as the operation wants them. */
export function intoPlace(rows: Data, { grouping: { members } }: Placed): Data {
  if (!members) return rows;
  const placed = rows.slice();
  for (let place = 0; place < rows.length; place++) placed[members[place]] = rows[place];
  return placed;
}

/** Rows again. */
export function backInRows(placed: Data, { grouping: { members } }: Placed): Data {
  if (!members) return placed;
  const rows = placed.slice();
  for (let place = 0; place < rows.length; place++) rows[place] = placed[members[place]];
  return rows;
}

/** Weight and bias as an operation takes them, and as the reference of rows does. */
export interface MadeAffine {
  readonly options: NormInput;
  readonly parameters: Parameters;
}

/** In x's dtype, or for every other size of group in the dtype that 16-bit tensors are computed in. */
export function makeAffine(dtype: DTypeName, n: number, placed: Placed, hasBias: boolean): MadeAffine {
  const { parameterCount, parameterOf, members } = placed.grouping;
  const random = createRandom(parameterCount);
  const given = n & 1 ? dtype : computingDtype(dtype);
  const [weight, bias] = [0, 1].map(() => toData(given, Float64Array.from({ length: parameterCount }, random.normal)));
  const [gammas, betas] = [weight, bias].map((data) => {
    const numbers = fromData(given, data);
    const count = product(placed.shape);
    const ofRows = new Float64Array(count);
    for (let place = 0; place < count; place++) ofRows[place] = numbers[parameterOf(members ? members[place] : place)];
    return ofRows;
  });
  const asTensor = (data: Data) => ({ data, shape: placed.parameterShape, dtype: given });
  return {
    options: { weight: asTensor(weight), ...(hasBias && { bias: asTensor(bias) }) },
    parameters: {
      gamma: (place) => gammas[place],
      ...(hasBias && { beta: (place: number) => betas[place] }),
    },
  };
}
