import type { DType, TypedArray } from "../../src/dtype.js";

/** Numbers of any dtype: a tensor's, or what a test hands to one. */
export interface Numbers {
  readonly data: TypedArray;
  readonly dtype?: DType;
}

/**
 * The bits of numbers, with one NaN for all: its payload is the only freedom WebAssembly leaves to engines. Two words for
 * a float64 number, one for a float32 number, half a word for those of 16 bits.
 */
export function bitsOf({ data, dtype }: Numbers): Words {
  if (data instanceof Float32Array) return floatBits(data);
  if (data instanceof Float64Array) return doubleBits(data);
  return halfBits(data, dtype === "bfloat16" ? 0x7f80 : 0x7c00);
}

export type Words = Uint32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;

function floatBits(values: Float32Array): Uint32Array<ArrayBuffer> {
  const bits = new Uint32Array(values.slice().buffer);
  for (let index = 0; index < bits.length; index++) {
    if ((bits[index] & 0x7fff_ffff) > 0x7f80_0000) bits[index] = 0x7fc0_0000;
  }
  return bits;
}

function doubleBits(values: Float64Array): Uint32Array<ArrayBuffer> {
  const bits = new Uint32Array(values.slice().buffer);
  for (let index = 0; index < values.length; index++) {
    if (Number.isNaN(values[index])) [bits[2 * index], bits[2 * index + 1]] = [0, 0x7ff8_0000];
  }
  return bits;
}

function halfBits({ buffer, byteOffset, length }: TypedArray, infinity: number): Uint16Array<ArrayBuffer> {
  const bits = new Uint16Array(buffer, byteOffset, length).slice();
  for (let index = 0; index < bits.length; index++) if ((bits[index] & 0x7fff) > infinity) bits[index] = 0x7fff;
  return bits;
}

/** Results by name, as bits. */
export type Bits = Readonly<Record<string, Words>>;

/** The first bit that differs, in words; undefined if none does. */
export function difference(actual: Bits, expected: Bits): string | undefined {
  const names = Object.keys(expected);
  if (Object.keys(actual).join() !== names.join()) return `results ${Object.keys(actual)}, expected ${names}`;
  for (const name of names) {
    const index = firstDifference(actual[name], expected[name]);
    if (index >= 0) return `${name}[${index}] is ${hex(actual[name][index])}, expected ${hex(expected[name][index])}`;
  }
  return undefined;
}

function firstDifference(a: Words, b: Words): number {
  const length = Math.max(a.length, b.length);
  for (let index = 0; index < length; index++) if (a[index] !== b[index]) return index;
  return -1;
}

function hex(bits: number | undefined): string {
  return bits === undefined ? "missing" : `0x${bits.toString(16)}`;
}
