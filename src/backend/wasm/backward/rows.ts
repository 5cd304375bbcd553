// Gradients of layer and RMS norm.

import { writeNumbers } from "../../../elements.js";
import { COEFFICIENT_BYTES, ROWS_SCRATCH_BYTES, SUMS_BYTES } from "../../../engine/gradient_module.js";
import { ScratchPlan } from "../../../engine/scratch.js";
import { bytesOf, isDirect, stageIn, stageOut, tileOf } from "../../../engine/staging.js";
import type { Operand } from "../../../ops/operand.js";
import type { RowsBackwardJob } from "../../backend.js";
import { planOperand, type WasmContext } from "../context.js";
import { addressOf, planBytes, planWeight, UNCENTRED, WANTS_INPUT, WANTS_PARAMETERS } from "./gradients.js";

/** Elements of a row whose parameter gradients are summed at a time: their sums stay in the second cache. No more than a tile has. */
const STRIP = 16_384;

export function rowsBackward(context: WasmContext, job: RowsBackwardJob): void {
  if (job.n <= STRIP) wholeRows(context, job);
  else wideRows(context, job);
}

/** The kernels take up to so many short rows together, counted from the first. */
const BATCH = 16;

/** Rows of `n` elements that are staged at a time: whole batches, or so few that the kernels take them one by one. */
function rowsAtOnce(x: Operand, rows: number, n: number): number {
  if (isDirect(x)) return rows;
  const most = Math.floor(tileOf(x.format.compute) / 2 / n);
  return Math.min(rows, most > BATCH ? most - (most % BATCH) : most);
}

function flagsOf({ mean, gradInput, gradWeight, gradBias }: RowsBackwardJob): number {
  const parameters = gradWeight || gradBias ? WANTS_PARAMETERS : 0;
  return (gradInput ? WANTS_INPUT : 0) | parameters | (mean ? 0 : UNCENTRED);
}

/** One call of one kernel for all rows, or for as many as are staged. */
function wholeRows(context: WasmContext, job: RowsBackwardJob): void {
  const { functionName, rows, n, gradOutput, x, gradInput } = job;
  const kernels = context.gradients()[x.format.compute];
  const direct = isDirect(x);
  const atOnce = rowsAtOnce(x, rows, n);
  const flags = flagsOf(job);
  const plan = new ScratchPlan();
  const scratch = planBytes(plan, ROWS_SCRATCH_BYTES);
  const parameters = planBytes(plan, flags & WANTS_PARAMETERS ? kernels.parameter_bytes(n) : 0);
  const gamma = planWeight(context, plan, job.weight, x, n);
  const mean = planOperand(context, plan, job.mean, atOnce);
  const rstd = planOperand(context, plan, job.rstd, atOnce);
  const bytes = bytesOf(x.format.compute);
  const tiles = planBytes(plan, direct ? 0 : 2 * atOnce * n * bytes);
  plan.with(context.store, functionName, () => {
    const [gammas, sums] = [gamma(0, n), parameters()];
    if (flags & WANTS_PARAMETERS) kernels.begin_parameters(sums, gammas, n);
    for (let first = 0; first < rows; first += atOnce) {
      const count = Math.min(atOnce, rows - first);
      const [element, elements] = [first * n, count * n];
      const dy = direct ? addressOf(gradOutput, element) : tiles();
      const from = direct ? addressOf(x, element) : dy + elements * bytes;
      if (!direct) {
        stageIn(context, dy, gradOutput, element, elements);
        stageIn(context, from, x, element, elements);
      }
      const dx = direct ? addressOf(gradInput, element) : dy;
      const [means, rstds] = [mean(first, count), rstd(first, count)];
      kernels.rows_backward(dx, dy, from, means, rstds, gammas, sums, first, count, n, scratch(), flags);
      if (!direct && gradInput) stageOut(context, dx, gradInput, element, elements);
    }
    if (flags & WANTS_PARAMETERS) {
      const [weight, bias] = endParameters(context, x, sums, n);
      if (job.gradWeight) writeNumbers(job.gradWeight, weight);
      if (job.gradBias) writeNumbers(job.gradBias, bias);
    }
  });
}

/** Ends the sums, and gives views of them: until memory grows, or the scratch is taken by others. */
function endParameters(
  { gradients, store }: WasmContext,
  { format }: Operand,
  sums: number,
  n: number,
): [weight: Float64Array, bias: Float64Array] {
  const first = (gradients()[format.compute].end_parameters(sums, n) >>> 0) / 8;
  const group = 32 / bytesOf(format.compute);
  const second = first + group * Math.ceil(n / group);
  const { float64 } = store.memory.views;
  return [float64.subarray(first, first + n), float64.subarray(second, second + n)];
}

/** Rows' sums first, and then the rest, both strip by strip. */
function wideRows(context: WasmContext, job: RowsBackwardJob): void {
  const { functionName, rows, n, gradOutput, x, gradInput } = job;
  const kernels = context.gradients()[x.format.compute];
  const direct = isDirect(x);
  const bytes = bytesOf(x.format.compute);
  const flags = flagsOf(job);
  const atOnce = rowsAtOnce(x, rows, STRIP);
  const plan = new ScratchPlan();
  const scratch = planBytes(plan, ROWS_SCRATCH_BYTES);
  const sums = planBytes(plan, rows * SUMS_BYTES);
  const coefficients = planBytes(plan, rows * COEFFICIENT_BYTES);
  const parameters = planBytes(plan, flags & WANTS_PARAMETERS ? kernels.parameter_bytes(STRIP) : 0);
  const gamma = planWeight(context, plan, job.weight, x, STRIP);
  const mean = planOperand(context, plan, job.mean, rows);
  const rstd = planOperand(context, plan, job.rstd, rows);
  const tiles = planBytes(plan, direct ? 0 : 2 * STRIP * atOnce * bytes);
  const weight = new Float64Array(n);
  const bias = new Float64Array(n);
  plan.with(context.store, functionName, () => {
    const [means, rstds] = [mean(0, rows), rstd(0, rows)];
    context.store.memory.views.bytes.fill(0, sums(), sums() + rows * SUMS_BYTES);
    forEachStrip((start, count) => {
      const gammas = gamma(start, count);
      forEachPart(start, count, (first, some, dy, from, stride) => {
        const at = sums() + first * SUMS_BYTES;
        const [m, r] = [means + first * bytes, rstds + first * bytes];
        kernels.gather_rows(at, dy, from, stride, gammas, count, m, r, some, flags);
      });
    });
    kernels.settle_rows(coefficients(), sums(), means, rstds, rows, 1 / n, flags);
    forEachStrip(mapStrip);
    if (job.gradWeight) writeNumbers(job.gradWeight, weight);
    if (job.gradBias) writeNumbers(job.gradBias, bias);
  });

  function mapStrip(start: number, count: number): void {
    const gammas = gamma(start, count);
    if (flags & WANTS_PARAMETERS) kernels.begin_parameters(parameters(), gammas, count);
    forEachPart(start, count, (first, some, dy, from, stride) => {
      const dx = direct ? addressOf(gradInput, first * n + start) : dy;
      const at = coefficients() + first * COEFFICIENT_BYTES;
      const [all, spare] = [parameters(), scratch()];
      kernels.strip_backward(dx, dy, from, stride, gammas, all, first, some, count, at, spare, flags);
      if (direct || !gradInput) return;
      for (let row = 0; row < some; row++) {
        stageOut(context, dx + row * count * bytes, gradInput, (first + row) * n + start, count);
      }
    });
    if (!(flags & WANTS_PARAMETERS)) return;
    const [weights, biases] = endParameters(context, x, parameters(), count);
    weight.set(weights, start);
    bias.set(biases, start);
  }

  function forEachStrip(visit: (start: number, count: number) => void): void {
    for (let start = 0; start < n; start += STRIP) visit(start, Math.min(STRIP, n - start));
  }

  /** Takes a strip of all rows, or of as many at a time as are staged. */
  function forEachPart(start: number, count: number, visit: Visit): void {
    for (let first = 0; first < rows; first += atOnce) {
      const some = Math.min(atOnce, rows - first);
      const element = first * n + start;
      const dy = direct ? addressOf(gradOutput, element) : tiles();
      const from = direct ? addressOf(x, element) : dy + some * count * bytes;
      for (let row = 0; row < some && !direct; row++) {
        stageIn(context, dy + row * count * bytes, gradOutput, element + row * n, count);
        stageIn(context, from + row * count * bytes, x, element + row * n, count);
      }
      visit(first, some, dy, from, direct ? n : count);
    }
  }
}

/** Takes a strip of `some` rows from the `first` on: where it is, and how many elements are from one row to the next. */
type Visit = (first: number, some: number, dy: number, from: number, stride: number) => void;
