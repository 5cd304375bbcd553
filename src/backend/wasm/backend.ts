// The wasm backend: resident operands pass by address, host operands are staged in tiles.

import { TILE } from "../../engine/staging.js";
import type { Backend } from "../backend.js";
import { affineGlobalResident, affineGlobalTiles, affineVectorizedResident, affineVectorizedTiles } from "./affine.js";
import type { WasmContext } from "./context.js";
import { longRowMoments, normalizeLongRows } from "./long_rows.js";
import { momentsResident, momentsTiles } from "./moments.js";
import { normalizeResident, normalizeTiles } from "./normalize.js";

export function wasmBackend(context: WasmContext): Backend {
  return {
    name: "wasm",
    normalize: (job) => {
      if (job.x.offset >= 0) normalizeResident(context, job);
      else if (job.plan.n <= TILE) normalizeTiles(context, job);
      else normalizeLongRows(context, job);
    },
    moments: (job) => {
      if (job.x.offset >= 0) momentsResident(context, job);
      else if (job.n <= TILE) momentsTiles(context, job);
      else longRowMoments(context, job);
    },
    affineGlobal: (job) => {
      if (job.x.offset >= 0) affineGlobalResident(context, job);
      else affineGlobalTiles(context, job);
    },
    affineVectorized: (job) => {
      if (job.x.offset >= 0) affineVectorizedResident(context, job);
      else affineVectorizedTiles(context, job);
    },
  };
}
