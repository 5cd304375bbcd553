import { describe, formatOfData, lengthOf, type TypedArray } from "../dtype.js";
import { ArgumentError } from "../errors.js";
import { checkLength, type Operand, ownOperand, reading, shapeOf } from "../ops/operand.js";
import { Tensor, type TensorLike } from "../tensor.js";

/** A tensor argument that TypeScript alone reads: host, or resident in whichever engine. */
export function readable(functionName: string, argument: string, value: unknown): Operand {
  if (Tensor.is(value)) {
    value.assertAlive(functionName, argument);
    return value;
  }
  const { data, shape, dtype } = reading(functionName, argument, () => {
    const { data, shape, dtype } = (value ?? {}) as Partial<TensorLike>;
    return { data, shape, dtype };
  });
  if (data === undefined || shape === undefined)
    throw new ArgumentError(functionName, argument, "must be a tensor: { data, shape }", describe(value));
  const format = formatOfData(functionName, `${argument}.data`, data, dtype);
  const sizes = shapeOf(functionName, `${argument}.shape`, shape);
  checkLength(functionName, argument, lengthOf(data as TypedArray), sizes);
  return ownOperand(data, sizes, format);
}
