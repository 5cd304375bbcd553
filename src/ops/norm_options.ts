import type { TypedArray } from "../dtype.js";
import type { TensorLike } from "../tensor.js";
import { optionsOf } from "./operand.js";

/** The options that every layer with statistics has; each documents what its weight and bias are. */
export interface NormOptions {
  weight?: TensorLike | TypedArray | null;
  bias?: TensorLike | TypedArray | null;
  eps?: number;
  out?: TensorLike;
}

/** Those options, each read once and not yet checked. */
export function normOptionsOf(functionName: string, options: NormOptions | undefined): NormOptions {
  return optionsOf(functionName, options, read);
}

function read({ weight, bias, eps, out }: NormOptions): NormOptions {
  return { weight, bias, eps, out };
}
