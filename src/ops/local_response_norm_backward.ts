import type { TensorLike } from "../tensor.js";
import { gradOutputOf, type GradInput, type GradInputOut, makeGradInput } from "./gradients.js";
import { type LocalResponseNormOptions, responseOf } from "./local_response_norm.js";
import type { NormalizeContext } from "./normalize_groups.js";
import { operandOf, optionsOf } from "./operand.js";

/** Options of localResponseNormBackward: those of the forward call, and where to write. */
export interface LocalResponseNormBackwardOptions extends Omit<LocalResponseNormOptions, "out"> {
  /** Where to write: x's shape, dtype and home; may be exactly gradOutput or x. */
  out?: GradInputOut;
}

/** localResponseNormBackward of the API, on an engine. */
export function localResponseNormBackward(
  context: NormalizeContext,
  gradOutput: TensorLike,
  x: TensorLike,
  size: number,
  options?: LocalResponseNormBackwardOptions,
): GradInput {
  const functionName = "localResponseNormBackward";
  const { store, backend } = context;
  const { alpha, beta, k, layout, out } = optionsOf(functionName, options, read);
  const input = operandOf(functionName, "x", x, store);
  const inputs = { gradOutput: gradOutputOf(functionName, gradOutput, input, store), x: input };
  const job = { functionName, ...responseOf(functionName, input, size, { alpha, beta, k, layout }), ...inputs };
  return makeGradInput(context, functionName, inputs, out, (gradInput) => {
    backend.localResponseBackward({ ...job, gradInput });
  });
}

function read(options: LocalResponseNormBackwardOptions): LocalResponseNormBackwardOptions {
  const { alpha, beta, k, layout, out } = options;
  return { alpha, beta, k, layout, out };
}
