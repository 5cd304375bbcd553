import { ScratchPlan } from "../../engine/scratch.js";
import { stageIn, stageOut, TILE } from "../../engine/staging.js";
import type { MomentsJob } from "../backend.js";
import { addKernelScratch, type WasmContext } from "./context.js";

export function momentsResident(context: WasmContext, job: MomentsJob): void {
  const plan = new ScratchPlan();
  const scratchOf = addKernelScratch(context, plan);
  plan.with(context.store, job.functionName, (base) => {
    const { x, mean, variance, rows, n } = job;
    context.kernels.row_moments_f32(mean.offset, variance.offset, x.offset, rows, n, scratchOf(base), 0);
  });
}

export function momentsTiles(context: WasmContext, job: MomentsJob): void {
  const { store, kernels } = context;
  const { rows, n } = job;
  const rowsPerTile = Math.min(rows, Math.max(1, Math.floor(TILE / n)));
  const plan = new ScratchPlan();
  const scratchOf = addKernelScratch(context, plan);
  const tileAt = plan.add(rowsPerTile * n);
  const meanAt = plan.add(rowsPerTile);
  const varianceAt = plan.add(rowsPerTile);
  plan.with(store, job.functionName, (base) => {
    for (let row = 0; row < rows; row += rowsPerTile) {
      const count = Math.min(rowsPerTile, rows - row);
      stageIn(store, base + tileAt, job.x.data, row * n, count * n);
      kernels.row_moments_f32(base + meanAt, base + varianceAt, base + tileAt, count, n, scratchOf(base), 0);
      stageOut(store, base + meanAt, job.mean.data, row, count);
      stageOut(store, base + varianceAt, job.variance.data, row, count);
    }
  });
}
