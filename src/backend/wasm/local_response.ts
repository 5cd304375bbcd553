// Local response norm: a window over channels, which follow each other (channels last) or lie `span` apart.

import { ScratchPlan } from "../../engine/scratch.js";
import { blockTileOf, bytesOf, isDirect, stageIn, stageOut, tileOf } from "../../engine/staging.js";
import type { LocalResponseJob } from "../backend.js";
import { type ColumnBlocks, planColumnAccess } from "./column_access.js";
import { kernelsFor, type WasmContext } from "./context.js";

export function localResponse(context: WasmContext, job: LocalResponseJob): void {
  if (job.last || job.span === 1) rows(context, job);
  else if (isDirect(job.x)) blocks(context, job);
  else strips(context, job);
}

/** Rows of channels, where they are or as many at a time as a tile holds. */
function rows(context: WasmContext, job: LocalResponseJob): void {
  const { samples, channels, span, before, after, size, alpha, beta, k, x, out } = job;
  const { compute } = x.format;
  const kernels = kernelsFor(context, x);
  const direct = isDirect(x);
  const all = samples * span;
  const atOnce = direct ? all : Math.min(all, Math.max(1, Math.floor(tileOf(compute) / channels)));
  const plan = new ScratchPlan();
  const scratchAt = plan.add(kernels.local_response_norm_rows_scratch(atOnce, channels, before, after) / 8, 8);
  const tileAt = direct ? 0 : plan.add(atOnce * channels, bytesOf(compute));
  plan.with(context.store, job.functionName, (base) => {
    const from = direct ? x.offset : base + tileAt;
    const to = direct ? out.offset : base + tileAt;
    const scratch = base + scratchAt;
    for (let first = 0; first < all; first += atOnce) {
      const count = Math.min(atOnce, all - first);
      if (!direct) stageIn(context, from, x, first * channels, count * channels);
      kernels.local_response_norm_rows(to, from, count, channels, before, after, size, alpha, beta, k, scratch);
      if (!direct) stageOut(context, to, out, first * channels, count * channels);
    }
  });
}

/** Samples of channels of columns, where they are. */
function blocks(context: WasmContext, job: LocalResponseJob): void {
  const { samples, channels, span, before, after, size, alpha, beta, k, x, out } = job;
  const kernels = kernelsFor(context, x);
  const plan = new ScratchPlan();
  const scratchAt = plan.add(kernels.local_response_norm_columns_scratch(channels, span, before, after) / 8, 8);
  plan.with(context.store, job.functionName, (base) => {
    kernels.local_response_norm_columns(
      out.offset,
      x.offset,
      samples,
      channels,
      span,
      before,
      after,
      size,
      alpha,
      beta,
      k,
      base + scratchAt,
    );
  });
}

/** The same, as many columns at a time as a tile holds with all their channels. */
function strips(context: WasmContext, job: LocalResponseJob): void {
  const { samples, channels, span, before, after, size, alpha, beta, k, x, out } = job;
  const kernels = kernelsFor(context, x);
  const strip = Math.min(span, Math.max(1, Math.floor(blockTileOf(x.format.compute) / channels)));
  const starts = Float64Array.from({ length: samples }, (_, sample) => sample * channels * span);
  const columns: ColumnBlocks = { starts, pieces: Float64Array.of(0), steps: channels, columns: span, width: 1 };
  const plan = new ScratchPlan();
  const scratchAt = plan.add(kernels.local_response_norm_columns_scratch(channels, strip, before, after) / 8, 8);
  const accessOf = planColumnAccess(context, plan, x, out, columns, strip, channels);
  plan.with(context.store, job.functionName, (base) => {
    const access = accessOf(base);
    const scratch = base + scratchAt;
    for (const start of starts) {
      for (let first = 0; first < span; first += strip) {
        const count = Math.min(strip, span - first);
        access.open(start, first, count);
        const from = access.read(0, 0, channels);
        const to = access.target(0, 0);
        kernels.local_response_norm_columns(to, from, 1, channels, count, before, after, size, alpha, beta, k, scratch);
        access.write(0, 0, channels);
      }
    }
  });
}
