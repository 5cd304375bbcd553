// Maps without statistics.

import { numbersOf } from "../../elements.js";
import type { AffineGlobalJob, AffineVectorizedJob } from "../backend.js";
import { parameterOf, readerOf, writerOf } from "./elements.js";
import { kernels32, kernels64 } from "./kernel_sets.js";
import type { Computed, Kernels } from "./kernels.js";
import { MOST_COLUMNS, type State, stateOf } from "./state.js";

export function affineGlobal(job: AffineGlobalJob): void {
  if (job.x.format.compute === "float64") affineGlobalWith(kernels64, job);
  else affineGlobalWith(kernels32, job);
}

export function affineVectorized(job: AffineVectorizedJob): void {
  if (job.x.format.compute === "float64") affineVectorizedWith(kernels64, job);
  else affineVectorizedWith(kernels32, job);
}

function affineGlobalWith<Data extends Computed>(kernels: Kernels<Data>, job: AffineGlobalJob): void {
  if (job.span === 1) affineColumns(kernels, job);
  else affineRuns(kernels, job);
}

function affineRuns<Data extends Computed>(kernels: Kernels<Data>, job: AffineGlobalJob): void {
  const { runs, span, period } = job;
  const [x, out, state] = [readerOf<Data>(job.x), writerOf<Data>(job.out), stateOf(1)];
  const centre = job.centre && parameterOf<Data>(job.centre);
  const [scale, bias] = [parameterOf<Data>(job.scale)!, parameterOf<Data>(job.bias)!];
  const piece = Math.min(span, x.limit);
  state.scale[0] = 1;
  state.meanLow[0] = 0;
  for (let run = 0; run < runs; run++) {
    const index = run % period;
    state.mean[0] = centre ? centre[index] : 0;
    for (let done = 0; done < span; done += piece) {
      const count = Math.min(piece, span - done);
      const [i, o] = [x.at(run * span + done, count), out.at(run * span + done, count)];
      kernels.mapRun(out.data, o, x.data, i, count, state, 0, scale[index], bias[index]);
    }
  }
  out.flush();
}

interface Coefficients {
  readonly centre: ArrayLike<number> | undefined;
  readonly scale: ArrayLike<number>;
  readonly bias: ArrayLike<number>;
}

/** Rows of `period` elements with coefficients of their own, a chunk of columns at a time. */
function affineColumns<Data extends Computed>(kernels: Kernels<Data>, job: AffineGlobalJob): void {
  const { runs, period } = job;
  const [x, out, state] = [readerOf<Data>(job.x), writerOf<Data>(job.out), stateOf(Math.min(period, MOST_COLUMNS))];
  const strip = period > MOST_COLUMNS ? 1 : Math.floor(x.limit / period);
  const [centre, scale, bias] = [job.centre, job.scale, job.bias].map((operand) => operand && numbersOf(operand));
  for (let first = 0; first < period; first += MOST_COLUMNS) {
    const columns = Math.min(MOST_COLUMNS, period - first);
    setCoefficients({ centre, scale: scale!, bias: bias! }, state, first, columns);
    for (let row = 0; row < runs / period; row += strip) {
      const steps = Math.min(strip, runs / period - row);
      const offset = row * period + first;
      const [i, o] = [x.at(offset, steps * columns), out.at(offset, steps * columns)];
      kernels.mapColumns(out.data, o, x.data, i, steps, period, columns, state, undefined, undefined, 0);
    }
  }
  out.flush();
}

function setCoefficients({ centre, scale, bias }: Coefficients, state: State, first: number, columns: number): void {
  for (let column = 0; column < columns; column++) {
    state.scale[column] = 1;
    state.centre[column] = centre ? centre[first + column] : 0;
    state.centreLow[column] = 0;
    state.slope[column] = scale[first + column];
    state.bias[column] = bias[first + column];
  }
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
