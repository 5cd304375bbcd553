// The elements of operands as numbers, whatever their dtype: for the few that TypeScript itself reads and writes.

import type { Format } from "./dtype.js";
import { decode, encode, halfBitsOf } from "./math/half.js";
import type { Operand } from "./ops/operand.js";

/** An array of what a dtype is computed in. */
export type ComputeArray = Float32Array | Float64Array;

/** A new array for `length` numbers in what a format is computed in. */
export function computeArray({ compute }: Format, length: number): ComputeArray {
  return compute === "float64" ? new Float64Array(length) : new Float32Array(length);
}

/** An operand's elements as numbers: its own array, or a converted copy. Do not write to it. */
export function numbersOf({ data, format, size }: Operand): ComputeArray {
  if (format.bytes !== 2) return data as ComputeArray;
  const numbers = new Float32Array(size);
  decode(format.dtype, numbers, halfBitsOf(data));
  return numbers;
}

/** Writes numbers to an operand, each rounded to its dtype once. */
export function writeNumbers({ data, format }: Operand, numbers: Float64Array): void {
  if (format.bytes !== 2) {
    (data as Float32Array).set(numbers);
    return;
  }
  // Not by Float32Array.from, which calls for every element.
  const odd = new Float32Array(numbers.length);
  for (let i = 0; i < odd.length; i++) odd[i] = roundToOdd(numbers[i]);
  encode(format.dtype, halfBitsOf(data), odd);
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
