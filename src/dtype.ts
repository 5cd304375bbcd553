import { DTypeError } from "./errors.js";

/** Element types of tensors. */
export type DType = "float32";

/** The typed arrays tensors live in. */
export type TypedArray = Float32Array;

/** How a value is called in an error message: `Float64Array`, `string`, `null`. Never throws. */
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

/** The dtype of a typed array; a declared dtype must agree with it. Throws DTypeError. */
export function dtypeOf(functionName: string, argument: string, data: unknown, declared?: unknown): DType {
  if (classOf(data) !== "Float32Array") {
    throw new DTypeError(functionName, argument, "must be a Float32Array", describe(data));
  }
  if (declared !== undefined && declared !== "float32") {
    const got = quote(declared);
    throw new DTypeError(functionName, argument, 'must have dtype "float32", as its Float32Array says', got);
  }
  return "float32";
}
