// Gradients of layer and RMS norm.

import { numbersOf, writeNumbers } from "../../../elements.js";
import { COEFFICIENT_BYTES, ROWS_SCRATCH_BYTES, SUMS_BYTES } from "../../../engine/gradient_module.js";
import { ScratchPlan } from "../../../engine/scratch.js";
import { bytesOf, isDirect, stageIn, stageOut, tileOf } from "../../../engine/staging.js";
import type { Operand } from "../../../ops/operand.js";
import type { RowsBackwardJob } from "../../backend.js";
import { planOperand, type WasmContext } from "../context.js";
import { addressOf, BY_TWOS, planBytes, planWeight, UNCENTRED, WANTS_INPUT, WANTS_PARAMETERS } from "./gradients.js";

/** Elements of a row whose parameter gradients are summed at a time: their sums stay in the second cache. */
const STRIP = 16_384;

export function rowsBackward(context: WasmContext, job: RowsBackwardJob): void {
  const { x, n } = job;
  const room = isDirect(x) ? STRIP : Math.min(STRIP, roomOf(x));
  if (n <= room) wholeRows(context, job);
  else wideRows(context, job, room);
}

/** Elements of either input that are staged at a time. */
function roomOf({ format }: Operand): number {
  return tileOf(format.compute) / 2;
}

/** Rows of `n` elements that are staged at a time: an even number, as the kernels take them by twos. */
function rowsAtOnce(x: Operand, rows: number, n: number): number {
  if (isDirect(x)) return rows;
  return Math.min(rows, Math.max(2, 2 * Math.floor(roomOf(x) / n / 2)));
}

/**
 * Where two rows at once are faster: in the caches, and where they are so short that they are next to each other. The order
 * of sums depends on it, and so on the shape alone.
 */
const SMALL_TENSOR = 2 ** 20;
const SHORT_ROW = 256;

function flagsOf({ mean, x, n, gradInput, gradWeight, gradBias }: RowsBackwardJob): number {
  const parameters = gradWeight || gradBias ? WANTS_PARAMETERS : 0;
  const byTwos = x.size <= SMALL_TENSOR || n <= SHORT_ROW ? BY_TWOS : 0;
  return (gradInput ? WANTS_INPUT : 0) | parameters | (mean ? 0 : UNCENTRED) | byTwos;
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
    if (flags & WANTS_PARAMETERS) kernels.begin_parameters(sums, n);
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
      const totals = totalsAt(context, kernels.end_parameters(sums, n), n);
      if (job.gradWeight) writeNumbers(job.gradWeight, totals.weight);
      if (job.gradBias) writeNumbers(job.gradBias, totals.bias);
    }
  });
}

/** Copies of the sums that end_parameters leaves. */
function totalsAt({ store }: WasmContext, at: number, n: number): { weight: Float64Array; bias: Float64Array } {
  const { float64 } = store.memory.views;
  const first = at / 8;
  const second = first + 4 * Math.ceil(n / 4);
  return { weight: float64.slice(first, first + n), bias: float64.slice(second, second + n) };
}

/** Rows' sums first, part by part; then strip by strip what they are for. */
function wideRows(context: WasmContext, job: RowsBackwardJob, room: number): void {
  const { functionName, rows, n, gradOutput, x, gradInput } = job;
  const kernels = context.gradients()[x.format.compute];
  const direct = isDirect(x);
  const bytes = bytesOf(x.format.compute);
  const flags = flagsOf(job);
  const plan = new ScratchPlan();
  const scratch = planBytes(plan, ROWS_SCRATCH_BYTES);
  const coefficients = planBytes(plan, rows * COEFFICIENT_BYTES);
  const parameters = planBytes(plan, flags & WANTS_PARAMETERS ? kernels.parameter_bytes(room) : 0);
  const gamma = planWeight(context, plan, job.weight, x, room);
  const tiles = planBytes(plan, direct ? 0 : 2 * room * Math.min(2, rows) * bytes);
  const weight = new Float64Array(n);
  const bias = new Float64Array(n);
  plan.with(context.store, functionName, () => {
    settle();
    for (let start = 0; start < n; start += room) mapStrip(start, Math.min(room, n - start));
    if (job.gradWeight) writeNumbers(job.gradWeight, weight);
    if (job.gradBias) writeNumbers(job.gradBias, bias);
  });

  function settle(): void {
    const mean = job.mean && numbersOf(job.mean);
    const rstd = numbersOf(job.rstd);
    for (let row = 0; row < rows; row++) {
      const sums = scratch();
      context.store.memory.views.bytes.fill(0, sums, sums + SUMS_BYTES);
      for (let start = 0; start < n; start += room) {
        const count = Math.min(room, n - start);
        const [dy, from] = read(row * n + start, count, tiles(), tiles() + count * bytes);
        kernels.accumulate_row(sums, dy, from, gamma(start, count), count, mean ? mean[row] : 0, rstd[row]);
      }
      const at = coefficients() + row * COEFFICIENT_BYTES;
      kernels.settle_row(at, sums, 1 / n, mean ? mean[row] : 0, rstd[row], flags);
    }
  }

  function mapStrip(start: number, count: number): void {
    const sums = parameters();
    if (flags & WANTS_PARAMETERS) kernels.begin_parameters(sums, count);
    const gammas = gamma(start, count);
    const atOnce = rowsAtOnce(x, rows, count);
    for (let first = 0; first < rows; first += atOnce) {
      const some = Math.min(atOnce, rows - first);
      const element = first * n + start;
      let [dy, from] = [0, 0];
      // The first row last: the others follow it.
      for (let row = some - 1; row >= 0; row--) {
        const tile = tiles() + row * count * bytes;
        [dy, from] = read(element + row * n, count, tile, tile + some * count * bytes);
      }
      const dx = direct ? addressOf(gradInput, element) : dy;
      const stride = direct ? n : count;
      const at = coefficients() + first * COEFFICIENT_BYTES;
      kernels.map_rows(dx, dy, from, stride, gammas, sums, first, some, count, at, flags);
      if (direct || !gradInput) continue;
      for (let row = 0; row < some; row++) {
        stageOut(context, dx + row * count * bytes, gradInput, element + row * n, count);
      }
    }
    if (!(flags & WANTS_PARAMETERS)) return;
    const totals = totalsAt(context, kernels.end_parameters(sums, count), count);
    weight.set(totals.weight, start);
    bias.set(totals.bias, start);
  }

  /** Where elements of both inputs are: staged, if they have to be. */
  function read(element: number, count: number, dyTile: number, xTile: number): [number, number] {
    if (direct) return [addressOf(gradOutput, element), addressOf(x, element)];
    stageIn(context, dyTile, gradOutput, element, count);
    stageIn(context, xTile, x, element, count);
    return [dyTile, xTile];
  }
}
