import type { Engine } from "../../src/index.js";
import {
  affineGlobal,
  affineVectorized,
  groupingOf,
  groupNorm,
  layerNorm,
  PARAMETERS,
  rowwiseMoments,
  type Call,
} from "./calls.js";
import { rowsOf, type Rows } from "./data.js";
import { computeFamilyHashes, type FamilyTable } from "./family_hashes.js";
import { hashOf } from "./hash.js";

/** Of rows of float32 numbers: each family meets another path through the kernels. */
const FAMILIES = [
  "N(0,1)",
  "N(0,1) + 1e6",
  "heavy tails",
  "0/1 mask",
  "outlier first",
  "outlier last",
  "constant",
  "magnitude 1e30",
  "near FLT_MAX",
  "subnormal",
  "1e6 at every eighth of the group",
  "spikes that cancel",
  "mixed rows",
];

/** Elements per row: around vectors, quads, blocks, the samples' spread, chunks and tiles. */
const SIZES = [
  1, 2, 3, 5, 15, 16, 17, 31, 33, 63, 100, 127, 128, 129, 255, 257, 768, 4095, 4096, 4097, 8191, 8192, 8193, 65_535,
  65_536, 65_537, 1_000_001,
];

const OPERATIONS: Readonly<Record<string, (x: Rows, n: number) => Call[]>> = {
  layerNorm: (x, n) => variants(n, (names, eps) => layerNorm(x, n, names, eps)),
  groupNorm: (x, n) => variants(n, (names, eps) => groupNorm(x, groupingOf(x.data.length / n, n), names, eps)),
  rowwiseMoments: (x, n) => [rowwiseMoments(x, n)],
  affineGlobal: (x, n) =>
    [false, true].map((perSample) => affineGlobal(x, groupingOf(x.data.length / n, n), perSample)),
  affineVectorized: (x, n) => [affineVectorized(x, n)],
};

/** For an operation and a row length, a hash per family. */
export type HashTable = Readonly<Record<string, string>>;

type Backend = "wasm" | "js";

const BACKENDS: readonly Backend[] = ["wasm", "js"];

/** The file of hashes. */
export interface Hashes extends Readonly<Record<Backend, HashTable>> {
  /** What the hashes in a line stand for. */
  readonly families: readonly string[];
  /** Every operation and dtype, with hashes of a few sizes each. */
  readonly family: Readonly<Record<Backend, FamilyTable>>;
}

export function computeHashes(createEngine: (options: { backend: Backend }) => Engine): Hashes {
  const lines = { wasm: {} as Record<string, string>, js: {} as Record<string, string> };
  const engines = BACKENDS.map((backend) => createEngine({ backend }));
  for (const n of SIZES) {
    const data = FAMILIES.map((family) => rowsOf(family, rowsFor(n), n));
    for (const [name, calls] of Object.entries(OPERATIONS)) {
      const work = data.map((x) => calls(x, n));
      for (const engine of engines) {
        lines[engine.backend][`${name}, n = ${n}`] = work.map((calls) => hashOf(engine, calls)).join(" ");
      }
    }
  }
  return { families: FAMILIES, ...lines, family: computeFamilyHashes(engines) };
}

/** Every hash that differs, in words. */
export function compareHashes(actual: Hashes, expected: Hashes): string[] {
  if (String(actual.families) !== String(expected.families)) return ["the families differ"];
  return BACKENDS.flatMap((backend) => [
    ...compareTables(backend, actual[backend], expected[backend], (index) => FAMILIES[index]),
    ...compareTables(backend, actual.family[backend], expected.family[backend], (index) => `size ${index}`),
  ]);
}

function compareTables(
  backend: Backend,
  actual: HashTable,
  expected: HashTable,
  nameOf: (index: number) => string,
): string[] {
  return Object.keys({ ...expected, ...actual }).flatMap((line) => {
    const [got, wanted] = [actual, expected].map((table) => table[line]?.split(" ") ?? []);
    const indices = Array.from({ length: Math.max(got.length, wanted.length) }, (_, index) => index);
    const differing = indices.filter((index) => got[index] !== wanted[index]);
    return differing.map((index) => `${backend} ${line}: ${nameOf(index)}`);
  });
}

function variants(n: number, make: (names: (typeof PARAMETERS)[number], eps: number) => Call): Call[] {
  const both = PARAMETERS[3];
  const calls = [make([], 1e-5), make(both, 1e-5), make(both, 0)];
  return n > 10_000 ? calls : [...calls, make(["weight"], 1e-5), make(["bias"], 1e-5)];
}

/** Several batches of the kernel for short rows; few where rows are long. */
function rowsFor(n: number): number {
  if (n <= 128) return 37;
  if (n <= 1000) return 11;
  if (n <= 10_000) return 4;
  return n <= 100_000 ? 2 : 1;
}
