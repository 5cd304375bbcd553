import type { TensorLike } from "../tensor.js";
import { gradOutputOf, type GradInput, type GradInputOut, makeGradInput } from "./gradients.js";
import { exponentOf, lineOf, type NormalizeOptions } from "./normalize.js";
import type { NormalizeContext } from "./normalize_groups.js";
import { numberOf, operandOf, optionsOf } from "./operand.js";

/** Options of normalizeBackward: those of the forward call, and where to write. */
export interface NormalizeBackwardOptions extends Omit<NormalizeOptions, "out"> {
  /** Where to write: x's shape, dtype and home; may be exactly gradOutput or x. */
  out?: GradInputOut;
}

/** normalizeBackward of the API, on an engine. */
export function normalizeBackward(
  context: NormalizeContext,
  gradOutput: TensorLike,
  x: TensorLike,
  options?: NormalizeBackwardOptions,
): GradInput {
  const functionName = "normalizeBackward";
  const { store, backend } = context;
  const { p, dim, eps, out } = optionsOf(functionName, options, read);
  const input = operandOf(functionName, "x", x, store);
  const inputs = { gradOutput: gradOutputOf(functionName, gradOutput, input, store), x: input };
  const job = {
    functionName,
    ...lineOf(functionName, input, dim),
    p: exponentOf(functionName, p),
    eps: numberOf(functionName, "eps", eps, 1e-12),
    ...inputs,
  };
  return makeGradInput(context, functionName, inputs, out, (gradInput) => backend.powerBackward({ ...job, gradInput }));
}

function read({ p, dim, eps, out }: NormalizeBackwardOptions): NormalizeBackwardOptions {
  return { p, dim, eps, out };
}
