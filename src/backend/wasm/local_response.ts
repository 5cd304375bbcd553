// Local response norm: a window over channels, which follow each other (channels last) or lie `span` apart.

import { ScratchPlan } from "../../engine/scratch.js";
import { largestTileOf, isDirect } from "../../engine/staging.js";
import type { LocalResponseJob } from "../backend.js";
import { wholeBlocks } from "../blocks.js";
import { planAccess } from "./access.js";
import { kernelsFor, type WasmContext } from "./context.js";
import { planTiles } from "./tiles.js";

export function localResponse(context: WasmContext, job: LocalResponseJob): void {
  if (job.last || job.span === 1) rows(context, job);
  else strips(context, job);
}

/** Rows of channels. */
function rows(context: WasmContext, job: LocalResponseJob): void {
  const { samples, channels, span, before, after, size, alpha, beta, k } = job;
  const kernels = kernelsFor(context, job.x);
  const plan = new ScratchPlan();
  const tiles = planTiles(context, plan, job, samples * span, channels);
  const scratchAt = plan.add(kernels.local_response_norm_rows_scratch(tiles.most, channels, before, after) / 8, 8);
  plan.with(context.store, job.functionName, () => {
    const scratch = plan.base + scratchAt;
    tiles.forEach(({ to, from, count }) => {
      kernels.local_response_norm_rows(to, from, count, channels, before, after, size, alpha, beta, k, scratch);
    });
  });
}

/** Samples of channels of columns: all columns of one where they are, or as many as a tile holds with all channels. */
function strips(context: WasmContext, job: LocalResponseJob): void {
  const { samples, channels, span, before, after, size, alpha, beta, k, x } = job;
  const kernels = kernelsFor(context, x);
  const fitting = Math.max(1, Math.floor(largestTileOf(x.format.compute) / channels));
  const strip = isDirect(x) ? span : Math.min(span, fitting);
  const plan = new ScratchPlan();
  const access = planAccess(context, plan, job, wholeBlocks(samples, channels, span), { strip, partSteps: channels });
  const scratchAt = plan.add(kernels.local_response_norm_columns_scratch(channels, strip, before, after) / 8, 8);
  plan.with(context.store, job.functionName, () => {
    const scratch = plan.base + scratchAt;
    access.forEachStrip(() => {
      access.map((to, from, _, stride) => {
        kernels.local_response_norm_columns(
          to,
          from,
          1,
          channels,
          stride,
          before,
          after,
          size,
          alpha,
          beta,
          k,
          scratch,
        );
      });
    });
  });
}
