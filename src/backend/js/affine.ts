// Maps without statistics.

import { numbersOf } from "../../elements.js";
import type { AffineMap, Reduction } from "../../plan.js";
import type { AffineGlobalJob, AffineVectorizedJob } from "../backend.js";
import { kernelsOf } from "./kernel_sets.js";
import { dataOf } from "./kernels.js";
import { reduce, type TakeStatistics } from "./normalize.js";

/** A normalisation with statistics that are given: the centre for a mean, and a standard deviation of 1. */
export function affineGlobal({ runs, span, period, x, out, centre, scale, bias }: AffineGlobalJob): void {
  const take: TakeStatistics = ({ first, groups }, state) => {
    for (let group = 0; group < groups; group++) {
      state.scale[group] = 1;
      state.mean[group] = centre ? centre.data[(first + group) % period] : 0;
      state.meanLow[group] = 0;
      state.rstd[group] = 1;
    }
  };
  const columns: Reduction = { kind: "columns", blocks: 1, steps: runs / period, columns: period, width: 1 };
  const reduction: Reduction = span === 1 ? columns : { kind: "rows", rows: runs, n: span };
  const map: AffineMap = span === 1 ? { kind: "group" } : { kind: "channel", channels: 1, span, period };
  reduce(reduction, x, take, {}, { map, out, weight: scale, bias });
}

export function affineVectorized(job: AffineVectorizedJob): void {
  const { rows, n } = job;
  const kernels = kernelsOf(job.x);
  const [out, x] = [dataOf(job.out), dataOf(job.x)];
  const [scale, bias, gamma, beta] = [job.scale, job.bias, job.gamma, job.beta].map(numbersOf);
  for (let row = 0; row < rows; row++) kernels.mapRow(out, x, row * n, n, scale[row], bias[row], gamma, beta);
}
