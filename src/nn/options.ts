// What the modules' constructors check.

import { type Format, formatOfDType, quote } from "../dtype.js";
import { DTypeError, ShapeError } from "../errors.js";
import { shapeOf } from "../ops/operand.js";
import { formatShape, sizeOf } from "../shape.js";
import { Tensor } from "../tensor.js";
import { Parameter, type ParameterArray } from "./parameter.js";

/** A parameter of a module's own, all of whose elements are `value`. */
export function filledParameter(shape: readonly number[], format: Format, value: number): Parameter {
  return new Parameter(filled(shape, format, value), shape);
}

/** A tensor of a module's own, all of whose elements are `value`. */
export function filledTensor(shape: readonly number[], format: Format, value: number): Tensor<ParameterArray> {
  return Tensor.host(filled(shape, format, value), shape, format) as Tensor<ParameterArray>;
}

function filled(shape: readonly number[], format: Format, value: number): ParameterArray {
  return (new format.Array!(sizeOf(shape)) as ParameterArray).fill(value);
}

/** The format of a module's parameters: float32 unless said. */
export function parameterFormatOf(functionName: string, dtype: unknown): Format {
  const format = formatOfDType(functionName, dtype === undefined ? "float32" : dtype);
  if (format.bytes > 2) return format;
  // In 16 bits, what an optimiser adds is mostly rounded away.
  throw new DTypeError(functionName, "dtype", 'must be "float32" or "float64"', quote(dtype));
}

/** The sizes of the last axes, which a layer normalises over. */
export function normalizedShapeOf(functionName: string, given: unknown): readonly number[] {
  const sizes = shapeOf(functionName, "normalizedShape", typeof given === "number" ? [given] : given);
  if (sizes.length > 0) return sizes;
  throw new ShapeError(functionName, "normalizedShape", "must have one or more sizes", formatShape(sizes));
}

/** An x of 16 bits goes with parameters of float32; else both are of one dtype. */
export function checkDType(functionName: string, x: Tensor, parameters: Format): void {
  if (x.format.compute === parameters.compute) return;
  const expected = `must have dtype "${parameters.dtype}", as the module has`;
  throw new DTypeError(functionName, "x", expected, `"${x.dtype}"`);
}

/** Checks that axis `axis` of x has the module's channels. */
export function checkChannels(functionName: string, x: Tensor, axis: number, channels: number): void {
  if (x.sizes[axis] === channels) return;
  const expected = `must have ${channels} channels at axis ${axis}`;
  throw new ShapeError(functionName, "x", expected, formatShape(x.sizes));
}

/** Checks the number of x's dimensions; `described` says what they are. */
export function checkRank(functionName: string, x: Tensor, ranks: readonly number[], described: string): void {
  if (ranks.includes(x.sizes.length)) return;
  throw new ShapeError(functionName, "x", `must have shape ${described}`, formatShape(x.sizes));
}
