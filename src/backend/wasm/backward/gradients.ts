// What both forms of backward share: the addresses of what is read, in place or in a tile.

import type { ScratchPlan } from "../../../engine/scratch.js";
import { bytesOf, isDirect } from "../../../engine/staging.js";
import type { Operand } from "../../../ops/operand.js";
import { type OperandAddress, planOperand, type WasmContext } from "../context.js";

// Kernels' flags, as in assembly/backward.
export const WANTS_INPUT = 1;
export const WANTS_PARAMETERS = 2;
export const UNCENTRED = 4;

/** Channels that have their turn at once, at most: there may be any number of them, and linear memory is bounded. */
export const MOST_CHANNELS = 16_384;

/** Plans a weight, up to `most` elements at a time; ones, where there is none. */
export function planWeight(
  context: WasmContext,
  plan: ScratchPlan,
  weight: Operand | undefined,
  x: Operand,
  most: number,
): OperandAddress {
  if (weight) return planOperand(context, plan, weight, most);
  const { compute } = x.format;
  const relative = plan.add(most, bytesOf(compute));
  let filled = false;
  return () => {
    const at = plan.base + relative;
    const first = at / bytesOf(compute);
    if (!filled) context.store.memory.views[compute].fill(1, first, first + most);
    filled = true;
    return at;
  };
}

/** Plans bytes that hold numbers of any type. */
export function planBytes(plan: ScratchPlan, bytes: number): () => number {
  const relative = plan.add(Math.ceil(bytes / 8), 8);
  return () => plan.base + relative;
}

/** The address of an operand's element where kernels can take it; 0 for none. */
export function addressOf(operand: Operand | undefined, element: number): number {
  return operand && isDirect(operand) ? operand.offset + element * operand.format.bytes : 0;
}
