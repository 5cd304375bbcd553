// How tensors that kernels cannot work on in place meet them: tile by tile. A tile stays in the second cache from its
// copy in to its copy out, so that main memory is read once and written once, and linear memory stays small. Numbers of
// 16 bits are widened on the way in and rounded, once, on the way out.

import type { ComputeType } from "../dtype.js";
import { halfBitsOf } from "../math/half.js";
import type { Operand } from "../ops/operand.js";
import type { Conversions } from "./module.js";
import type { Store } from "./store.js";

/** What staging needs of the wasm backend. */
export interface Staging {
  readonly store: Store;
  readonly conversions: Conversions;
}

/** Bytes of a tile. */
const TILE_BYTES = 262_144;

/** Elements of a tile of float32 numbers. A multiple of the kernels' chunk of 8,192. */
export const TILE = TILE_BYTES / 4;

/** Elements of a tile of what kernels compute in. */
export function tileOf(compute: ComputeType): number {
  return TILE_BYTES / bytesOf(compute);
}

/**
 * Elements of the largest tile, for a group or a block that is not in parts if it can be whole: larger than the second
 * cache, but the third is still faster than reading it again from where it is.
 */
export function largestTileOf(compute: ComputeType): number {
  return (16 * TILE_BYTES) / bytesOf(compute);
}

/** Bytes of an element of what kernels compute in. */
export function bytesOf(compute: ComputeType): 4 | 8 {
  return compute === "float64" ? 8 : 4;
}

/** Whether kernels can work on an operand where it lies. */
export function isDirect({ offset, format }: Operand): boolean {
  return offset >= 0 && format.bytes !== 2;
}

/** Copies elements [start, start + count) of an operand to `at`, as what kernels compute in. */
export function stageIn(staging: Staging, at: number, operand: Operand, start: number, count: number): void {
  const { data, format, stored } = operand;
  const { views } = staging.store.memory;
  if (format.bytes === 2) widen(staging, at, operand, start, count);
  else if (stored) stored.read(partOf(views.bytes, at, count * format.bytes), start);
  else views[format.compute].set(partOf(data as Float32Array, start, count), at / format.bytes);
}

/** Copies `count` elements at `at` to an operand, from index `start` on. */
export function stageOut(staging: Staging, at: number, operand: Operand, start: number, count: number): void {
  const { data, format, stored } = operand;
  const { views } = staging.store.memory;
  if (format.bytes === 2) narrow(staging, at, operand, start, count);
  else if (stored) stored.write(partOf(views.bytes, at, count * format.bytes), start);
  else (data as Float32Array).set(partOf(views[format.compute], at / format.bytes, count), start);
}

/** Copies elements [start, start + count) of 16 bits that no kernel can reach to `at`, as they are stored. */
export function stageBitsIn(
  { memory }: Store,
  at: number,
  { data, stored }: Operand,
  start: number,
  count: number,
): void {
  if (stored) stored.read(partOf(memory.views.bytes, at, 2 * count), start);
  else memory.views.bits16.set(partOf(halfBitsOf(data), start, count), at / 2);
}

/** Copies `count` elements of 16 bits at `at` to where no kernel can reach, from index `start` on. */
export function stageBitsOut(
  { memory }: Store,
  at: number,
  { data, stored }: Operand,
  start: number,
  count: number,
): void {
  if (stored) stored.write(partOf(memory.views.bytes, at, 2 * count), start);
  else halfBitsOf(data).set(partOf(memory.views.bits16, at / 2, count), start);
}

/** Making a view costs more than copying a small array. */
function partOf<Data extends Float32Array | Float64Array | Uint16Array | Uint8Array>(
  data: Data,
  start: number,
  count: number,
): Data {
  return count === data.length ? data : (data.subarray(start, start + count) as Data);
}

function widen({ store, conversions }: Staging, at: number, operand: Operand, start: number, count: number): void {
  const { format, offset } = operand;
  let from = offset + 2 * start;
  if (offset < 0) {
    // To the upper half of where the numbers will be: widening catches up with it at the end.
    from = at + 2 * count;
    stageBitsIn(store, from, operand, start, count);
  }
  if (format.dtype === "float16") conversions.decode_f16(at, from, count);
  else conversions.decode_bf16(at, from, count);
}

function narrow({ store, conversions }: Staging, at: number, operand: Operand, start: number, count: number): void {
  const { format, offset } = operand;
  const to = offset < 0 ? at : offset + 2 * start;
  if (format.dtype === "float16") conversions.encode_f16(to, at, count);
  else conversions.encode_bf16(to, at, count);
  if (offset < 0) stageBitsOut(store, at, operand, start, count);
}
