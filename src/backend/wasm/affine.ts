// The maps by themselves.

import { computeFormat } from "../../dtype.js";
import { computeArray, numbersOf } from "../../elements.js";
import { ScratchPlan } from "../../engine/scratch.js";
import { type Operand, ownOperand } from "../../ops/operand.js";
import type { AffineGlobalJob, AffineVectorizedJob } from "../backend.js";
import { kernelsFor, planOperand, type WasmContext } from "./context.js";
import { planTiles } from "./tiles.js";

export function affineGlobal(context: WasmContext, job: AffineGlobalJob): void {
  affineTiles(context, job.span === 1 ? job : asColumns(context, job));
}

/** Spans below this are shorter than a kernel's start-up. */
const SHORT_SPAN = 16;
/** Columns that short spans may become. */
const MOST_COLUMNS = 16_384;

/**
 * Short spans as columns, one for each element of a period, if there are enough periods to pay for it: the coefficients
 * are repeated, the results the same.
 */
function asColumns(context: WasmContext, job: AffineGlobalJob): AffineGlobalJob {
  const { runs, span, period, centre, scale, bias } = job;
  const columns = period * span;
  // Repeated coefficients take scratch, which a foreign memory may not have.
  const worthIt = span < SHORT_SPAN && columns <= MOST_COLUMNS && runs >= 4 * period && context.kernelScratch >= 0;
  if (!worthIt) return job;
  return {
    ...job,
    runs: runs * span,
    span: 1,
    period: columns,
    centre: centre && repeatEach(centre, span),
    scale: repeatEach(scale, span),
    bias: repeatEach(bias, span),
  };
}

function repeatEach(operand: Operand, times: number): Operand {
  const numbers = numbersOf(operand);
  const format = computeFormat(operand.format);
  const repeated = computeArray(format, numbers.length * times);
  for (let index = 0; index < numbers.length; index++) {
    repeated.fill(numbers[index], index * times, (index + 1) * times);
  }
  return ownOperand(repeated, [repeated.length], format);
}

/** In tiles of whole periods; or, where a tile holds none, of runs, or of parts of one. */
function affineTiles(context: WasmContext, job: AffineGlobalJob): void {
  const { runs, span, period, x } = job;
  const kernels = kernelsFor(context, x);
  const plan = new ScratchPlan();
  const tiles = planTiles(context, plan, job, runs, span, period);
  const [centre, scale, bias] = [job.centre, job.scale, job.bias].map((operand) =>
    planOperand(context, plan, operand, tiles.parameters),
  );
  plan.with(context.store, job.functionName, () => {
    tiles.forEach(({ to, from, count, length, parameter: first, parameters: n }) => {
      const [centres, scales, biases] = [centre(first, n), scale(first, n), bias(first, n)];
      if (span === 1) kernels.columns_affine(to, from, centres, scales, biases, count / n, n);
      else kernels.affine_global(to, from, centres, scales, biases, count, length, n);
    });
  });
}

/** In tiles of whole rows, or of parts of one where a row is longer than a tile. */
export function affineVectorized(context: WasmContext, job: AffineVectorizedJob): void {
  const { rows, n, x } = job;
  const kernels = kernelsFor(context, x);
  const plan = new ScratchPlan();
  const tiles = planTiles(context, plan, job, rows, n);
  const scale = planOperand(context, plan, job.scale, tiles.most);
  const bias = planOperand(context, plan, job.bias, tiles.most);
  const gamma = planOperand(context, plan, job.gamma, tiles.length);
  const beta = planOperand(context, plan, job.beta, tiles.length);
  plan.with(context.store, job.functionName, () => {
    tiles.forEach(({ to, from, first, count, start, length }) => {
      const [scales, biases] = [scale(first, count), bias(first, count)];
      const [gammas, betas] = [gamma(start, length), beta(start, length)];
      kernels.affine_vectorized(to, from, scales, biases, gammas, betas, count, length);
    });
  });
}
