// What SkipLayerNormalization and SkipSimplifiedLayerNormalization share.

import { ShapeError } from "../../errors.js";
import { formatShape, sameShape } from "../../shape.js";
import type { Tensor } from "../../tensor.js";
import { newTensor } from "../engine.js";
import type { Call } from "./call.js";
import { fitted } from "./parameters.js";
import { sumOf } from "./skip.js";
import { cast } from "./stash_type.js";

/** Attributes of SkipLayerNormalization and SkipSimplifiedLayerNormalization. */
export interface SkipLayerNormalizationAttributes {
  /** Added to the variance, or to the mean square. Default 1e-12. */
  epsilon?: number;
}

/** Outputs of either operator. */
export const skipLayerOutputs = ["output", "mean", "inv_std_var", "input_skip_bias_sum"];

/** How the sum is normalised, with its statistics. */
type Normalize = (
  sum: Tensor,
  hidden: readonly number[],
  parameters: { weight: Tensor; bias: Tensor | undefined; eps: number; out: Tensor | undefined },
) => Record<"output" | "mean" | "rstd", Tensor>;

/** Adds up input, skip and bias, and normalises the rows of the sum; `bias` and `beta` are indices of inputs. */
export function skipLayer(call: Call, normalize: Normalize, bias: number, beta?: number): Tensor[] {
  const input = call.tensor(0, 2, 3);
  const hidden = input.sizes.slice(-1);
  const skip = skipOf(call, input);
  const gamma = call.parameter(2, hidden, input)!;
  const [addend, shift] = [bias, beta].map((index) => index && call.parameter(index, hidden, input)) as (
    Tensor | undefined
  )[];
  const eps = call.number("epsilon", 1e-12);
  return call.engine.scope(() => {
    const { wide, output: total } = sumOf(call, input, addend ? [skip, addend] : [skip], call.outputs > 3);
    const parameters = { weight: fitted(gamma, wide), bias: shift && fitted(shift, wide), eps };
    // In place, unless the sum itself is wanted.
    const { output, mean, rstd } = normalize(wide, hidden, { ...parameters, out: total === wide ? undefined : wide });
    return [cast(call, output, input.format), mean, rstd, ...(total ? [total] : [])].slice(0, call.outputs);
  });
}

/** Skip: of input's shape, or without its batch. */
function skipOf(call: Call, input: Tensor): Tensor {
  const skip = call.tensor(1);
  call.checkDType(1, skip, input);
  const { sizes } = input;
  const shapes = sizes.length === 2 ? [sizes] : [sizes, [1, ...sizes.slice(1)], sizes.slice(1)];
  if (shapes.some((shape) => sameShape(skip.sizes, shape))) return skip;
  const expected = `must have shape ${shapes.map(formatShape).join(" or ")}`;
  throw new ShapeError(call.name, call.inputName(1), expected, formatShape(skip.sizes));
}

/** The mean of a normalisation without one. */
export function zerosLike(call: Call, tensor: Tensor): Tensor {
  const zeros = newTensor(call.engine, call.name, tensor, tensor.sizes);
  (zeros.data as Float32Array).fill(0);
  return zeros;
}
