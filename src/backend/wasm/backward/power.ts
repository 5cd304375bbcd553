// The gradient of normalize by p = 2, dx = dy / norm - x * (sum of dy * x) / norm^3, on the kernels of channels: with means of 0 and
// rstds of 1 they sum dy * x, and x * x where dy is x, and map by any coefficients. Lines whose numbers might leave what the
// kernels compute in go the way of all other p, one by one, whatever their neighbours do.

import { ScratchPlan } from "../../../engine/scratch.js";
import { tileOf } from "../../../engine/staging.js";
import { ownOperand } from "../../../ops/operand.js";
import type { PowerBackwardJob } from "../../backend.js";
import { powerBackward as portably } from "../../portable/power_backward.js";
import type { WasmContext } from "../context.js";
import { columnSweeps } from "./columns.js";
import { newCoefficients } from "./combine.js";
import { runSweeps } from "./runs.js";

export function powerBackward(context: WasmContext, job: PowerBackwardJob): void {
  if (job.p === 2) euclidean(context, job);
  else portably(job);
}

/** Strips of lines: runs, as many as fit a tile, are a sample. */
function euclidean(context: WasmContext, job: PowerBackwardJob): void {
  const { blocks, steps, columns, x } = job;
  const last = columns > 1;
  const channels = last ? columns : Math.min(blocks, Math.ceil(tileOf(x.format.compute) / 2 / steps));
  const plan = new ScratchPlan();
  const shape = { samples: 1, channels, span: steps, last };
  const sweeps = (last ? columnSweeps : runSweeps)(context, plan, { ...job, shape, batched: false });
  const coefficients = newCoefficients(channels);
  const { rstd, factor, slope } = coefficients;
  rstd.fill(1);
  plan.with(context.store, job.functionName, () => {
    for (let line = 0, count = 0; line < blocks * columns; line += count) {
      const first = line % channels;
      const block = (line - first) / channels;
      count = Math.min(sweeps.width, channels - first, blocks * columns - line);
      const sum = (ofX: boolean, sums: Float64Array) => {
        const at = sweeps.sum(block, coefficients, first, count, ofX) / 8 + 1;
        for (let i = 0; i < count; i++) sums[first + i] = context.store.memory.views.float64[at + 3 * i];
      };
      sum(true, factor);
      sum(false, slope);
      const extremes: (() => void)[] = [];
      for (let i = first; i < first + count; i++) {
        const squares = factor[i];
        const product = slope[i];
        const norm = Math.sqrt(squares);
        factor[i] = 1 / norm;
        slope[i] = -product / squares / norm;
        // Whether its norm is clearly more than eps, and no numbers may have lost digits that count.
        const isOrdinary = norm > job.eps * 1.00001 && inside(squares) && inside(product) && inside(slope[i]);
        if (!isOrdinary) extremes.push(extreme(job, line - first + i));
      }
      sweeps.map(block, coefficients, first, count);
      for (const store of extremes) store();
    }
  });
}

/** Whether a number is far from the ends of float32. */
function inside(value: number): boolean {
  return value * value > 1e-60 && value * value < 1e60;
}

/** Computes a line apart, before the kernels write; returns what stores it afterwards. */
function extreme(job: PowerBackwardJob, line: number): () => void {
  const { steps, columns, gradInput } = job;
  const start = line * steps - (line % columns) * (steps - 1);
  const [gradOutput, x] = [job.gradOutput, job.x].map(({ data, format }) => {
    const own = (data as Float32Array).slice(start, start + steps);
    for (let i = 0; i < steps; i++) own[i] = data[start + i * columns];
    return ownOperand(own, [steps], format);
  });
  portably({ ...job, blocks: 1, columns: 1, gradOutput, x, gradInput: gradOutput });
  return () => {
    for (let i = 0; i < steps; i++) gradInput.data[start + i * columns] = gradOutput.data[i];
  };
}
