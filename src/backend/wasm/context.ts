import type { ComputeType } from "../../dtype.js";
import { type Kernels, type KernelSet, SCRATCH_BYTES } from "../../engine/module.js";
import type { ScratchPlan } from "../../engine/scratch.js";
import { addressOf, bytesOf, isDirect, type Staging } from "../../engine/staging.js";
import type { Operand } from "../../ops/operand.js";
import type { NormalizeJob } from "../backend.js";

// Kernels' flags, as in assembly/.
const HAS_GAMMA = 1;
const HAS_BETA = 2;
export const WANTS_STATISTICS = 4;
export const UNCENTRED = 8;
export const WANTS_MOMENTS = 16;

/** What the parts of this backend share. */
export interface WasmContext extends Staging {
  readonly kernels: Kernels;
  /** Bytes set aside for kernels' own use; -1 in foreign memory, where they are taken per call. */
  readonly kernelScratch: number;
}

/** The kernels for what an operand is computed in. */
export function kernelsFor({ kernels }: WasmContext, { format }: Operand): KernelSet {
  return kernels[format.compute];
}

/** Adds the kernels' own scratch to a plan where none is set aside. */
export function addKernelScratch(context: WasmContext, plan: ScratchPlan): (base: number) => number {
  if (context.kernelScratch >= 0) return () => context.kernelScratch;
  const relative = plan.add(SCRATCH_BYTES / 4);
  return (base) => base + relative;
}

/** Adds room for `count` elements of an operand where kernels cannot take them in place; of all of it by default. */
export function addOperand(
  plan: ScratchPlan,
  operand: Operand | undefined,
  compute: ComputeType,
  count = operand ? operand.size : 0,
): number {
  return operand && !isDirect(operand) ? plan.add(count, bytesOf(compute)) : 0;
}

/** The address of a whole operand, staged where kernels cannot take it in place; 0 for none. */
export function wholeAddress(context: WasmContext, operand: Operand | undefined, staged: number): number {
  return operand ? addressOf(context, operand, staged, 0, operand.size) : 0;
}

/** What a kernel is told of a job's parameters and of its reduction. */
export function flagsOf(job: NormalizeJob): number {
  return (job.weight ? HAS_GAMMA : 0) | (job.bias ? HAS_BETA : 0) | (job.centred ? 0 : UNCENTRED);
}
