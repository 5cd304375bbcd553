import { DTypeError } from "./errors.js";

/** Element types of tensors. */
export type DType = "float32";

/** The typed arrays tensors live in. */
export type TypedArray = Float32Array;

/** Bytes per element. */
export const bytesPerElement: Readonly<Record<DType, number>> = { float32: 4 };

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

/** The dtype of a typed array; a declared dtype must agree with it. Throws DTypeError. */
export function dtypeOf(functionName: string, argument: string, data: unknown, declared?: unknown): DType {
  if (!(data instanceof Float32Array)) {
    throw new DTypeError(functionName, argument, "must be a Float32Array", describe(data));
  }
  if (declared !== undefined && declared !== "float32") {
    const got = typeof declared === "string" ? JSON.stringify(declared) : describe(declared);
    throw new DTypeError(functionName, argument, 'must have dtype "float32", as its Float32Array says', got);
  }
  return "float32";
}
