import { bfloat16, decode, encode, float16, type Format } from "./formats.js";

export type DTypeName = "float32" | "float64" | "float16" | "bfloat16";

/** The arrays tensors of these dtypes live in; the 16-bit ones as bits. */
export type Data = Float32Array | Float64Array | Uint16Array;

/** In what errors of a dtype are measured: 16-bit numbers are computed in float32. */
export interface Precision {
  /** u: half the distance from 1 to the next number. */
  readonly unitRoundoff: number;
  /** Below it numbers lose digits, so errors are not measured against anything smaller. */
  readonly smallestNormal: number;
}

const single: Precision = { unitRoundoff: 2 ** -24, smallestNormal: 2 ** -126 };
const double: Precision = { unitRoundoff: 2 ** -53, smallestNormal: 2 ** -1022 };

export const dtypes: readonly DTypeName[] = ["float32", "float64", "float16", "bfloat16"];

export function precisionOf(dtype: DTypeName): Precision {
  return dtype === "float64" ? double : single;
}

/** The format of a 16-bit dtype. */
export function formatOf(dtype: DTypeName): Format | undefined {
  if (dtype === "float16") return float16;
  return dtype === "bfloat16" ? bfloat16 : undefined;
}

/** The dtype that statistics are returned in. */
export function computingDtype(dtype: DTypeName): "float32" | "float64" {
  return dtype === "float64" ? "float64" : "float32";
}

/** Numbers as a tensor's data, rounded to the dtype. */
export function toData(dtype: DTypeName, values: ArrayLike<number>): Data {
  if (dtype === "float64") return Float64Array.from(values);
  if (dtype === "float32") return Float32Array.from(values);
  const format = formatOf(dtype)!;
  return Uint16Array.from(values, (value) => encode(format, value));
}

/** The numbers that a tensor's data says, exactly. */
export function fromData(dtype: DTypeName, data: ArrayLike<number>): Float64Array {
  if (!formatOf(dtype) || !(data instanceof Uint16Array)) return Float64Array.from(data);
  const numbers = numbersOf(dtype);
  return Float64Array.from(data, (bits) => numbers[bits]);
}

const tables = new Map<DTypeName, Float64Array>();

/** The number of every pattern of a 16-bit dtype. */
export function numbersOf(dtype: DTypeName): Float64Array {
  const format = formatOf(dtype)!;
  const table = tables.get(dtype) ?? Float64Array.from({ length: 0x1_0000 }, (_, bits) => decode(format, bits));
  tables.set(dtype, table);
  return table;
}
