import { err } from "./error.js";
import { families, hostileFamilies, type Family } from "./families.js";
import { referenceNormalize, type Reference } from "./oracle.js";
import { createRandom } from "./random.js";

/** Normalises rows of n contiguous elements, without parameters. */
export type Normalize = (x: Float32Array, rows: number, n: number, eps: number) => Float32Array;

/** One tensor of data and what normalising its rows should give. */
export interface Case {
  readonly family: string;
  readonly n: number;
  readonly rows: number;
  readonly eps: number;
  readonly x: Float32Array;
  readonly reference: Reference;
}

/** The err of one result; `label` says which function or variant gave it. */
export interface Measurement {
  readonly label: string;
  readonly family: string;
  readonly n: number;
  readonly eps: number;
  readonly err: number;
}

export const everyFamily: Readonly<Record<string, Family>> = { ...families, ...hostileFamilies };

/** Vector, unrolling and block edges, and their neighbours. */
export const groupSizes: readonly number[] = [
  2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 33, 63, 64, 65, 127, 128, 129, 130, 255, 257, 511, 513, 768, 1023, 1025, 4096, 8191,
  8193, 65537, 1_048_576,
];

/** Data of a family by name: the same bits whenever it is called with the same arguments. */
export function makeCase(family: string, n: number, eps = 1e-5, rows = rowsFor(n)): Case {
  const random = createRandom(n);
  const x = new Float32Array(rows * n);
  for (let row = 0; row < rows; row++) x.set(everyFamily[family](n, random), row * n);
  return { family, n, rows, eps, x, reference: referenceNormalize(x, { rows, n, eps }) };
}

/** The err of `normalize` on every family and size. */
export function measure(normalize: Normalize, label = "", sizes = groupSizes, eps = 1e-5): Measurement[] {
  const measurements: Measurement[] = [];
  for (const family of Object.keys(everyFamily))
    for (const n of sizes) {
      const { x, rows, reference } = makeCase(family, n, eps);
      measurements.push({ label, family, n, eps, err: err(normalize(x, rows, n, eps), reference) });
    }
  return measurements;
}

/** A table: families down, labels across, in each cell the worst err and the group size that has it. */
export function formatReport(measurements: readonly Measurement[]): string {
  const labels = unique(measurements.map(({ label }) => label));
  const names = unique(measurements.map(({ family }) => family));
  const rows = names.map((name) => [name, ...labels.map((label) => worstCell(measurements, name, label))]);
  const table = [["", ...labels], ...rows];
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  return table.map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join("  ")).join("\n");
}

/** Several rows where they are cheap; a row must not depend on its neighbours. */
function rowsFor(n: number): number {
  if (n <= 1025) return 16;
  if (n <= 8193) return 4;
  return n <= 65537 ? 2 : 1;
}

function worstCell(measurements: readonly Measurement[], family: string, label: string): string {
  const group = measurements.filter((measurement) => measurement.family === family && measurement.label === label);
  if (group.length === 0) return "-";
  const worst = group.reduce((a, b) => (b.err > a.err ? b : a));
  return `${worst.err.toPrecision(3)} @${worst.n}`;
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
