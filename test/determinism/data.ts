import { toData, type Data, type DTypeName } from "../support/dtypes.js";
import { familiesOf } from "../support/family/of_dtype.js";
import type { DataFamily } from "../support/family/recipe.js";
import { createRandom, type Random } from "../support/random.js";

/** Numbers of a dtype, in the array that tensors have. */
export interface Rows {
  readonly data: Data;
  readonly dtype: DTypeName;
}

/** Which families of a dtype do what the kinds of rows are for, and a spike that sums lose all else beside. */
interface Names {
  readonly farMean: string;
  readonly fartherMean: string;
  readonly squaresOverflow: string;
  readonly outlierFirst: string;
  readonly spikesAtSamples: string;
  readonly spike: number;
}

const names: Readonly<Record<DTypeName, Names>> = {
  float32: {
    farMean: "N(0,1) + 1e3",
    fartherMean: "N(0,1) + 1e6",
    squaresOverflow: "magnitude 1e30",
    outlierFirst: "outlier first",
    spikesAtSamples: "1e6 at every eighth of the group",
    spike: 2 ** 60,
  },
  float64: {
    farMean: "N(0,1) + 1e6",
    fartherMean: "N(0,1) + 1e12",
    squaresOverflow: "magnitude 1e300",
    outlierFirst: "outlier of 1e15 first",
    spikesAtSamples: "1e15 at every eighth of the group",
    spike: 2 ** 120,
  },
  float16: {
    farMean: "N(0,1) + 30",
    fartherMean: "N(0,1) + 1e3, a few steps wide",
    squaresOverflow: "near 65504",
    outlierFirst: "outlier of 6e4 first",
    spikesAtSamples: "outlier of 6e4 in the middle",
    spike: 2 ** 15,
  },
  bfloat16: {
    farMean: "N(0,1) + 30",
    fartherMean: "N(0,1) + 100, a few steps wide",
    squaresOverflow: "magnitude 1e30",
    outlierFirst: "outlier of 1e6 first",
    spikesAtSamples: "outlier of 1e6 in the middle",
    spike: 2 ** 60,
  },
};

/**
 * Kinds of rows that take every path through the kernels: a plain row; means of many deviations; shifts that the
 * samples get wrong, in short, middling and long rows; squares that overflow and, with eps = 0, that underflow; rows
 * without any deviation; NaN and infinities; and sums that another order of additions would change, in float64 too.
 */
function kindsOf(dtype: DTypeName): DataFamily[] {
  const { farMean, fartherMean, squaresOverflow, outlierFirst, spikesAtSamples, spike } = names[dtype];
  const family = (name: string) => familiesOf(dtype)[name];
  const plain = family("N(0,1)");
  return [
    plain,
    family(farMean),
    plain,
    family(squaresOverflow),
    family(outlierFirst),
    poisoned(plain, NaN),
    family(spikesAtSamples),
    family("subnormal"),
    poisoned(plain, -Infinity),
    family("constant"),
    family(fartherMean),
    spikesThatCancel(plain, spike),
  ];
}

const kinds = Object.fromEntries((Object.keys(names) as DTypeName[]).map((dtype) => [dtype, kindsOf(dtype)]));

/** How many kinds of rows there are. */
export const KINDS = kinds.float32.length;

/** Rows of n elements of all those kinds, each next to others; `first` says with which to begin. */
export function mixedRows(rows: number, n: number, first = 0, dtype: DTypeName = "float32"): Rows {
  return remembered([rows, n, first, dtype].join(), () => {
    return filled(rows, n, dtype, createRandom(rows + n + first), (row) => kinds[dtype][(first + row) % KINDS]);
  });
}

/** Rows of one family of float32, or of mixed kinds. */
export function rowsOf(family: string, rows: number, n: number): Rows {
  if (family === "mixed rows") return mixedRows(rows, n);
  const one = family === "spikes that cancel" ? kinds.float32[KINDS - 1] : familiesOf("float32")[family];
  return filled(rows, n, "float32", createRandom(n), () => one);
}

/** The last few of mixedRows: many calls are made of the same. Nobody writes to them. */
const recent = new Map<string, Rows>();

function remembered(key: string, make: () => Rows): Rows {
  const rows = recent.get(key) ?? make();
  recent.delete(key);
  recent.set(key, rows);
  if (recent.size > 8) recent.delete(recent.keys().next().value!);
  return rows;
}

function filled(rows: number, n: number, dtype: DTypeName, random: Random, kind: (row: number) => DataFamily): Rows {
  const values = dtype === "float32" ? new Float32Array(rows * n) : new Float64Array(rows * n);
  for (let row = 0; row < rows; row++) values.set(kind(row)(n, random), row * n);
  return { data: dtype === "float32" ? (values as Data) : toData(dtype, values), dtype };
}

/** Factors and addends from 0.5 to 1.5. */
export function parameters(count: number, seed: number): Float32Array {
  const random = createRandom(seed);
  const values = new Float32Array(count);
  for (let index = 0; index < count; index++) values[index] = 0.5 + random.uniform();
  return values;
}

/**
 * Four elements so large that wide sums lose the others until they have cancelled: what is left tells the order of
 * additions, which rounded results of other data hide.
 */
function spikesThatCancel(plain: DataFamily, height: number): DataFamily {
  return (n, random) => {
    const row = plain(n, random);
    for (const spike of [height, -height, height, -height]) row[Math.floor(random.uniform() * n)] = spike;
    return row;
  };
}

function poisoned(plain: DataFamily, value: number): DataFamily {
  return (n, random) => {
    const row = plain(n, random);
    row[Math.floor(random.uniform() * n)] = value;
    return row;
  };
}
