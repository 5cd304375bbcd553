// How host tensors meet kernels that see only linear memory: tile by tile. A tile stays in the second cache from its
// copy in to its copy out, so that main memory is read once and written once, and linear memory stays small.

import type { TypedArray } from "../dtype.js";
import type { Operand } from "../ops/operand.js";
import type { Store } from "./store.js";

/** Elements of a tile: 256 KiB of float32. A multiple of the kernels' chunk of 8,192. */
export const TILE = 65_536;

/** Copies elements [start, start + count) of a host array to `offset`. */
export function stageIn(store: Store, offset: number, data: TypedArray, start: number, count: number): void {
  // Making a view costs more than copying a small array.
  const part = count === data.length ? data : data.subarray(start, start + count);
  store.memory.floats.set(part, offset >>> 2);
}

/** Copies `count` elements at `offset` to a host array, from index `start` on. */
export function stageOut(store: Store, offset: number, data: TypedArray, start: number, count: number): void {
  data.set(store.memory.floats.subarray(offset >>> 2, (offset >>> 2) + count), start);
}

/** The address of elements [start, start + count) of an operand: its own, or a copy at `staged`. */
export function addressOf(store: Store, operand: Operand, staged: number, start: number, count: number): number {
  if (operand.offset >= 0) return operand.offset + start * 4;
  stageIn(store, staged, operand.data, start, count);
  return staged;
}
