import type { Store } from "../engine/store.js";
import { ArgumentError, ShapeError, UnsupportedError } from "../errors.js";
import { formatShape, sameShape, sizeOf } from "../shape.js";
import { Tensor } from "../tensor.js";
import { type Operand, operandOf } from "./operand.js";

/** What makes tensors: an engine. */
export interface TensorFactory {
  readonly store: Store;
  /** A new resident tensor, not initialised. */
  allocate(functionName: string, shape: readonly number[]): Tensor;
}

/** The user's `out`, checked, as an operand and as what is returned. */
export interface Output {
  readonly operand: Operand;
  readonly tensor: Tensor;
}

/** A new tensor with x's home: host for host, resident for resident. */
export function outputLike(
  factory: TensorFactory,
  functionName: string,
  home: Operand,
  shape: readonly number[],
): Tensor {
  if (home.offset >= 0) return factory.allocate(functionName, shape);
  const size = sizeOf(shape);
  try {
    return Tensor.host(new Float32Array(size), shape);
  } catch {
    throw new UnsupportedError(functionName, "output", "must fit a typed array of this platform", `${size} elements`);
  }
}

/**
 * The tensor to write into: `out`, or a new one. `out` has x's shape, dtype and home; it may be exactly x, and
 * overlaps no input otherwise.
 */
export function outputOf(
  factory: TensorFactory,
  functionName: string,
  out: unknown,
  x: Operand,
  inputs: readonly (readonly [string, Operand | undefined])[],
): Output {
  if (out === undefined || out === null) {
    const tensor = outputLike(factory, functionName, x, x.shape);
    return { operand: tensor, tensor };
  }
  const operand = operandOf(functionName, "out", out, factory.store);
  checkOut(functionName, operand, x, inputs);
  if (out instanceof Tensor) return { operand, tensor: out };
  const { data, shape, offset } = operand;
  const tensor = offset < 0 ? Tensor.host(data, shape) : Tensor.resident(factory.store, offset, shape, false);
  return { operand, tensor };
}

function checkOut(
  functionName: string,
  out: Operand,
  x: Operand,
  inputs: readonly (readonly [string, Operand | undefined])[],
): void {
  if (!sameShape(out.shape, x.shape)) {
    throw new ShapeError(functionName, "out", `must have shape ${formatShape(x.shape)}`, formatShape(out.shape));
  }
  if (out.offset < 0 !== x.offset < 0) {
    throw new ArgumentError(functionName, "out", `must be ${home(x)}, as x is`, `a ${home(out)} tensor`);
  }
  if (overlaps(out, x) && !sameBytes(out, x)) {
    throw new ArgumentError(functionName, "out", "must be x itself or not overlap it", "a partial overlap with x");
  }
  for (const [name, input] of inputs) {
    if (input && overlaps(out, input)) {
      throw new ArgumentError(functionName, "out", `must not overlap ${name}`, `an overlap with ${name}`);
    }
  }
}

function home(operand: Operand): string {
  return operand.offset < 0 ? "host" : "resident";
}

function overlaps(a: Operand, b: Operand): boolean {
  const p = a.data;
  const q = b.data;
  return (
    p.buffer === q.buffer && p.byteOffset < q.byteOffset + q.byteLength && q.byteOffset < p.byteOffset + p.byteLength
  );
}

function sameBytes(a: Operand, b: Operand): boolean {
  return a.data.byteOffset === b.data.byteOffset && a.data.byteLength === b.data.byteLength;
}
