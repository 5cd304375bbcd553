// Host rows longer than a tile: one sweep of tiles for the sums, another for the map. The kernels are resumable, so a
// row has the same bits as in one piece.

import { ScratchPlan } from "../../engine/scratch.js";
import { addressOf, stageIn, stageOut, TILE } from "../../engine/staging.js";
import type { GlobalMap } from "../../plan.js";
import type { MomentsJob, NormalizeJob } from "../backend.js";
import { addKernelScratch, parametersOf, WANTS_MOMENTS, WANTS_STATISTICS, type WasmContext } from "./context.js";

/** What moments_finish says; see assembly/moments.ts. */
const SETTLED = 0;
const RESCALE = 2;

/** A row of a host tensor and the tile it passes through. */
interface LongRow {
  readonly data: Float32Array;
  readonly start: number;
  readonly n: number;
  readonly tile: number;
  readonly state: number;
}

export function normalizeLongRows(context: WasmContext, job: NormalizeJob): void {
  const { store, kernels } = context;
  const { plan, eps, x, mean, rstd } = job;
  const scratch = new ScratchPlan();
  const stateOf = addKernelScratch(context, scratch);
  const tileAt = scratch.add(TILE);
  const gammaAt = scratch.add(job.weight && job.weight.offset < 0 ? TILE : 0);
  const betaAt = scratch.add(job.bias && job.bias.offset < 0 ? TILE : 0);
  scratch.with(store, job.functionName, (base) => {
    for (let row = 0; row < plan.rows; row++) {
      const state = stateOf(base);
      const long = { data: x.data, start: row * plan.n, n: plan.n, tile: base + tileAt, state };
      sweepMoments(context, long, eps);
      if (mean && rstd) {
        kernels.store_statistics_f32(state, base + tileAt, base + tileAt + 4, 0, WANTS_STATISTICS);
        stageOut(store, base + tileAt, mean.data, row, 1);
        stageOut(store, base + tileAt + 4, rstd.data, row, 1);
      }
      if (plan.map.kind === "vectorized") sweepVectorized(context, job, long, base + gammaAt, base + betaAt);
      else sweepChannels(context, job, long, plan.map, row, base + gammaAt, base + betaAt);
    }
  });
}

export function longRowMoments(context: WasmContext, job: MomentsJob): void {
  const { store, kernels } = context;
  const scratch = new ScratchPlan();
  const stateOf = addKernelScratch(context, scratch);
  const tileAt = scratch.add(TILE);
  scratch.with(store, job.functionName, (base) => {
    for (let row = 0; row < job.rows; row++) {
      const tile = base + tileAt;
      const state = stateOf(base);
      sweepMoments(context, { data: job.x.data, start: row * job.n, n: job.n, tile, state }, 0);
      kernels.store_statistics_f32(state, tile, tile + 8, 0, WANTS_MOMENTS);
      const moments = new DataView(store.memory.memory.buffer, tile, 16);
      job.mean.data[row] = moments.getFloat64(0, true);
      job.variance.data[row] = moments.getFloat64(8, true);
    }
  });
}

/** Sums a row, again where the first guess of shift or scale was bad: assembly/rows.ts, tile by tile. */
function sweepMoments(context: WasmContext, row: LongRow, eps: number): void {
  const { kernels } = context;
  const { state, n, tile } = row;
  kernels.moments_begin_f32(state, firstShift(context, row), 1, 0);
  for (;;) {
    forEachTile(context, row, (count) => {
      kernels.moments_accumulate_f32(state, tile, count);
    });
    const verdict = kernels.moments_finish_f32(state, n, eps);
    if (verdict === SETTLED) return;
    if (verdict === RESCALE) kernels.moments_rescale_f32(state, largestMagnitude(context, row));
  }
}

/** The mean of eight spread elements, as assembly/moments.ts takes it of rows this long. */
function firstShift({ store, kernels }: WasmContext, { data, start, n, tile }: LongRow): number {
  const step = Math.floor(n / 8);
  const floats = store.memory.floats;
  for (let i = 0; i < 8; i++) floats[(tile >>> 2) + i] = data[start + i * step];
  return kernels.mean_of_eight_f32(tile, 4);
}

function largestMagnitude(context: WasmContext, row: LongRow): number {
  let largest = 0;
  forEachTile(context, row, (count) => {
    largest = Math.max(largest, context.kernels.largest_magnitude_f32(row.tile, count));
  });
  return largest;
}

function forEachTile({ store }: WasmContext, row: LongRow, visit: (count: number) => void): void {
  for (let start = 0; start < row.n; start += TILE) {
    const count = Math.min(TILE, row.n - start);
    stageIn(store, row.tile, row.data, row.start + start, count);
    visit(count);
  }
}

/** Tiles of the second sweep, last first: what the first sweep read last is still in a cache. */
function forEachTileBackwards(
  { store, kernels }: WasmContext,
  out: Float32Array,
  row: LongRow,
  map: (start: number, count: number) => void,
): void {
  for (let start = Math.floor((row.n - 1) / TILE) * TILE; start >= 0; start -= TILE) {
    const count = Math.min(TILE, row.n - start);
    stageIn(store, row.tile, row.data, row.start + start, count);
    kernels.prescaled_f32(row.state, row.tile, row.tile, count);
    map(start, count);
    stageOut(store, row.tile, out, row.start + start, count);
  }
}

function sweepVectorized(context: WasmContext, job: NormalizeJob, row: LongRow, gammaAt: number, betaAt: number): void {
  const { store, kernels } = context;
  const { weight, bias } = job;
  const parameters = parametersOf(job);
  forEachTileBackwards(context, job.out.data, row, (start, count) => {
    const gamma = weight ? addressOf(store, weight, gammaAt, start, count) : 0;
    const beta = bias ? addressOf(store, bias, betaAt, start, count) : 0;
    kernels.map_row_f32(row.tile, row.tile, gamma, beta, count, row.state, parameters);
  });
}

function sweepChannels(
  context: WasmContext,
  job: NormalizeJob,
  row: LongRow,
  map: GlobalMap,
  rowIndex: number,
  gammaAt: number,
  betaAt: number,
): void {
  const { store, kernels } = context;
  const { weight, bias } = job;
  const parameters = parametersOf(job);
  const firstChannel = (rowIndex % map.period) * map.channels;
  forEachTileBackwards(context, job.out.data, row, (start, count) => {
    const first = Math.floor(start / map.span);
    const last = Math.floor((start + count - 1) / map.span);
    const channels = last - first + 1;
    const gamma = weight ? addressOf(store, weight, gammaAt, firstChannel + first, channels) : 0;
    const beta = bias ? addressOf(store, bias, betaAt, firstChannel + first, channels) : 0;
    for (let channel = first; channel <= last; channel++) {
      const from = Math.max(start, channel * map.span);
      const to = Math.min(start + count, (channel + 1) * map.span);
      const at = row.tile + (from - start) * 4;
      const parameter = (channel - first) * 4;
      kernels.map_run_f32(at, at, gamma + parameter, beta + parameter, to - from, row.state, parameters);
    }
  });
}
