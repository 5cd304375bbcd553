import { type Kernels, type KernelSet, SCRATCH_BYTES } from "../../engine/module.js";
import type { GradientKernels } from "../../engine/gradient_module.js";
import type { ScratchPlan } from "../../engine/scratch.js";
import { bytesOf, isDirect, stageIn, type Staging } from "../../engine/staging.js";
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
  /** The kernels of gradients. */
  readonly gradients: () => GradientKernels;
  /** Bytes set aside for kernels' own use; -1 in foreign memory, where they are taken per call. */
  readonly kernelScratch: number;
}

/** The kernels for what an operand is computed in. */
export function kernelsFor({ kernels }: WasmContext, { format }: Operand): KernelSet {
  return kernels[format.compute];
}

/** Plans the kernels' own scratch, where none is set aside; returns what says where it is. */
export function planKernelScratch(context: WasmContext, plan: ScratchPlan): () => number {
  if (context.kernelScratch >= 0) return () => context.kernelScratch;
  const relative = plan.add(SCRATCH_BYTES / 4);
  return () => plan.base + relative;
}

/** Says where `count` elements from `start` on are; by default, all. */
export type OperandAddress = (start?: number, count?: number) => number;

/**
 * Plans for up to `most` elements of an operand at a time; returns what says where elements are: 0 for no operand. They
 * are staged where kernels cannot take them in place, unless they are those of the call before.
 */
export function planOperand(
  context: WasmContext,
  plan: ScratchPlan,
  operand: Operand | undefined,
  most = operand?.size,
): OperandAddress {
  if (!operand) return () => 0;
  const { offset, size, format } = operand;
  if (isDirect(operand)) return (start = 0) => offset + start * format.bytes;
  const relative = plan.add(most!, bytesOf(format.compute));
  let [first, elements] = [0, 0];
  return (start = 0, count = size) => {
    const at = plan.base + relative;
    if (start !== first || count !== elements) stageIn(context, at, operand, start, count);
    [first, elements] = [start, count];
    return at;
  };
}

/** What a kernel is told of a job's parameters and of its reduction. */
export function flagsOf(job: Pick<NormalizeJob, "weight" | "bias" | "centred">): number {
  return (job.weight ? HAS_GAMMA : 0) | (job.bias ? HAS_BETA : 0) | (job.centred ? 0 : UNCENTRED);
}
