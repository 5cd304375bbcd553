// x / max(||x||_p, eps).

import type { Reduction } from "../../plan.js";
import type { PowerJob } from "../backend.js";
import { dataOf } from "./kernels.js";
import { byRule, reduce } from "./normalize.js";
import { divideByNorms, NormSums } from "./norms.js";
import { MOST_COLUMNS } from "./state.js";
import type { Rule } from "./statistics.js";
import { loadTile, type Region, storeTile, TILE } from "./tiles.js";

export function power(job: PowerJob): void {
  if (job.p === 2) euclidean(job);
  else general(job);
}

/** The Euclidean norm is an uncentred reduction with another rule. */
function euclidean({ blocks, steps, columns, eps, x, out }: PowerJob): void {
  const reduction: Reduction =
    columns === 1 ? { kind: "rows", rows: blocks, n: steps } : { kind: "columns", blocks, steps, columns, width: 1 };
  reduce(reduction, x, byRule(euclideanRule(eps)), {}, { map: { kind: "element" }, out });
}

/** 1 / eps must not overflow: it would make NaN of zeros. */
const LEAST_EPS = 2 ** -1000;

function euclideanRule(eps: number): Rule {
  return {
    centred: false,
    rstd: (meanSquare, scale, size) => {
      const least = eps > 0 ? Math.max(eps * scale, LEAST_EPS) : 0;
      return 1 / Math.max(Math.sqrt(meanSquare * size), least);
    },
  };
}

/** Any p: the largest magnitude, then powers of magnitudes over that, then the map; a chunk of columns at a time. */
function general({ blocks, steps, columns, p, eps, x, out }: PowerJob): void {
  const most = Math.min(columns, MOST_COLUMNS);
  const sums = new NormSums(p, most);
  const strip = Math.floor(TILE / most);
  const tile = new Float64Array(strip * most);
  for (let block = 0; block < blocks; block++) {
    for (let first = 0; first < columns; first += most) {
      const chunk = Math.min(most, columns - first);
      const forEachStrip = (visit: (rows: number, region: Region) => void): void => {
        for (let step = 0; step < steps; step += strip) {
          const rows = Math.min(strip, steps - step);
          const start = (block * steps + step) * columns + first;
          const region = regionOf(start, rows, chunk, columns);
          loadTile(tile, dataOf(x), region);
          visit(rows, region);
        }
      };
      sums.clear();
      forEachStrip((rows) => sums.addMagnitudes(tile, rows, chunk));
      if (p !== Infinity) forEachStrip((rows) => sums.addPowers(tile, rows, chunk));
      sums.finish(chunk);
      forEachStrip((rows, region) => {
        divideByNorms(tile, rows, chunk, sums, eps);
        storeTile(tile, dataOf(out), region);
      });
    }
  }
}

/** Rows of a chunk of columns: one stretch of memory, where the chunk is all columns. */
function regionOf(start: number, rows: number, chunk: number, columns: number): Region {
  if (chunk === columns) return { start, rows: 1, rowStride: 0, columns: rows * chunk, columnStride: 1 };
  return { start, rows, rowStride: columns, columns: chunk, columnStride: 1 };
}
