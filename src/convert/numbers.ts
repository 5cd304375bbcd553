// Parameters as numbers, and tensors of numbers.

import type { Format } from "../dtype.js";
import { numbersOf, writeNumbers } from "../elements.js";
import { ownOperand } from "../ops/operand.js";
import type { TensorLike } from "../tensor.js";
import type { Parameter } from "./operands.js";

/** A parameter's elements. Not to be written to. */
export function numbersIn({ data, format }: Parameter): ArrayLike<number> {
  return numbersOf(ownOperand(data, [data.length], format));
}

/** A tensor of numbers, each rounded to the dtype once. */
export function tensorFrom(numbers: ArrayLike<number>, shape: readonly number[], format: Format): TensorLike {
  const data = new format.Array!(numbers.length);
  writeNumbers(ownOperand(data, [numbers.length], format), Float64Array.from(numbers));
  return { data, shape, dtype: format.dtype };
}
