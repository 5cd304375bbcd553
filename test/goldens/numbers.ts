import type { Values } from "./load.js";

/** Sixteen bits: a sign, an exponent, and so many bits of mantissa. */
interface Format {
  readonly mantissaBits: number;
  /** The exponent of the smallest subnormal. */
  readonly lowest: number;
}

const formats: Partial<Record<string, Format>> = {
  float16: { mantissaBits: 10, lowest: -24 },
  bfloat16: { mantissaBits: 7, lowest: -133 },
};

/** The numbers of a tensor. */
export function numbersOf({ data, dtype }: Values): Float32Array | Float64Array {
  const format = formats[dtype];
  if (!format) return data as Float32Array | Float64Array;
  return Float64Array.from(data, (bits) => decode(bits, format));
}

/** The numbers that round to an element: from low to high. Float32 and float64 are taken as they are. */
export function roundedFrom({ data, dtype }: Values, index: number): readonly [low: number, high: number] {
  const format = formats[dtype];
  if (!format) return [data[index], data[index]];
  const bits = data[index];
  const magnitude = bits & 0x7fff;
  if (magnitude > infinityOf(format)) return [NaN, NaN];
  const inner = (extended(magnitude - 1, format) + extended(magnitude, format)) / 2;
  const outer = magnitude === infinityOf(format) ? Infinity : middleAbove(magnitude, format);
  return bits >> 15 ? [-outer, -inner] : [inner, outer];
}

function decode(bits: number, format: Format): number {
  const magnitude = bits & 0x7fff;
  const sign = bits >> 15 ? -1 : 1;
  if (magnitude > infinityOf(format)) return NaN;
  return sign * (magnitude === infinityOf(format) ? Infinity : extended(magnitude, format));
}

function middleAbove(magnitude: number, format: Format): number {
  return (extended(magnitude, format) + extended(magnitude + 1, format)) / 2;
}

/** As if exponents went on: the pattern of infinity is the power of two it stands in for. Below zero comes -smallest. */
function extended(magnitude: number, { mantissaBits, lowest }: Format): number {
  const one = 2 ** mantissaBits;
  const exponent = magnitude >> mantissaBits;
  if (exponent < 1) return magnitude * 2 ** lowest;
  return (one + (magnitude % one)) * 2 ** (exponent - 1 + lowest);
}

function infinityOf({ mantissaBits }: Format): number {
  return 0x7fff - (2 ** mantissaBits - 1);
}
