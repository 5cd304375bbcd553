// Blocks of steps of columns that no kernel takes in one call: a sweep for the sums and one for the map, strip by strip,
// with the resumable kernels. What assembly/columns/norm.ts does of a tensor in memory, with the same bits.

import type { KernelSet } from "../../engine/module.js";
import { ScratchPlan } from "../../engine/scratch.js";
import { addressOf } from "../../engine/staging.js";
import type { MomentsJob, NormalizeJob } from "../backend.js";
import { type ColumnAccess, type ColumnBlocks, planColumnAccess, stripOf } from "./column_access.js";
import { addOperand, flagsOf, kernelsFor, UNCENTRED, type WasmContext } from "./context.js";
import { planMoments, planStatistics, type StatisticsStage } from "./statistics.js";

/** Bits of what columns_finish says; see assembly/columns/finish.ts. */
const SETTLED = 0;
const RESCALE = 2;

/** Tells columns_begin that the columns are a strip of longer steps. */
const STRIP = 32;

/** Columns of a strip at most, so that its state stays small. */
const WIDEST = 2048;

/** Normalises block after block. */
export function normalizeColumnGroups(context: WasmContext, job: NormalizeJob, blocks: ColumnBlocks): void {
  const { x, out, eps } = job;
  const { strip, partSteps } = stripOf(blocks, x, WIDEST);
  const scratch = new ScratchPlan();
  const accessOf = planColumnAccess(context, scratch, x, out, blocks, strip, partSteps);
  const statistics = planStatistics(context, scratch, job, Math.ceil(strip / blocks.width), false);
  const mapOf = planMap(context, scratch, job, blocks, strip, partSteps);
  sweepStrips(context, job, blocks, strip, scratch, statistics, accessOf, flagsOf(job), eps, mapOf);
}

/** The moments of block after block. */
export function columnGroupMoments(context: WasmContext, job: MomentsJob, blocks: ColumnBlocks): void {
  const { x, moments } = job;
  const { strip, partSteps } = stripOf(blocks, x, WIDEST);
  const scratch = new ScratchPlan();
  const accessOf = planColumnAccess(context, scratch, x, x, blocks, strip, partSteps);
  const statistics = planMoments(context, scratch, moments, Math.ceil(strip / blocks.width));
  sweepStrips(context, job, blocks, strip, scratch, statistics, accessOf, 0, 0, () => () => {});
}

/** Maps `count` columns from column `first` on. */
type MapStrip = (first: number, count: number) => void;

function sweepStrips(
  context: WasmContext,
  { functionName, x }: Pick<NormalizeJob, "functionName" | "x">,
  blocks: ColumnBlocks,
  strip: number,
  scratch: ScratchPlan,
  statistics: StatisticsStage,
  accessOf: (base: number) => ColumnAccess,
  flags: number,
  eps: number,
  mapOf: (base: number, access: ColumnAccess, state: number) => MapStrip,
): void {
  const kernels = kernelsFor(context, x);
  const { starts, columns, width } = blocks;
  const allFlags = flags | (strip < columns ? STRIP : 0);
  const stateAt = scratch.add(Math.ceil(kernels.columns_state_bytes(strip, width, allFlags) / 4));
  scratch.with(context.store, functionName, (base) => {
    const state = base + stateAt;
    const access = accessOf(base);
    const map = mapOf(base, access, state);
    for (let block = 0; block < starts.length; block++) {
      for (let first = 0; first < columns; first += strip) {
        const count = Math.min(strip, columns - first);
        access.open(starts[block], first, count);
        sweepMoments(kernels, access, blocks, count, state, allFlags, eps);
        if (statistics.flags) {
          kernels.columns_statistics(state, statistics.mean(base), statistics.rstd(base), 0, statistics.flags);
          statistics.store(base, (block * columns + first) / width, count / width);
        }
        map(first, count);
      }
    }
  });
}

/** Leaves the statistics of an open strip in `state`. */
function sweepMoments(
  kernels: KernelSet,
  access: ColumnAccess,
  { pieces, steps, width }: ColumnBlocks,
  count: number,
  state: number,
  flags: number,
  eps: number,
): void {
  kernels.columns_begin(state, count, width, flags);
  if (!(flags & UNCENTRED)) {
    const samples = kernels.columns_samples(steps, width);
    const { at, stride } = access.sample(samples, Math.floor(steps / samples));
    kernels.columns_shift(state, at, samples, stride);
  }
  for (;;) {
    for (let piece = 0; piece < pieces.length; piece++) {
      forEachPart(access, steps, (step, part) => {
        kernels.columns_accumulate(state, access.read(piece, step, part), part, access.stride);
      });
      kernels.columns_end_piece(state);
    }
    const verdict = kernels.columns_finish(state, pieces.length * steps * width, eps);
    if (verdict === SETTLED) return;
    if (!(verdict & RESCALE)) continue;
    for (let piece = 0; piece < pieces.length; piece++) {
      forEachPart(access, steps, (step, part) => {
        kernels.columns_magnitude(state, access.read(piece, step, part), part, access.stride);
      });
    }
    kernels.columns_rescale(state);
  }
}

function forEachPart({ partSteps }: ColumnAccess, steps: number, visit: (step: number, count: number) => void): void {
  for (let step = 0; step < steps; step += partSteps) visit(step, Math.min(partSteps, steps - step));
}

/** Plans the map of strips: parameters per column, or per step. */
function planMap(
  context: WasmContext,
  scratch: ScratchPlan,
  job: NormalizeJob,
  { pieces, steps }: ColumnBlocks,
  strip: number,
  partSteps: number,
): (base: number, access: ColumnAccess, state: number) => MapStrip {
  const { weight, bias, x } = job;
  const kernels = kernelsFor(context, x);
  const { compute } = x.format;
  const bySteps = job.plan.map.kind === "element";
  const room = bySteps ? Math.min(partSteps, steps) : strip;
  const gammaAt = addOperand(scratch, weight, compute, room);
  const betaAt = addOperand(scratch, bias, compute, room);
  const flags = flagsOf(job);
  return (base, access, state) => {
    const gamma = (start: number, count: number) =>
      weight ? addressOf(context, weight, base + gammaAt, start, count) : 0;
    const beta = (start: number, count: number) => (bias ? addressOf(context, bias, base + betaAt, start, count) : 0);
    const mapPart = (piece: number, step: number, part: number) => {
      const from = access.read(piece, step, part);
      const to = access.target(piece, step);
      if (bySteps) {
        const element = piece * steps + step;
        const [gammas, betas] = [gamma(element, part), beta(element, part)];
        kernels.columns_map_steps(to, from, state, gammas, betas, part, access.stride);
      } else kernels.columns_map(to, from, state, part, access.stride);
      access.write(piece, step, part);
    };
    return (first, count) => {
      if (bySteps) kernels.columns_step_coefficients(state);
      else kernels.columns_coefficients(state, gamma(first, count), beta(first, count), flags);
      // Last first: what was read last is still in a cache.
      const lastStep = Math.floor((steps - 1) / access.partSteps) * access.partSteps;
      for (let piece = pieces.length - 1; piece >= 0; piece--) {
        for (let step = lastStep; step >= 0; step -= access.partSteps) {
          mapPart(piece, step, Math.min(access.partSteps, steps - step));
        }
      }
    };
  };
}

