import type { Format } from "../dtype.js";
import type { Store } from "../engine/store.js";
import { ArgumentError, DTypeError, ShapeError, UnsupportedError } from "../errors.js";
import { formatShape, sameShape, sizeOf } from "../shape.js";
import { Tensor } from "../tensor.js";
import { type Operand, operandOf } from "./operand.js";

/** What makes tensors: an engine. */
export interface TensorFactory {
  readonly store: Store;
  /** A new resident tensor, not initialised. */
  allocate(functionName: string, shape: readonly number[], format: Format): Tensor;
}

/** A new tensor with x's home: host for host, resident for resident; and x's format, or another. */
export function outputLike(
  factory: TensorFactory,
  functionName: string,
  x: Operand,
  shape: readonly number[],
  format = x.format,
): Tensor {
  if (x.offset >= 0) return factory.allocate(functionName, shape, format);
  const size = sizeOf(shape);
  try {
    return Tensor.host(new format.Array!(size), shape, format);
  } catch {
    throw new UnsupportedError(functionName, "output", "must fit a typed array of this platform", `${size} elements`);
  }
}

/** A checked call of an op, but for its `out`. */
export interface OutputCall {
  readonly functionName: string;
  readonly x: Operand;
  readonly weight?: Operand | undefined;
  readonly bias?: Operand | undefined;
  readonly out: unknown;
}

/**
 * Runs an op into its `out`, checked but for inputs that are neither weight nor bias, or into a new tensor. Returns what it
 * wrote to: for an `out` that is no Tensor, one over the same data.
 */
export function withOutput<Context extends TensorFactory, Call extends OutputCall>(
  context: Context,
  call: Call,
  run: (context: Context, call: Call, out: Operand) => void,
): Tensor {
  const { functionName, x, out } = call;
  if (out !== undefined && out !== null) {
    const operand = checkedOut(call, context.store);
    run(context, call, operand);
    return asTensor(out, operand, context.store);
  }
  const output = outputLike(context, functionName, x, x.sizes);
  try {
    run(context, call, output);
    return output;
  } catch (error) {
    output.dispose();
    throw error;
  }
}

/** Makes tensors of x's home. */
export type MakeTensor = (shape: readonly number[], format: Format) => Tensor;

/** Runs `use`; the tensors it makes are freed if it throws. */
export function makingTensors<Result>(
  factory: TensorFactory,
  { functionName, x }: Omit<OutputCall, "out">,
  use: (make: MakeTensor) => Result,
): Result {
  const made: Tensor[] = [];
  try {
    return use((shape, format) => {
      const tensor = outputLike(factory, functionName, x, shape, format);
      made.push(tensor);
      return tensor;
    });
  } catch (error) {
    for (const tensor of made) tensor.dispose();
    throw error;
  }
}

/** The user's `out`, checked: x's shape, dtype and home; exactly x, or without overlap with it, weight and bias. */
export function checkedOut({ functionName, x, weight, bias, out }: OutputCall, store: Store): Operand {
  const operand = operandOf(functionName, "out", out, store);
  checkTensor(functionName, "out", operand, x.sizes, x.format, x);
  checkSameOrApart(functionName, operand, "x", x);
  checkApart(functionName, operand, "weight", weight);
  checkApart(functionName, operand, "bias", bias);
  return operand;
}

/** Throws unless a tensor has a shape, the dtype of `format`, which is `whose`, and x's home. */
export function checkTensor(
  functionName: string,
  argument: string,
  operand: Operand,
  shape: readonly number[],
  { dtype }: Format,
  x: Operand,
  whose = "x",
): void {
  if (!sameShape(operand.sizes, shape)) {
    throw new ShapeError(functionName, argument, `must have shape ${formatShape(shape)}`, formatShape(operand.sizes));
  }
  if (operand.format.dtype !== dtype) {
    const expected = `must have dtype "${dtype}", as ${whose} has`;
    throw new DTypeError(functionName, argument, expected, `"${operand.format.dtype}"`);
  }
  if (operand.offset < 0 !== x.offset < 0) {
    throw new ArgumentError(functionName, argument, `must be ${home(x)}, as x is`, `a ${home(operand)} tensor`);
  }
}

/** Throws ArgumentError if what is written overlaps an input of its size in another way than being it. */
export function checkSameOrApart(
  functionName: string,
  written: Operand,
  argument: string,
  input: Operand,
  name = "out",
): void {
  if (overlap(written, input) && addressOf(written) !== addressOf(input)) {
    const expected = `must be ${argument} itself or not overlap it`;
    throw new ArgumentError(functionName, name, expected, `a partial overlap with ${argument}`);
  }
}

/** Throws ArgumentError if what is written, `out` or another argument, overlaps an input that is not x. */
export function checkApart(
  functionName: string,
  written: Operand,
  argument: string,
  input: Operand | undefined,
  name = "out",
): void {
  if (input && overlap(written, input)) {
    throw new ArgumentError(functionName, name, `must not overlap ${argument}`, `an overlap with ${argument}`);
  }
}

/** What is returned for a checked `out`: itself if it is a Tensor, or else a Tensor over the same data. */
export function asTensor(out: unknown, operand: Operand, store: Store): Tensor {
  if (Tensor.is(out)) return out;
  const { data, sizes, offset, format } = operand;
  return offset < 0 ? Tensor.host(data, sizes, format) : Tensor.resident(store, offset, sizes, format, false);
}

function home(operand: Operand): string {
  return operand.offset < 0 ? "host" : "resident";
}

function overlap(a: Operand, b: Operand): boolean {
  if (a.size === 0 || b.size === 0 || a.offset < 0 !== b.offset < 0) return false;
  if (a.offset < 0 && a.data.buffer !== b.data.buffer) return false;
  const p = addressOf(a);
  const q = addressOf(b);
  return p < q + b.size * b.format.bytes && q < p + a.size * a.format.bytes;
}

/** Bytes from the start of the operand's buffer. */
function addressOf(operand: Operand): number {
  return operand.offset >= 0 ? operand.offset : operand.data.byteOffset;
}
