// float16 and bfloat16 as bits, to and from float32. Widening is exact; narrowing rounds to nearest even once, and agrees
// with the kernels of assembly/convert.ts bit for bit, NaN included.

import type { DType, TypedArray } from "../dtype.js";

/** What every NaN is narrowed to, in either format. */
const NARROW_NAN = 0xffff;

/** Bits of float32: all but the sign; Inf; 65520, the least that rounds to a float16's Inf; a float16's least normal. */
const MAGNITUDE = 0x7fff_ffff;
const INFINITE = 0x7f80_0000;
const OVERFLOWS_F16 = 0x477f_f000;
const NORMAL_F16 = 0x3880_0000;

/** A float32 has 13 bits more behind the point than a float16, and its exponent is 112 higher. */
const EXTRA_BITS = 13;
const REBIAS = 112;

/** Widens all of x, numbers of `dtype`. */
export function decode(dtype: DType, out: Float32Array, x: Uint16Array): void {
  if (dtype === "float16") decodeHalves(out, x);
  else decodeBfloats(out, x);
}

/** Rounds all of x to numbers of `dtype`. */
export function encode(dtype: DType, out: Uint16Array, x: Float32Array): void {
  if (dtype === "float16") encodeHalves(out, x);
  else encodeBfloats(out, x);
}

/** The bits of an array of 16-bit numbers, whatever class it is seen through. */
export function halfBitsOf(data: TypedArray): Uint16Array {
  return data instanceof Uint16Array ? data : new Uint16Array(data.buffer, data.byteOffset, data.length);
}

const float = new Float32Array(1);
const bitsOfFloat = new Int32Array(float.buffer);

/** The value of a float16 of these bits. */
export function decodeHalf(half: number): number {
  bitsOfFloat[0] = widenHalf(half);
  return float[0];
}

/** The bits of the float16 nearest to `value`, which counts as the float32 it rounds to. */
export function encodeHalf(value: number): number {
  float[0] = value;
  return narrowToHalf(bitsOfFloat[0]);
}

/** The value of a bfloat16 of these bits. */
export function decodeBfloat(bfloat: number): number {
  bitsOfFloat[0] = bfloat << 16;
  return float[0];
}

/** The bits of the bfloat16 nearest to `value`, which counts as the float32 it rounds to. */
export function encodeBfloat(value: number): number {
  float[0] = value;
  return narrowToBfloat(bitsOfFloat[0]);
}

/** out[i] = decodeHalf(x[i]) for all of x. */
export function decodeHalves(out: Float32Array, x: Uint16Array): void {
  const bits = bitsOf(out);
  for (let i = 0; i < x.length; i++) bits[i] = widenHalf(x[i]);
}

/** out[i] = encodeHalf(x[i]) for all of x. */
export function encodeHalves(out: Uint16Array, x: Float32Array): void {
  const bits = bitsOf(x);
  for (let i = 0; i < bits.length; i++) out[i] = narrowToHalf(bits[i]);
}

/** out[i] = decodeBfloat(x[i]) for all of x. */
export function decodeBfloats(out: Float32Array, x: Uint16Array): void {
  const bits = bitsOf(out);
  for (let i = 0; i < x.length; i++) bits[i] = x[i] << 16;
}

/** out[i] = encodeBfloat(x[i]) for all of x. */
export function encodeBfloats(out: Uint16Array, x: Float32Array): void {
  const bits = bitsOf(x);
  for (let i = 0; i < bits.length; i++) out[i] = narrowToBfloat(bits[i]);
}

/** Signed, because V8 keeps unsigned numbers from 2^31 on as float64. */
function bitsOf(data: Float32Array): Int32Array {
  return new Int32Array(data.buffer, data.byteOffset, data.length);
}

/** The float32 bits of a float16. */
function widenHalf(half: number): number {
  const sign = (half & 0x8000) << 16;
  const magnitude = half & 0x7fff;
  if (magnitude >= 0x7c00) return sign | INFINITE | (magnitude << EXTRA_BITS);
  if (magnitude >= 0x0400) return sign | ((magnitude << EXTRA_BITS) + (REBIAS << 23));
  return magnitude === 0 ? sign : sign | widenSubnormal(magnitude);
}

/** A multiple of 2^-24 below 2^10: its leading bit, bit 10 after `shift` places, becomes the float32's implicit one. */
function widenSubnormal(significand: number): number {
  const shift = Math.clz32(significand) - 21;
  return ((REBIAS - shift) << 23) + (significand << (EXTRA_BITS + shift));
}

/** The float16 bits nearest to a float32's. */
function narrowToHalf(bits: number): number {
  const magnitude = bits & MAGNITUDE;
  if (magnitude > INFINITE) return NARROW_NAN;
  const sign = (bits >>> 16) & 0x8000;
  if (magnitude >= OVERFLOWS_F16) return sign | 0x7c00;
  if (magnitude >= NORMAL_F16) return sign | shiftToEven(magnitude - (REBIAS << 23), EXTRA_BITS);
  return sign | narrowToSubnormal(magnitude);
}

/** Rounds a magnitude below 2^-14 to a multiple of 2^-24, the float16's smallest number. */
function narrowToSubnormal(magnitude: number): number {
  const significand = (magnitude & 0x007f_ffff) | 0x0080_0000;
  const shift = REBIAS + 14 - (magnitude >>> 23);
  return shift > 24 ? 0 : shiftToEven(significand, shift);
}

/** The bfloat16 bits nearest to a float32's. */
function narrowToBfloat(bits: number): number {
  if ((bits & MAGNITUDE) > INFINITE) return NARROW_NAN;
  return shiftToEven(bits, 16);
}

/** bits / 2^places, rounded to the nearest integer, to the even one of two. */
function shiftToEven(bits: number, places: number): number {
  return (bits + (1 << (places - 1)) - 1 + ((bits >>> places) & 1)) >>> places;
}
