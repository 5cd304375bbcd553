import type { Engine } from "../../src/index.js";
import { dtypes, type DTypeName } from "../support/dtypes.js";
import { affineGlobal, affineVectorized, groupingOf, rowwiseMoments, type Call } from "./calls.js";
import { mixedRows } from "./data.js";
import { channelGradients, lineGradients, responseGradients, rowGradients } from "./family_backward.js";
import { axesNorms, channelMaps, channelNorms, LAYOUTS, localResponses, pNorms, rowNorms } from "./family.js";
import { hashOf } from "./hash.js";

/** Folded and plain columns, blocks, strips, and samples larger than a tile. */
const CHANNELS = [
  { batch: 3, channels: 6, groups: 3, span: 7 },
  { batch: 2, channels: 12, groups: 1, span: 67 },
  { batch: 2, channels: 33, groups: 11, span: 129 },
  { batch: 1, channels: 15, groups: 3, span: 4500 },
  { batch: 1, channels: 2100, groups: 2100, span: 33 },
  { batch: 1, channels: 4, groups: 2, span: 33_000 },
];

/** More than a chunk, and no whole number of blocks, of what parameters' gradients are summed over. */
const MANY_ROWS = 4133;

/** Every kind of plan, below and above a tile. */
const AXES = [
  { shape: [3, 9, 4], axes: [1] },
  { shape: [2, 140, 37], axes: [1] },
  { shape: [1, 130, 600], axes: [1] },
  { shape: [13, 12, 130], axes: [0, 2] },
  { shape: [5, 3, 70, 11], axes: [0, 2] },
  { shape: [10, 2, 20, 300], axes: [0, 2] },
  { shape: [3, 2, 30_000], axes: [0, 2] },
];

const LINES = [
  { shape: [13, 9], dim: 1 },
  { shape: [12, 257], dim: 1 },
  { shape: [2, 130, 37], dim: 1 },
  { shape: [2, 67_000], dim: 1 },
  { shape: [70, 1100], dim: 0 },
];

/** Vectors, blocks, the samples' spread, chunks and the tiles of both types. */
const ROWS = [1, 3, 17, 128, 131, 4100, 8200, 33_000, 65_600];

/** The calls of a dtype, a list for each size. */
type Part = (dtype: DTypeName) => Call[][];

const PARTS: readonly Part[] = [
  ...LAYOUTS.flatMap((layout) =>
    [channelNorms, channelMaps, localResponses].map((make): Part => {
      return (dtype) => CHANNELS.map((sizes) => make({ dtype }, sizes, layout));
    }),
  ),
  (dtype) => AXES.map((axes) => axesNorms({ dtype }, axes)),
  (dtype) => LINES.map(({ shape, dim }) => pNorms({ dtype }, shape, dim)),
  (dtype) => ROWS.map((n) => rowNorms({ dtype }, rowsFor(n), n)),
  (dtype) => (dtype === "float32" ? [] : ROWS.map((n) => rowMaps(dtype, n))),
  ...LAYOUTS.flatMap((layout) =>
    [channelGradients, responseGradients].map((make): Part => {
      return (dtype) => CHANNELS.map((sizes) => make({ dtype }, sizes, layout));
    }),
  ),
  (dtype) => ROWS.map((n) => rowGradients({ dtype }, rowsFor(n), n)),
  (dtype) => [rowGradients({ dtype }, MANY_ROWS, 5)],
  (dtype) => LINES.map(({ shape, dim }) => lineGradients({ dtype }, shape, dim)),
];

/** For an operation and a dtype, a hash per size. */
export type FamilyTable = Readonly<Record<string, string>>;

/** Data of all kinds, in every dtype: each group is of another kind than its neighbours. */
export function computeFamilyHashes(engines: readonly Engine[]): Record<"wasm" | "js", FamilyTable> {
  const tables = { wasm: {} as Record<string, string>, js: {} as Record<string, string> };
  for (const dtype of dtypes)
    for (const part of PARTS)
      for (const calls of part(dtype))
        for (const [line, work] of byLine(dtype, calls))
          for (const engine of engines) {
            const table = tables[engine.backend];
            table[line] = line in table ? `${table[line]} ${hashOf(engine, work)}` : hashOf(engine, work);
          }
  return tables;
}

/** Calls of one operation and layout have one hash. */
function byLine(dtype: DTypeName, calls: readonly Call[]): Map<string, Call[]> {
  const lines = new Map<string, Call[]>();
  for (const call of calls) {
    const layout = LAYOUTS.find((layout) => call.name.includes(layout));
    const line = [/^\w+/.exec(call.name)![0], ...(layout ? [layout] : []), dtype].join(", ");
    lines.set(line, [...(lines.get(line) ?? []), call]);
  }
  return lines;
}

function rowMaps(dtype: DTypeName, n: number): Call[] {
  const rows = rowsFor(n);
  const x = mixedRows(rows, n, 0, dtype);
  return [rowwiseMoments(x, n), affineVectorized(x, n), affineGlobal(x, groupingOf(rows, n), false)];
}

/** All kinds of rows where they are short. */
function rowsFor(n: number): number {
  return n <= 10_000 ? 13 : 2;
}
