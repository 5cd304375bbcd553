// The elements of operands as numbers, whatever their dtype: for the few that TypeScript itself reads and writes.

import type { Format, TypedArray } from "./dtype.js";
import { decodeBfloats, decodeHalves, encodeBfloats, encodeHalves } from "./math/half.js";
import type { Operand } from "./ops/operand.js";

/** An array of what a dtype is computed in. */
export type ComputeArray = Float32Array | Float64Array;

/** A new array for `length` numbers in what a format is computed in. */
export function computeArray({ compute }: Format, length: number): ComputeArray {
  return compute === "float64" ? new Float64Array(length) : new Float32Array(length);
}

/** Whether an array holds bits rather than numbers. */
function holdsBits(_: TypedArray, { arrayName }: Format): _ is Uint16Array {
  return arrayName === "Uint16Array";
}

/** An operand's elements as numbers: its own array, or a converted copy. Do not write to it. */
export function numbersOf({ data, format, size }: Operand): ArrayLike<number> {
  if (!holdsBits(data, format)) return data;
  const numbers = new Float32Array(size);
  if (format.dtype === "float16") decodeHalves(numbers, data);
  else decodeBfloats(numbers, data);
  return numbers;
}

/** Writes numbers to an operand, each rounded to its dtype once. */
export function writeNumbers({ data, format }: Operand, numbers: Float64Array): void {
  if (!holdsBits(data, format)) {
    (data as Float32Array).set(numbers);
    return;
  }
  const odd = new Float32Array(numbers.length);
  for (let i = 0; i < odd.length; i++) odd[i] = roundToOdd(numbers[i]);
  if (format.dtype === "float16") encodeHalves(data, odd);
  else encodeBfloats(data, odd);
}

const single = new Float32Array(1);
const singleBits = new Int32Array(single.buffer);

/**
 * A float32 neighbour of `value`: itself, or of the two around it the one whose last bit is set. Rounding that to fewer
 * bits gives what rounding `value` once does.
 *
 * @see Boldo, Melquiond 2008, "Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd"
 */
function roundToOdd(value: number): number {
  single[0] = value;
  const nearest = single[0];
  const exact = nearest === value || Number.isNaN(value) || !Number.isFinite(nearest);
  if (exact || singleBits[0] & 1) return nearest;
  // Magnitudes ascend with their bits: the other neighbour is one step away, on the side of value.
  singleBits[0] += Math.abs(nearest) < Math.abs(value) ? 1 : -1;
  return single[0];
}
