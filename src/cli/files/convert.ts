import { computeFormat, type DType, formatOfDType } from "../../dtype.js";
import { computeArray, numbersOf } from "../../elements.js";
import { ownOperand } from "../../ops/operand.js";
import type { TensorLike } from "../../tensor.js";

/**
 * A parameter as an x of dtype `like` takes it: as it is where it may be, otherwise in what x is computed in. `note` says
 * what that changed, absent when nothing.
 */
export function asParameter(tensor: TensorLike, like: DType): { tensor: TensorLike; note?: string } {
  const { data, shape, dtype } = tensor;
  const format = formatOfDType("lanenorm", dtype);
  const target = computeFormat(formatOfDType("lanenorm", like));
  if (dtype === like || dtype === target.dtype) return { tensor };
  const numbers = numbersOf(ownOperand(data, shape, format));
  const converted = computeArray(target, numbers.length);
  converted.set(numbers);
  const note = format.bytes > target.bytes ? roundingNote(numbers, converted) : undefined;
  return { tensor: { data: converted, shape, dtype: target.dtype }, note };
}

function roundingNote(wide: ArrayLike<number>, narrow: ArrayLike<number>): string {
  let overflows = 0;
  for (let i = 0; i < wide.length; i++) if (!Number.isFinite(narrow[i]) && Number.isFinite(wide[i])) overflows++;
  const lost = overflows === 0 ? "" : `; ${overflows} beyond its range became infinite`;
  return `float64 was rounded to float32${lost}`;
}
