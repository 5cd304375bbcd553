// The maps by themselves.

import { computeFormat } from "../../dtype.js";
import { computeArray, numbersOf } from "../../elements.js";
import type { KernelSet } from "../../engine/module.js";
import { ScratchPlan } from "../../engine/scratch.js";
import { addressOf, bytesOf, isDirect, stageIn, stageOut, tileOf } from "../../engine/staging.js";
import { type Operand, ownOperand } from "../../ops/operand.js";
import type { AffineGlobalJob, AffineVectorizedJob } from "../backend.js";
import { addOperand, kernelsFor, type WasmContext, wholeAddress } from "./context.js";

export function affineGlobal(context: WasmContext, job: AffineGlobalJob): void {
  const columns = job.span === 1 ? job : asColumns(context, job);
  if (isDirect(job.x)) globalDirect(context, columns);
  else globalTiles(context, columns);
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

/** Runs the kernel for runs, or the one for columns. */
function runGlobal(
  kernels: KernelSet,
  out: number,
  x: number,
  [centre, scale, bias]: readonly number[],
  runs: number,
  span: number,
  period: number,
): void {
  if (span === 1) kernels.columns_affine(out, x, centre, scale, bias, runs / period, period);
  else kernels.affine_global(out, x, centre, scale, bias, runs, span, period);
}

/** Plans for the coefficients of up to `count` runs; gives their addresses, once staged. */
function planCoefficients(
  context: WasmContext,
  plan: ScratchPlan,
  { x, centre, scale, bias }: AffineGlobalJob,
  count: number,
): (base: number, first: number, count: number) => number[] {
  const operands = [centre, scale, bias];
  const relative = operands.map((operand) => addOperand(plan, operand, x.format.compute, count));
  return (base, first, count) =>
    operands.map((operand, index) => (operand ? addressOf(context, operand, base + relative[index], first, count) : 0));
}

function globalDirect(context: WasmContext, job: AffineGlobalJob): void {
  const { runs, span, period, x, out } = job;
  const plan = new ScratchPlan();
  const coefficients = planCoefficients(context, plan, job, period);
  plan.with(context.store, job.functionName, (base) => {
    runGlobal(kernelsFor(context, x), out.offset, x.offset, coefficients(base, 0, period), runs, span, period);
  });
}

/** In tiles of whole periods; or, where a tile holds none, of runs, or of parts of one. */
function globalTiles(context: WasmContext, job: AffineGlobalJob): void {
  const { runs, span, period, x, out } = job;
  const { compute } = x.format;
  const kernels = kernelsFor(context, x);
  const tile = tileOf(compute);
  const length = Math.min(span, tile);
  const fitting = Math.min(runs, Math.max(1, Math.floor(tile / span)));
  const whole = period <= fitting;
  const runsPerTile = whole ? fitting - (fitting % period) : fitting;
  const plan = new ScratchPlan();
  const tileAt = plan.add(runsPerTile * length, bytesOf(compute));
  const coefficients = planCoefficients(context, plan, job, whole ? period : runsPerTile);
  plan.with(context.store, job.functionName, (base) => {
    const at = base + tileAt;
    let staged = whole ? coefficients(base, 0, period) : [];
    for (let run = 0; run < runs;) {
      const first = run % period;
      const count = Math.min(runsPerTile, runs - run, whole ? runs : period - first);
      if (!whole) staged = coefficients(base, first, count);
      for (let start = 0; start < span; start += length) {
        const part = Math.min(length, span - start);
        stageIn(context, at, x, run * span + start, count * part);
        runGlobal(kernels, at, at, staged, count, part, whole ? period : count);
        stageOut(context, at, out, run * span + start, count * part);
      }
      run += count;
    }
  });
}

export function affineVectorized(context: WasmContext, job: AffineVectorizedJob): void {
  if (isDirect(job.x)) vectorizedDirect(context, job);
  else vectorizedTiles(context, job);
}

function vectorizedDirect(context: WasmContext, job: AffineVectorizedJob): void {
  const { rows, n, x, out, scale, bias, gamma, beta } = job;
  const { compute } = x.format;
  const plan = new ScratchPlan();
  const scaleAt = addOperand(plan, scale, compute);
  const biasAt = addOperand(plan, bias, compute);
  const gammaAt = addOperand(plan, gamma, compute);
  const betaAt = addOperand(plan, beta, compute);
  plan.with(context.store, job.functionName, (base) => {
    const scales = wholeAddress(context, scale, base + scaleAt);
    const biases = wholeAddress(context, bias, base + biasAt);
    const gammas = wholeAddress(context, gamma, base + gammaAt);
    const betas = wholeAddress(context, beta, base + betaAt);
    kernelsFor(context, x).affine_vectorized(out.offset, x.offset, scales, biases, gammas, betas, rows, n);
  });
}

/** In tiles of whole rows, or of parts of one where a row is longer than a tile. */
function vectorizedTiles(context: WasmContext, job: AffineVectorizedJob): void {
  const { rows, n, x, out, scale, bias, gamma, beta } = job;
  const { compute } = x.format;
  const kernels = kernelsFor(context, x);
  const tile = tileOf(compute);
  const length = Math.min(n, tile);
  const rowsPerTile = Math.min(rows, Math.max(1, Math.floor(tile / n)));
  const plan = new ScratchPlan();
  const tileAt = plan.add(rowsPerTile * length, bytesOf(compute));
  const scaleAt = addOperand(plan, scale, compute, rowsPerTile);
  const biasAt = addOperand(plan, bias, compute, rowsPerTile);
  const gammaAt = addOperand(plan, gamma, compute, length);
  const betaAt = addOperand(plan, beta, compute, length);
  plan.with(context.store, job.functionName, (base) => {
    const at = base + tileAt;
    for (let start = 0; start < n; start += length) {
      const part = Math.min(length, n - start);
      const gammas = addressOf(context, gamma, base + gammaAt, start, part);
      const betas = addressOf(context, beta, base + betaAt, start, part);
      for (let row = 0; row < rows; row += rowsPerTile) {
        const count = Math.min(rowsPerTile, rows - row);
        const scales = addressOf(context, scale, base + scaleAt, row, count);
        const biases = addressOf(context, bias, base + biasAt, row, count);
        const first = row * n + start;
        stageIn(context, at, x, first, count * part);
        kernels.affine_vectorized(at, at, scales, biases, gammas, betas, count, part);
        stageOut(context, at, out, first, count * part);
      }
    }
  });
}
