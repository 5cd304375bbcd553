import { families, hostileFamilies, type Family } from "../support/families.js";
import { createRandom, type Random } from "../support/random.js";

const byName: Readonly<Record<string, Family>> = {
  ...families,
  ...hostileFamilies,
  "spikes that cancel": spikesThatCancel,
};

/**
 * Kinds of rows that take every path through the kernels: a plain row; means of many deviations; shifts that the
 * samples get wrong, in short, middling and long rows; squares that overflow and, with eps = 0, that underflow; rows
 * without any deviation; NaN and infinities; and sums that another order of additions would change, in float64 too.
 */
const ROW_KINDS: readonly Family[] = [
  byName["N(0,1)"],
  byName["N(0,1) + 1e3"],
  byName["N(0,1)"],
  byName["magnitude 1e30"],
  byName["outlier first"],
  poisoned(NaN),
  byName["1e6 at every eighth of the group"],
  byName.subnormal,
  poisoned(-Infinity),
  byName.constant,
  byName["N(0,1) + 1e6"],
  byName["spikes that cancel"],
];

/** How many kinds of rows there are. */
export const KINDS = ROW_KINDS.length;

/** Rows of n elements of all those kinds, each next to others; `first` says with which to begin. */
export function mixedRows(rows: number, n: number, first = 0): Float32Array {
  const random = createRandom(rows + n + first);
  const x = new Float32Array(rows * n);
  for (let row = 0; row < rows; row++) x.set(ROW_KINDS[(first + row) % ROW_KINDS.length](n, random), row * n);
  return x;
}

/** Rows of one family, or of mixed kinds. */
export function rowsOf(family: string, rows: number, n: number): Float32Array {
  if (family === "mixed rows") return mixedRows(rows, n);
  const random = createRandom(n);
  const x = new Float32Array(rows * n);
  for (let row = 0; row < rows; row++) x.set(byName[family](n, random), row * n);
  return x;
}

/** Factors and addends from 0.5 to 1.5. */
export function parameters(count: number, seed: number): Float32Array {
  const random = createRandom(seed);
  const values = new Float32Array(count);
  for (let index = 0; index < count; index++) values[index] = 0.5 + random.uniform();
  return values;
}

/**
 * Four elements so large that float64 sums lose the others until they have cancelled: what is left tells the order of
 * additions, which float32 results of other data hide.
 */
function spikesThatCancel(n: number, random: Random): Float32Array {
  const row = byName["N(0,1)"](n, random);
  for (const spike of [2 ** 60, -(2 ** 60), 2 ** 60, -(2 ** 60)]) row[Math.floor(random.uniform() * n)] = spike;
  return row;
}

function poisoned(value: number): Family {
  return (n: number, random: Random) => {
    const row = byName["N(0,1)"](n, random);
    row[Math.floor(random.uniform() * n)] = value;
    return row;
  };
}
