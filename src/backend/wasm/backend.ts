// The wasm backend: operands that kernels can take pass by address, all others are staged in tiles.

import type { Strided } from "../../plan.js";
import type { Backend, MomentsJob, NormalizeJob } from "../backend.js";
import { blocksOf } from "../blocks.js";
import { localResponseBackward } from "../portable/local_response_backward.js";
import { affineGlobal, affineVectorized } from "./affine.js";
import { channelsBackward } from "./backward/channels.js";
import { powerBackward } from "./backward/power.js";
import { rowsBackward } from "./backward/rows.js";
import { isBatch, normalizeBatch } from "./batch.js";
import { reduceColumnGroups } from "./column_groups.js";
import { normalizeColumns } from "./columns.js";
import type { WasmContext } from "./context.js";
import { type GroupJob, reduceGroups } from "./groups.js";
import { localResponse } from "./local_response.js";
import { power } from "./power.js";
import { normalizeRows, rowMoments, type RowMap } from "./rows.js";

export function wasmBackend(context: WasmContext): Backend {
  return {
    name: "wasm",
    normalize: (job) => normalize(context, job),
    moments: (job) => moments(context, job),
    affineGlobal: (job) => affineGlobal(context, job),
    affineVectorized: (job) => affineVectorized(context, job),
    power: (job) => power(context, job),
    localResponse: (job) => localResponse(context, job),
    rowsBackward: (job) => rowsBackward(context, job),
    channelsBackward: (job) => channelsBackward(context, job),
    powerBackward: (job) => powerBackward(context, job),
    localResponseBackward,
  };
}

function normalize(context: WasmContext, job: NormalizeJob): void {
  const { reduction, map } = job.plan;
  if (reduction.kind === "rows") normalizeRows(context, job, reduction, map as RowMap);
  else if (reduction.kind === "columns") normalizeColumns(context, job, reduction);
  else if (isBatch(job, reduction)) normalizeBatch(context, job, reduction);
  else reduceStrided(context, job, reduction);
}

function moments(context: WasmContext, { functionName, reduction, x, moments }: MomentsJob): void {
  const nothing = { weight: undefined, bias: undefined, mean: undefined, rstd: undefined };
  const job: GroupJob = { functionName, plan: { reduction }, centred: true, eps: 0, x, moments, ...nothing };
  if (reduction.kind === "rows") rowMoments(context, job, reduction);
  else if (reduction.kind === "columns") reduceColumnGroups(context, job, blocksOf(reduction));
  else reduceStrided(context, job, reduction);
}

function reduceStrided(context: WasmContext, job: GroupJob, reduction: Strided): void {
  const reduce = reduction.columns > 1 ? reduceColumnGroups : reduceGroups;
  reduce(context, job, blocksOf(reduction));
}
