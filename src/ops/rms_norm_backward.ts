import type { TypedArray } from "../dtype.js";
import { sizeOf } from "../shape.js";
import type { TensorLike } from "../tensor.js";
import {
  type AnyGradients,
  type Gradients,
  gradOutputOf,
  type GradientsOut,
  makeGradients,
  maskOf,
  type NotRead,
  statisticOf,
  weightOf,
} from "./gradients.js";
import type { NormalizeContext } from "./normalize_groups.js";
import { statisticsShapeOf, trailingShape } from "./normalized_shape.js";
import { operandOf, optionsOf } from "./operand.js";

/** Whether the gradients of x and of weight are wanted; that of a bias, which RMS norm has not, may be said not to be. */
export type RmsOutputMask = readonly [input: boolean, weight: boolean, bias?: false];

/** Options of rmsNormBackward. */
export interface RmsNormBackwardOptions<Mask extends RmsOutputMask = RmsOutputMask> extends NotRead {
  /** 1 / sqrt(mean(x^2) + eps) of each group, as nativeRmsNorm returns it. */
  rstd: TensorLike | TypedArray;
  /** The weight of the forward call; 1 where missing. */
  weight?: TensorLike | TypedArray | null;
  /** [input, weight]: which gradients are wanted. Default both, also that of a weight that is missing. */
  outputMask?: Mask;
  /** Where to write. */
  out?: Omit<GradientsOut, "gradBias">;
}

/** Gradients of RMS norm; null for those that `outputMask` leaves out. */
export type RmsGradients<
  Data extends TypedArray = TypedArray,
  Mask extends RmsOutputMask = readonly [true, true],
> = Omit<Gradients<Data, readonly [Mask[0], Mask[1], false]>, "gradBias">;

/** rmsNormBackward of the API, on an engine. */
export function rmsNormBackward(
  context: NormalizeContext,
  gradOutput: TensorLike,
  x: TensorLike,
  normalizedShape: number | readonly number[],
  options: RmsNormBackwardOptions,
): Omit<AnyGradients, "gradBias"> {
  const functionName = "rmsNormBackward";
  const { store, backend } = context;
  const { rstd, weight, outputMask, out } = optionsOf(functionName, options, read);
  const input = operandOf(functionName, "x", x, store);
  const parameterShape = trailingShape(functionName, normalizedShape, input.sizes);
  const statisticsShape = statisticsShapeOf(input.sizes, normalizedShape);
  const inputs = {
    gradOutput: gradOutputOf(functionName, gradOutput, input, store),
    x: input,
    rstd: statisticOf(functionName, "rstd", rstd, statisticsShape, input, store),
    weight: weightOf(functionName, "weight", weight, parameterShape, input, store),
  };
  const mask = maskOf(functionName, outputMask, false);
  const call = { functionName, inputs, mask, parameterShape, out, count: 2 };
  const { gradInput, gradWeight } = makeGradients(context, call, (gradients) => {
    const n = sizeOf(parameterShape);
    backend.rowsBackward({ functionName, rows: input.size / n, n, mean: undefined, ...inputs, ...gradients });
  });
  return { gradInput, gradWeight };
}

function read(options: Partial<RmsNormBackwardOptions>): Partial<RmsNormBackwardOptions> {
  const { rstd, weight, outputMask, out, output } = options;
  return { rstd, weight, outputMask, out, output };
}
