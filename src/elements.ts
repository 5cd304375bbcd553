// The elements of operands as numbers, whatever their dtype: for the few that TypeScript itself reads and writes.

import type { Format, TypedArray } from "./dtype.js";
import { decodeInto, encodeInto } from "./math/half.js";
import type { Operand } from "./ops/operand.js";

/** An array of what a dtype is computed in. */
export type ComputeArray = Float32Array | Float64Array;

/** A new array for `length` numbers in what a format is computed in. */
export function computeArray({ compute }: Format, length: number): ComputeArray {
  return compute === "float64" ? new Float64Array(length) : new Float32Array(length);
}

/** Whether an array holds bits rather than numbers. */
function holdsBits(data: TypedArray, { arrayName }: Format): data is Uint16Array {
  return arrayName === "Uint16Array";
}

/** An operand's elements as numbers: its own array, or a converted copy. Do not write to it. */
export function numbersOf({ data, format, size }: Operand): ArrayLike<number> {
  if (!holdsBits(data, format)) return data;
  const numbers = new Float32Array(size);
  decodeInto(numbers, data, format.dtype);
  return numbers;
}

/** Writes numbers to an operand, each rounded to its dtype once. */
export function writeNumbers({ data, format }: Operand, numbers: Float64Array): void {
  if (holdsBits(data, format)) encodeInto(data, numbers, format.dtype);
  else (data as Float32Array).set(numbers);
}
