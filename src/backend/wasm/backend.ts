// The wasm backend: operands that kernels can take pass by address, all others are staged in tiles.

import type { Backend, MomentsJob, NormalizeJob } from "../backend.js";
import { affineGlobal, affineVectorized } from "./affine.js";
import { isBatch, normalizeBatch } from "./batch.js";
import { columnGroupMoments, normalizeColumnGroups } from "./column_groups.js";
import { columnMoments, normalizeColumns } from "./columns.js";
import type { WasmContext } from "./context.js";
import { groupMoments, normalizeGroups } from "./groups.js";
import { localResponse } from "./local_response.js";
import { power } from "./power.js";
import { rowMoments } from "./row_moments.js";
import { normalizeRows, type RowMap } from "./rows.js";
import { stridedColumns, stridedGroups } from "./strided.js";

export function wasmBackend(context: WasmContext): Backend {
  return {
    name: "wasm",
    normalize: (job) => normalize(context, job),
    moments: (job) => moments(context, job),
    affineGlobal: (job) => affineGlobal(context, job),
    affineVectorized: (job) => affineVectorized(context, job),
    power: (job) => power(context, job),
    localResponse: (job) => localResponse(context, job),
  };
}

function normalize(context: WasmContext, job: NormalizeJob): void {
  const { reduction, map } = job.plan;
  if (reduction.kind === "rows") normalizeRows(context, job, reduction, map as RowMap);
  else if (reduction.kind === "columns") normalizeColumns(context, job, reduction);
  else if (isBatch(job, reduction)) normalizeBatch(context, job, reduction);
  else if (reduction.columns > 1) normalizeColumnGroups(context, job, stridedColumns(reduction));
  else normalizeGroups(context, job, stridedGroups(reduction));
}

function moments(context: WasmContext, job: MomentsJob): void {
  const { reduction } = job;
  if (reduction.kind === "rows") rowMoments(context, job, reduction);
  else if (reduction.kind === "columns") columnMoments(context, job, reduction);
  else if (reduction.columns > 1) columnGroupMoments(context, job, stridedColumns(reduction));
  else groupMoments(context, job, stridedGroups(reduction));
}
