import type { Kernels } from "../../engine/module.js";
import { SCRATCH_BYTES } from "../../engine/module.js";
import type { ScratchPlan } from "../../engine/scratch.js";
import { addressOf } from "../../engine/staging.js";
import type { Store } from "../../engine/store.js";
import type { Operand } from "../../ops/operand.js";
import type { NormalizeJob } from "../backend.js";

// Kernels' flags, as in assembly/.
const HAS_GAMMA = 1;
const HAS_BETA = 2;
export const WANTS_STATISTICS = 4;
export const WANTS_MOMENTS = 16;

/** What the parts of this backend share. */
export interface WasmContext {
  readonly kernels: Kernels;
  readonly store: Store;
  /** Bytes set aside for kernels' own use; -1 in foreign memory, where they are taken per call. */
  readonly kernelScratch: number;
}

/** Adds the kernels' own scratch to a plan where none is set aside. */
export function addKernelScratch(context: WasmContext, plan: ScratchPlan): (base: number) => number {
  if (context.kernelScratch >= 0) return () => context.kernelScratch;
  const relative = plan.add(SCRATCH_BYTES / 4);
  return (base) => base + relative;
}

/** Adds room for a whole operand that is not resident. */
export function addOperand(plan: ScratchPlan, operand: Operand | undefined): number {
  return operand && operand.offset < 0 ? plan.add(operand.data.length) : 0;
}

/** The address of a whole operand, staged where it is not resident; 0 for none. */
export function wholeAddress(store: Store, operand: Operand | undefined, staged: number): number {
  return operand ? addressOf(store, operand, staged, 0, operand.offset >= 0 ? 0 : operand.data.length) : 0;
}

/** Which parameters a map has. */
export function parametersOf(job: NormalizeJob): number {
  return (job.weight ? HAS_GAMMA : 0) | (job.bias ? HAS_BETA : 0);
}

/** Which parameters a kernel gets, and whether statistics are wanted. */
export function flagsOf(job: NormalizeJob): number {
  return parametersOf(job) | (job.mean ? WANTS_STATISTICS : 0);
}
