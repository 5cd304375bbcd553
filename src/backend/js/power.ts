// x / max(||x||_p, eps).

import type { Reduction } from "../../plan.js";
import type { PowerJob } from "../backend.js";
import { WINDOW } from "./elements.js";
import { byRule, reduce } from "./normalize.js";
import { divideByNorms, NormSums } from "./norms.js";
import { MOST_COLUMNS } from "./state.js";
import type { Rule } from "./statistics.js";
import { loaderOf, storeOf } from "./tiles.js";

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
function general(job: PowerJob): void {
  const { blocks, steps, columns, p, eps } = job;
  const [load, store] = [loaderOf(job.x), storeOf(job.out)];
  const most = Math.min(columns, MOST_COLUMNS);
  const sums = new NormSums(p, most);
  const strip = Math.floor(WINDOW / most);
  const tile = new Float64Array(strip * most);
  for (let block = 0; block < blocks; block++) {
    for (let first = 0; first < columns; first += most) {
      const chunk = Math.min(most, columns - first);
      const forEachStrip = (visit: (rows: number, offset: number) => void): void => {
        for (let step = 0; step < steps; step += strip) {
          const rows = Math.min(strip, steps - step);
          const offset = (block * steps + step) * columns + first;
          eachStretch(rows, chunk, columns, (row, count) => load(offset + row * columns, count, tile, row * chunk));
          visit(rows, offset);
        }
      };
      sums.clear();
      forEachStrip((rows) => sums.addMagnitudes(tile, rows, chunk));
      if (p !== Infinity) forEachStrip((rows) => sums.addPowers(tile, rows, chunk));
      sums.finish(chunk);
      forEachStrip((rows, offset) => {
        divideByNorms(tile, rows, chunk, sums, eps);
        eachStretch(rows, chunk, columns, (row, count) => store.put(offset + row * columns, count, tile, row * chunk));
      });
    }
  }
  store.flush();
}

/** Rows of a chunk of columns as stretches of memory: one, where the chunk is all columns. */
function eachStretch(rows: number, chunk: number, columns: number, visit: (row: number, count: number) => void): void {
  if (chunk === columns) visit(0, rows * chunk);
  else for (let row = 0; row < rows; row++) visit(row, chunk);
}
