import { describe, dtypeOf, type TypedArray } from "../dtype.js";
import type { Store } from "../engine/store.js";
import { ArgumentError, ShapeError } from "../errors.js";
import { formatShape, sameShape, sizeOf } from "../shape.js";
import { Tensor } from "../tensor.js";

/** A checked tensor argument, as backends take it. */
export interface Operand {
  readonly data: TypedArray;
  readonly shape: readonly number[];
  /** The number of elements. */
  readonly size: number;
  /** Bytes from the start of the engine's memory; -1 for a host tensor. */
  readonly offset: number;
}

/** A tensor argument: a Tensor of this engine, or anything with data and shape. */
export function operandOf(functionName: string, argument: string, value: unknown, store: Store): Operand {
  if (value instanceof Tensor) return tensorOperand(functionName, argument, value, store);
  const { data, shape, dtype } = (value ?? {}) as { data?: unknown; shape?: unknown; dtype?: unknown };
  if (typeof value !== "object" || value === null || data === undefined || shape === undefined) {
    throw new ArgumentError(functionName, argument, "must be a tensor: { data, shape }", describe(value));
  }
  dtypeOf(functionName, `${argument}.data`, data, dtype);
  checkShape(functionName, `${argument}.shape`, shape);
  return hostOperand(functionName, argument, data as TypedArray, shape, store);
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
  if (tensor.store === undefined) return hostOperand(functionName, argument, tensor.data, tensor.shape, store);
  return tensor;
}

/** Data that lies in the engine's memory is resident, whoever made the view. */
function hostOperand(
  functionName: string,
  argument: string,
  data: TypedArray,
  shape: readonly number[],
  store: Store,
): Operand {
  const size = sizeOf(shape);
  if (size !== data.length) {
    const expected = `must have as many elements as its shape ${formatShape(shape)} says, ${size}`;
    throw new ShapeError(functionName, argument, expected, String(data.length));
  }
  const inside = size > 0 && data.buffer === store.memory.memory.buffer;
  // A tensor rather than the view that came: memory may grow, and detach it, before it is read.
  return inside ? Tensor.resident(store, data.byteOffset, shape, false) : { data, shape, size, offset: -1 };
}

/** A shape is an array of integers from 0 up whose product fits a double exactly. */
export function checkShape(functionName: string, argument: string, shape: unknown): asserts shape is readonly number[] {
  if (!Array.isArray(shape)) throw new ShapeError(functionName, argument, "must be an array of sizes", describe(shape));
  let size = 1;
  for (let axis = 0; axis < shape.length; axis++) {
    const extent: unknown = shape[axis];
    if (typeof extent !== "number" || !Number.isSafeInteger(extent) || extent < 0) {
      throw new ShapeError(functionName, argument, "must hold integers from 0 up", formatShape(shape));
    }
    size *= extent;
  }
  if (!Number.isSafeInteger(size)) {
    throw new ShapeError(functionName, argument, "must have fewer than 2^53 elements", formatShape(shape));
  }
}

/** An optional parameter: a tensor of exactly `shape`, or a bare typed array of as many elements. */
export function parameterOf(
  functionName: string,
  argument: string,
  value: unknown,
  shape: readonly number[],
  store: Store,
): Operand | undefined {
  if (value === undefined || value === null) return undefined;
  if (ArrayBuffer.isView(value)) {
    dtypeOf(functionName, argument, value);
    const data = value as TypedArray;
    if (data.length !== sizeOf(shape)) {
      throw new ShapeError(functionName, argument, `must have ${sizeOf(shape)} elements`, String(data.length));
    }
    return hostOperand(functionName, argument, data, shape, store);
  }
  const operand = operandOf(functionName, argument, value, store);
  if (!sameShape(operand.shape, shape)) {
    throw new ShapeError(functionName, argument, `must have shape ${formatShape(shape)}`, formatShape(operand.shape));
  }
  return operand;
}

/** A parameter that is not optional. */
export function requiredParameterOf(
  functionName: string,
  argument: string,
  value: unknown,
  shape: readonly number[],
  store: Store,
): Operand {
  const operand = parameterOf(functionName, argument, value, shape, store);
  if (operand) return operand;
  throw new ArgumentError(functionName, argument, `must be given, with shape ${formatShape(shape)}`, describe(value));
}

/** eps: any number but NaN. Negative ones are legal, as in PyTorch. */
export function epsOf(functionName: string, eps: unknown): number {
  if (eps === undefined) return 1e-5;
  if (typeof eps === "number" && !Number.isNaN(eps)) return eps;
  throw new ArgumentError(functionName, "eps", "must be a number", describe(eps));
}

const none = {};

/** An options argument: an object with no other keys than `keys`, or nothing. A misspelt option must not be ignored. */
export function optionsOf<Options extends object>(
  functionName: string,
  options: Options | undefined,
  keys: readonly string[],
): Partial<Options> {
  if (options === undefined) return none;
  if (typeof options !== "object" || options === null) {
    throw new ArgumentError(functionName, "options", "must be an object", describe(options));
  }
  for (const key in options) {
    if (!keys.includes(key)) {
      throw new ArgumentError(functionName, "options", `must be among ${keys.join(", ")}`, key);
    }
  }
  return options;
}
