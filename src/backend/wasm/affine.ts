// The maps by themselves.

import { ScratchPlan } from "../../engine/scratch.js";
import { addressOf, bytesOf, isDirect, stageIn, stageOut, tileOf } from "../../engine/staging.js";
import type { AffineGlobalJob, AffineVectorizedJob } from "../backend.js";
import { addOperand, kernelsFor, type WasmContext, wholeAddress } from "./context.js";

export function affineGlobal(context: WasmContext, job: AffineGlobalJob): void {
  if (isDirect(job.x)) globalDirect(context, job);
  else globalTiles(context, job);
}

function globalDirect(context: WasmContext, job: AffineGlobalJob): void {
  const { runs, span, period, x, out, centre, scale, bias } = job;
  const { compute } = x.format;
  const kernels = kernelsFor(context, x);
  const plan = new ScratchPlan();
  const centreAt = addOperand(plan, centre, compute);
  const scaleAt = addOperand(plan, scale, compute);
  const biasAt = addOperand(plan, bias, compute);
  plan.with(context.store, job.functionName, (base) => {
    const centres = wholeAddress(context, centre, base + centreAt);
    const scales = wholeAddress(context, scale, base + scaleAt);
    const biases = wholeAddress(context, bias, base + biasAt);
    kernels.affine_global(out.offset, x.offset, centres, scales, biases, runs, span, period);
  });
}

/** In tiles of whole runs, or of parts of one where a run is longer than a tile. */
function globalTiles(context: WasmContext, job: AffineGlobalJob): void {
  const { runs, span, period, x, out, centre, scale, bias } = job;
  const { compute } = x.format;
  const kernels = kernelsFor(context, x);
  const tile = tileOf(compute);
  const length = Math.min(span, tile);
  const runsPerTile = Math.min(runs, Math.max(1, Math.floor(tile / span)));
  const plan = new ScratchPlan();
  const tileAt = plan.add(runsPerTile * length, bytesOf(compute));
  const centreAt = addOperand(plan, centre, compute, runsPerTile);
  const scaleAt = addOperand(plan, scale, compute, runsPerTile);
  const biasAt = addOperand(plan, bias, compute, runsPerTile);
  plan.with(context.store, job.functionName, (base) => {
    const at = base + tileAt;
    for (let run = 0; run < runs;) {
      const first = run % period;
      const count = Math.min(runsPerTile, runs - run, period - first);
      const centres = centre ? addressOf(context, centre, base + centreAt, first, count) : 0;
      const scales = addressOf(context, scale, base + scaleAt, first, count);
      const biases = addressOf(context, bias, base + biasAt, first, count);
      for (let start = 0; start < span; start += length) {
        const part = Math.min(length, span - start);
        stageIn(context, at, x, run * span + start, count * part);
        kernels.affine_global(at, at, centres, scales, biases, count, part, count);
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
