import { DTypeError } from "./errors.js";

/** Element types of tensors. */
export type DType = "float32" | "float64" | "float16" | "bfloat16";

/** The dtype that kernels compute in, and that statistics have. */
export type ComputeType = "float32" | "float64";

/** What is needed of a Float16Array: engines before 2025 have none, nor have older `lib` settings. */
export interface Float16ArrayLike {
  readonly [Symbol.toStringTag]: "Float16Array";
  readonly BYTES_PER_ELEMENT: number;
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  readonly byteLength: number;
  readonly length: number;
  [index: number]: number;
}

/** The typed arrays tensors live in. A Uint16Array holds the bits of float16 or bfloat16 numbers. */
export type TypedArray = Float32Array | Float64Array | Uint16Array | Float16ArrayLike;

interface ArrayClass {
  new (length: number): TypedArray;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): TypedArray;
}

/** How the elements of a tensor are stored: their dtype, and the class of array they are seen through. */
export interface Format {
  readonly dtype: DType;
  readonly bytes: 2 | 4 | 8;
  /** What the kernels compute in for it. */
  readonly compute: ComputeType;
  readonly arrayName: string;
  /** The class; undefined where the engine has none. */
  readonly Array: ArrayClass | undefined;
}

export const float32: Format = formatOf("float32", 4, "Float32Array");
export const float64: Format = formatOf("float64", 8, "Float64Array");
const float16: Format = formatOf("float16", 2, "Uint16Array");
const bfloat16: Format = formatOf("bfloat16", 2, "Uint16Array");
const nativeFloat16: Format = formatOf("float16", 2, "Float16Array");

const byDType: Readonly<Record<DType, Format>> = { float32, float64, float16, bfloat16 };

/** Every dtype. */
export const dtypes = Object.keys(byDType) as readonly DType[];

function formatOf(dtype: DType, bytes: 2 | 4 | 8, arrayName: string): Format {
  const Array = (globalThis as Record<string, unknown>)[arrayName] as ArrayClass | undefined;
  return { dtype, bytes, compute: dtype === "float64" ? "float64" : "float32", arrayName, Array };
}

/** The format of a dtype: bits in a Uint16Array for the short ones. */
export function formatOfDType(functionName: string, dtype: unknown): Format {
  const format = isDType(dtype) ? byDType[dtype] : undefined;
  if (format) return format;
  throw new DTypeError(functionName, "dtype", `must be ${dtypeNames}`, quote(dtype));
}

/** The format of statistics and of what kernels compute in. */
export function computeFormat({ compute }: Format): Format {
  return compute === "float64" ? float64 : float32;
}

const dtypeNames = '"float32", "float64", "float16" or "bfloat16"';

function isDType(value: unknown): value is DType {
  return typeof value === "string" && Object.hasOwn(byDType, value);
}

/** How a value is called in an error message: `Int8Array`, `string`, `null`. Never throws. */
export function describe(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "object") return constructorName(value) ?? "object";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value;
}

function constructorName(value: object): string | undefined {
  try {
    const name: unknown = (value as { constructor?: { name?: unknown } }).constructor?.name;
    return typeof name === "string" ? name : undefined;
  } catch {
    return undefined;
  }
}

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;
const tagGetter = Object.getOwnPropertyDescriptor(typedArray, Symbol.toStringTag)!.get!;
const lengthGetter = Object.getOwnPropertyDescriptor(typedArray, "length")!.get!;

/** The class of a typed array of any realm, by its internal slot, which cannot be feigned; undefined for all else. */
function classOf(data: unknown): string | undefined {
  return tagGetter.call(data) as string | undefined;
}

/** The true length of a typed array. */
export function lengthOf(data: TypedArray): number {
  return lengthGetter.call(data) as number;
}

/** A short name in quotes, or how else a value is called. */
export function quote(value: unknown): string {
  if (typeof value !== "string") return describe(value);
  return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value);
}

/**
 * How the elements of a typed array are stored. A declared dtype must agree with the array, and a Uint16Array must
 * declare one. Throws DTypeError.
 */
export function formatOfData(functionName: string, argument: string, data: unknown, declared?: unknown): Format {
  const arrayName = classOf(data);
  if (arrayName === "Uint16Array") return formatOfBits(functionName, argument, declared);
  const format = arrayName === undefined ? undefined : byArrayName[arrayName];
  if (!format) {
    const expected = "must be a Float32Array, Float64Array, Float16Array, or a Uint16Array of bits with a dtype";
    throw new DTypeError(functionName, argument, expected, describe(data));
  }
  if (declared !== undefined && declared !== format.dtype) {
    const expected = `must have dtype "${format.dtype}", as its ${arrayName} says`;
    throw new DTypeError(functionName, argument, expected, quote(declared));
  }
  return format;
}

const byArrayName: Readonly<Record<string, Format | undefined>> = {
  Float32Array: float32,
  Float64Array: float64,
  Float16Array: nativeFloat16,
};

function formatOfBits(functionName: string, argument: string, declared: unknown): Format {
  if (declared === "float16" || declared === "bfloat16") return byDType[declared];
  const expected = 'must say with dtype "float16" or "bfloat16" what its Uint16Array holds';
  throw new DTypeError(functionName, argument, expected, quote(declared));
}

/** The format of a parameter that comes as a bare array: a Uint16Array holds numbers as those of x, if x has 16 bits. */
export function formatOfBare(functionName: string, argument: string, data: unknown, like: Format, why: string): Format {
  if (classOf(data) !== "Uint16Array") return formatOfData(functionName, argument, data);
  if (like.bytes === 2) return byDType[like.dtype];
  throw new DTypeError(functionName, argument, `must have dtype "${like.dtype}", ${why}`, "Uint16Array");
}
