import { computeFormat } from "../../dtype.js";
import { computeArray, numbersOf } from "../../elements.js";
import { Tensor } from "../../tensor.js";
import { reshaped } from "../engine.js";

/** A parameter of any dtype and shape as the list of numbers that kernels take for an x: rounded, if it has to be. */
export function fitted(parameter: Tensor, x: Tensor): Tensor {
  const format = computeFormat(x.format);
  const { size, dtype } = parameter;
  if (dtype === x.dtype || dtype === format.dtype) return reshaped(parameter, [size]);
  const data = computeArray(format, size);
  data.set(numbersOf(parameter));
  return Tensor.host(data, [size], format);
}
