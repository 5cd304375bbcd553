import { describe, type DType, formatOfData, lengthOf, type TypedArray } from "../dtype.js";
import { ArgumentError, ShapeError } from "../errors.js";
import { shapeOf } from "../ops/operand.js";
import { formatShape, sizeOf } from "../shape.js";
import { Tensor, type TensorLike } from "../tensor.js";
import { mostDimensions } from "./limits.js";

/** A checked tensor as its bytes. */
export interface Written {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** A view of the tensor's own data, in the engine's memory if that is where it is: read it before anything else runs. */
  readonly bytes: Uint8Array;
}

/** What a writer needs of a tensor, host or resident. Throws ArgumentError, DisposedError, DTypeError, ShapeError. */
export function writtenOf(functionName: string, argument: string, tensor: TensorLike): Written {
  if (Tensor.is(tensor)) tensor.assertAlive(functionName, argument);
  const { data, shape, dtype } = (tensor ?? {}) as Partial<TensorLike>;
  if (data === undefined || shape === undefined)
    throw new ArgumentError(functionName, argument, "must be a tensor: { data, shape }", describe(tensor));
  const format = formatOfData(functionName, `${argument}.data`, data, dtype);
  const sizes = checkedShape(functionName, `${argument}.shape`, shape, lengthOf(data));
  return { dtype: format.dtype, shape: sizes, bytes: bytesOfData(data) };
}

function checkedShape(functionName: string, argument: string, shape: unknown, length: number): readonly number[] {
  const sizes = shapeOf(functionName, argument, shape);
  if (sizeOf(sizes) !== length)
    throw new ShapeError(functionName, argument, `must describe ${length} elements`, formatShape(sizes));
  if (sizes.length > mostDimensions)
    throw new ShapeError(functionName, argument, `must have at most ${mostDimensions} sizes`, String(sizes.length));
  return sizes;
}

function bytesOfData({ buffer, byteOffset, byteLength }: TypedArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
