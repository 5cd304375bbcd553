// The two 16-bit formats, written for the tests alone: rounding by scaling and a sum, where a library works on bits.

import { exponentOf, powerOfTwo } from "./powers_of_two.js";

/** Sign, exponent, fraction: 16 bits together. */
export interface Format {
  readonly exponentBits: number;
  readonly fractionBits: number;
}

export const float16: Format = { exponentBits: 5, fractionBits: 10 };
export const bfloat16: Format = { exponentBits: 8, fractionBits: 7 };

const signBit = 0x8000;

/** Adding and subtracting it rounds to an integer, halves to even: sums of this size have no fraction bits. */
const roundToInteger = 1.5 * 2 ** 52;

/** The nearest number of the format, ties to even; too large becomes infinite. */
export function roundTo(format: Format, value: number): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  const bias = biasOf(format);
  const exponent = Math.max(exponentOf(value), 1 - bias) - format.fractionBits;
  const steps = value * powerOfTwo(-exponent) + roundToInteger - roundToInteger;
  if (Math.abs(steps) * powerOfTwo(exponent) >= 2 * powerOfTwo(bias)) return value < 0 ? -Infinity : Infinity;
  // A negative number that rounds to zero keeps its sign.
  return steps === 0 && value < 0 ? -0 : steps * powerOfTwo(exponent);
}

/** The bits of the nearest number of the format. */
export function encode(format: Format, value: number): number {
  const { fractionBits } = format;
  const rounded = roundTo(format, value);
  const sign = rounded < 0 || Object.is(rounded, -0) ? signBit : 0;
  const magnitude = Math.abs(rounded);
  if (Number.isNaN(rounded)) return infinityBits(format) | (1 << (fractionBits - 1));
  if (magnitude === Infinity) return sign | infinityBits(format);
  if (magnitude === 0) return sign;
  const least = 1 - biasOf(format);
  const exponent = Math.max(exponentOf(magnitude), least);
  const steps = magnitude * powerOfTwo(fractionBits - exponent);
  // Subnormal numbers have fewer steps than 2^fractionBits, which is what the exponent field counts.
  return sign | (((exponent - least) << fractionBits) + steps);
}

/** The number that bits say. */
export function decode(format: Format, bits: number): number {
  const { fractionBits } = format;
  const fraction = bits & ((1 << fractionBits) - 1);
  const exponent = (bits & infinityBits(format)) >> fractionBits;
  const sign = bits & signBit ? -1 : 1;
  if (exponent === infinityBits(format) >> fractionBits) return fraction === 0 ? sign * Infinity : NaN;
  const significand = exponent === 0 ? fraction : fraction + (1 << fractionBits);
  return sign * significand * powerOfTwo(Math.max(exponent, 1) - biasOf(format) - fractionBits);
}

/** Exponent bits all ones. */
export function infinityBits({ exponentBits, fractionBits }: Format): number {
  return ((1 << exponentBits) - 1) << fractionBits;
}

function biasOf({ exponentBits }: Format): number {
  return (1 << (exponentBits - 1)) - 1;
}
