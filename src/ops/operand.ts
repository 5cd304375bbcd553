import {
  describe,
  float32,
  type Format,
  formatOfBare,
  formatOfData,
  lengthOf,
  quote,
  type TypedArray,
} from "../dtype.js";
import type { Store } from "../engine/store.js";
import type { Stored } from "../engine/stored.js";
import { ArgumentError, DTypeError, LanenormError, ShapeError } from "../errors.js";
import { formatShape, sameShape, sizeOf } from "../shape.js";
import { Tensor } from "../tensor.js";

/** A checked tensor argument, as backends take it. */
export interface Operand {
  readonly data: TypedArray;
  /** The shape, in an array that is nobody else's. */
  readonly sizes: readonly number[];
  /** The number of elements. */
  readonly size: number;
  /** Bytes from the start of the engine's memory; -1 for a host tensor. */
  readonly offset: number;
  /** How the elements are stored. */
  readonly format: Format;
  /** Where the elements are, if not in `data`. */
  readonly stored?: Stored;
}

/** A tensor argument: a Tensor of this engine, or anything with data and shape. */
export function operandOf(functionName: string, argument: string, value: unknown, store: Store): Operand {
  if (Tensor.is(value)) return tensorOperand(functionName, argument, value, store);
  const { data, shape, dtype } = partsOf(functionName, argument, value);
  if (typeof value !== "object" || value === null || data === undefined || shape === undefined) {
    throw new ArgumentError(functionName, argument, "must be a tensor: { data, shape }", describe(value));
  }
  const format = formatOfData(functionName, `${argument}.data`, data, dtype);
  const sizes = shapeOf(functionName, `${argument}.shape`, shape);
  return hostOperand(functionName, argument, data as TypedArray, sizes, format, store);
}

/** Reads each part once: what a getter says the second time is of no interest. */
function partsOf(
  functionName: string,
  argument: string,
  value: unknown,
): { data?: unknown; shape?: unknown; dtype?: unknown } {
  return reading(functionName, argument, () => {
    const { data, shape, dtype } = (value ?? {}) as { data?: unknown; shape?: unknown; dtype?: unknown };
    return { data, shape, dtype };
  });
}

/** What `read` reads of an argument, whose getters may throw: an ArgumentError then. */
export function reading<Parts>(functionName: string, argument: string, read: () => Parts): Parts {
  try {
    return read();
  } catch (reason) {
    throw unreadable(functionName, argument, reason);
  }
}

/** What to throw for what was thrown while an argument was read. */
function unreadable(functionName: string, argument: string, reason: unknown): LanenormError {
  if (reason instanceof LanenormError) return reason;
  return new ArgumentError(functionName, argument, "must be readable", `an object that throws ${describe(reason)}`);
}

/** A copy of a shape, which is an array of integers from 0 up whose product a double holds exactly. */
export function shapeOf(functionName: string, argument: string, shape: unknown): readonly number[] {
  const sizes: number[] = [];
  reading(functionName, argument, () => {
    if (!Array.isArray(shape)) {
      throw new ShapeError(functionName, argument, "must be an array of sizes", describe(shape));
    }
    for (let axis = 0; axis < shape.length; axis++) sizes.push(checkedSize(functionName, argument, shape[axis], axis));
  });
  if (!Number.isSafeInteger(sizeOf(sizes))) {
    throw new ShapeError(functionName, argument, "must have fewer than 2^53 elements", formatShape(sizes));
  }
  return sizes;
}

function checkedSize(functionName: string, argument: string, size: unknown, axis: number): number {
  if (Number.isSafeInteger(size) && (size as number) >= 0) return size as number;
  throw new ShapeError(functionName, argument, "must hold integers from 0 up", `${describe(size)} at axis ${axis}`);
}

function tensorOperand(functionName: string, argument: string, tensor: Tensor, store: Store): Operand {
  tensor.assertAlive(functionName, argument);
  if (tensor.store !== undefined && tensor.store !== store) {
    throw new ArgumentError(
      functionName,
      argument,
      "must belong to this engine or to none",
      "a tensor of another engine",
    );
  }
  if (tensor.store !== undefined) return tensor;
  if (tensor.stored) return { ...ownOperand(tensor.data, tensor.sizes, tensor.format), stored: tensor.stored };
  return hostOperand(functionName, argument, tensor.data, tensor.sizes, tensor.format, store);
}

/** Data that lies in the engine's memory is resident, whoever made the view. */
function hostOperand(
  functionName: string,
  argument: string,
  data: TypedArray,
  shape: readonly number[],
  format: Format,
  store: Store,
): Operand {
  const size = sizeOf(shape);
  checkLength(functionName, argument, lengthOf(data), shape);
  const inside = size > 0 && data.buffer === store.memory.memory.buffer;
  // A tensor rather than the view that came: memory may grow, and detach it, before it is read.
  if (inside) return Tensor.resident(store, data.byteOffset, shape, format, false);
  return { data, sizes: shape, size, offset: -1, format };
}

/** Throws ShapeError unless a shape has `length` elements. */
export function checkLength(functionName: string, argument: string, length: number, shape: readonly number[]): void {
  const size = sizeOf(shape);
  if (length === size) return;
  const expected = `must have as many elements as its shape ${formatShape(shape)} says, ${size}`;
  throw new ShapeError(functionName, argument, expected, String(length));
}

/** A host operand of the library's own making. */
export function ownOperand(data: TypedArray, sizes: readonly number[], format: Format): Operand {
  return { data, sizes, size: sizeOf(sizes), offset: -1, format };
}

/**
 * An optional parameter for an x of format `like`: a tensor of exactly `shape`, or a bare typed array of as many
 * elements; of x's dtype, or of float32 for an x of 16 bits. `why` says in messages whose dtype that is.
 */
export function parameterOf(
  functionName: string,
  argument: string,
  value: unknown,
  shape: readonly number[],
  like: Format,
  store: Store,
  why = "as x has",
): Operand | undefined {
  if (value === undefined || value === null) return undefined;
  if (ArrayBuffer.isView(value)) {
    const format = formatOfBare(functionName, argument, value, like, why);
    checkParameterFormat(functionName, argument, format, like, why);
    const data = value as unknown as TypedArray;
    const length = lengthOf(data);
    if (length !== sizeOf(shape)) {
      throw new ShapeError(functionName, argument, `must have ${sizeOf(shape)} elements`, String(length));
    }
    return hostOperand(functionName, argument, data, shape, format, store);
  }
  const operand = operandOf(functionName, argument, value, store);
  checkParameterFormat(functionName, argument, operand.format, like, why);
  if (!sameShape(operand.sizes, shape)) {
    throw new ShapeError(functionName, argument, `must have shape ${formatShape(shape)}`, formatShape(operand.sizes));
  }
  return operand;
}

function checkParameterFormat(functionName: string, argument: string, format: Format, like: Format, why: string): void {
  if (format.dtype === like.dtype || (like.bytes === 2 && format === float32)) return;
  const alternative = like.bytes === 2 ? ', or "float32"' : "";
  const expected = `must have dtype "${like.dtype}", ${why}${alternative}`;
  throw new DTypeError(functionName, argument, expected, quote(format.dtype));
}

/** A parameter that is not optional. */
export function requiredParameterOf(
  functionName: string,
  argument: string,
  value: unknown,
  shape: readonly number[],
  like: Format,
  store: Store,
  why?: string,
): Operand {
  const operand = parameterOf(functionName, argument, value, shape, like, store, why);
  if (operand) return operand;
  throw new ArgumentError(functionName, argument, `must be given, with shape ${formatShape(shape)}`, describe(value));
}

/** eps: any number but NaN. Negative ones are legal, as in PyTorch. */
export function epsOf(functionName: string, eps: unknown): number {
  return numberOf(functionName, "eps", eps, 1e-5);
}

/** A number of things, of which there must be some. */
export function countOf(functionName: string, argument: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
  throw new ArgumentError(functionName, argument, "must be a positive integer", describe(value));
}

/** An optional number, which may not be NaN. */
export function numberOf(functionName: string, argument: string, value: unknown, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (typeof value === "number" && !Number.isNaN(value)) return value;
  throw new ArgumentError(functionName, argument, "must be a number", describe(value));
}

/** An optional true or false. */
export function flagOf(functionName: string, argument: string, value: unknown, otherwise: boolean): boolean {
  if (value === undefined) return otherwise;
  if (typeof value === "boolean") return value;
  throw new ArgumentError(functionName, argument, "must be true or false", describe(value));
}

/**
 * An options argument, an object or nothing, as `read` takes it apart: each option is read once. A misspelt one must not
 * be ignored, so there may be none that is not read, unless any are `welcome`.
 */
export function optionsOf<Options extends object, Parts extends object>(
  functionName: string,
  options: Options | undefined,
  read: (options: Partial<Options>) => Parts,
  welcome = false,
  argument = "options",
): Parts {
  if (options === undefined) return read({});
  if (typeof options !== "object" || options === null || ArrayBuffer.isView(options)) {
    throw new ArgumentError(functionName, argument, "must be an object", describe(options));
  }
  try {
    const parts = read(options);
    if (!welcome) checkKeys(functionName, argument, options, parts);
    return parts;
  } catch (reason) {
    throw unreadable(functionName, argument, reason);
  }
}

function checkKeys(functionName: string, argument: string, options: object, known: object): void {
  for (const key in options) {
    if (!Object.hasOwn(known, key)) {
      const expected = `must be among ${Object.keys(known).join(", ")}`;
      throw new ArgumentError(functionName, argument, expected, quote(key));
    }
  }
}
