// Maps without statistics.

import type { AffineMap, Reduction } from "../../plan.js";
import type { AffineGlobalJob, AffineVectorizedJob } from "../backend.js";
import { parameterOf, readerOf, writerOf } from "./elements.js";
import { kernels32, kernels64 } from "./kernel_sets.js";
import type { Computed, Kernels } from "./kernels.js";
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
  if (job.x.format.compute === "float64") affineVectorizedWith(kernels64, job);
  else affineVectorizedWith(kernels32, job);
}

function affineVectorizedWith<Data extends Computed>(kernels: Kernels<Data>, job: AffineVectorizedJob): void {
  const { rows, n } = job;
  const [x, out] = [readerOf<Data>(job.x), writerOf<Data>(job.out)];
  const [scale, bias] = [parameterOf<Data>(job.scale)!, parameterOf<Data>(job.bias)!];
  const [gamma, beta] = [parameterOf<Data>(job.gamma)!, parameterOf<Data>(job.beta)!];
  const piece = Math.min(n, x.limit);
  for (let row = 0; row < rows; row++) {
    for (let done = 0; done < n; done += piece) {
      const count = Math.min(piece, n - done);
      const [i, o] = [x.at(row * n + done, count), out.at(row * n + done, count)];
      kernels.mapRow(out.data, o, x.data, i, count, scale[row], bias[row], gamma, beta, done);
    }
  }
  out.flush();
}
