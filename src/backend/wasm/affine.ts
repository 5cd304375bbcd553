import { ScratchPlan } from "../../engine/scratch.js";
import { addressOf, stageIn, stageOut, TILE } from "../../engine/staging.js";
import type { AffineGlobalJob, AffineVectorizedJob } from "../backend.js";
import { addOperand, type WasmContext, wholeAddress } from "./context.js";

export function affineGlobalResident({ store, kernels }: WasmContext, job: AffineGlobalJob): void {
  const { runs, span, period, x, out, scale, bias } = job;
  const plan = new ScratchPlan();
  const scaleAt = addOperand(plan, scale);
  const biasAt = addOperand(plan, bias);
  plan.with(store, job.functionName, (base) => {
    const scales = wholeAddress(store, scale, base + scaleAt);
    const biases = wholeAddress(store, bias, base + biasAt);
    kernels.affine_global_f32(out.offset, x.offset, 0, scales, biases, runs, span, period);
  });
}

/** In tiles of whole runs, or of parts of one where a run is longer than a tile. */
export function affineGlobalTiles({ store, kernels }: WasmContext, job: AffineGlobalJob): void {
  const { runs, span, period, x, out, scale, bias } = job;
  const length = Math.min(span, TILE);
  const runsPerTile = Math.min(runs, Math.max(1, Math.floor(TILE / span)));
  const plan = new ScratchPlan();
  const tileAt = plan.add(runsPerTile * length);
  const scaleAt = plan.add(runsPerTile);
  const biasAt = plan.add(runsPerTile);
  plan.with(store, job.functionName, (base) => {
    for (let run = 0; run < runs;) {
      const first = run % period;
      const count = Math.min(runsPerTile, runs - run, period - first);
      const scales = addressOf(store, scale, base + scaleAt, first, count);
      const biases = addressOf(store, bias, base + biasAt, first, count);
      for (let start = 0; start < span; start += length) {
        const part = Math.min(length, span - start);
        stageIn(store, base + tileAt, x.data, run * span + start, count * part);
        kernels.affine_global_f32(base + tileAt, base + tileAt, 0, scales, biases, count, part, count);
        stageOut(store, base + tileAt, out.data, run * span + start, count * part);
      }
      run += count;
    }
  });
}

export function affineVectorizedResident({ store, kernels }: WasmContext, job: AffineVectorizedJob): void {
  const { rows, n, x, out, scale, bias, gamma, beta } = job;
  const plan = new ScratchPlan();
  const scaleAt = addOperand(plan, scale);
  const biasAt = addOperand(plan, bias);
  const gammaAt = addOperand(plan, gamma);
  const betaAt = addOperand(plan, beta);
  plan.with(store, job.functionName, (base) => {
    const scales = wholeAddress(store, scale, base + scaleAt);
    const biases = wholeAddress(store, bias, base + biasAt);
    const gammas = wholeAddress(store, gamma, base + gammaAt);
    const betas = wholeAddress(store, beta, base + betaAt);
    kernels.affine_vectorized_f32(out.offset, x.offset, scales, biases, gammas, betas, rows, n);
  });
}

/** In tiles of whole rows, or of parts of one where a row is longer than a tile. */
export function affineVectorizedTiles({ store, kernels }: WasmContext, job: AffineVectorizedJob): void {
  const { rows, n, x, out, scale, bias, gamma, beta } = job;
  const length = Math.min(n, TILE);
  const rowsPerTile = Math.min(rows, Math.max(1, Math.floor(TILE / n)));
  const plan = new ScratchPlan();
  const tileAt = plan.add(rowsPerTile * length);
  const scaleAt = plan.add(rowsPerTile);
  const biasAt = plan.add(rowsPerTile);
  const gammaAt = plan.add(length);
  const betaAt = plan.add(length);
  plan.with(store, job.functionName, (base) => {
    for (let start = 0; start < n; start += length) {
      const part = Math.min(length, n - start);
      const gammas = addressOf(store, gamma, base + gammaAt, start, part);
      const betas = addressOf(store, beta, base + betaAt, start, part);
      for (let row = 0; row < rows; row += rowsPerTile) {
        const count = Math.min(rowsPerTile, rows - row);
        const scales = addressOf(store, scale, base + scaleAt, row, count);
        const biases = addressOf(store, bias, base + biasAt, row, count);
        const first = row * n + start;
        stageIn(store, base + tileAt, x.data, first, count * part);
        kernels.affine_vectorized_f32(base + tileAt, base + tileAt, scales, biases, gammas, betas, count, part);
        stageOut(store, base + tileAt, out.data, first, count * part);
      }
    }
  });
}
