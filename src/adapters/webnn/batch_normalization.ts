import { sizeOf } from "../../shape.js";
import type { Tensor, TensorLike } from "../../tensor.js";
import { batchNormOf } from "../channels.js";
import { named } from "../engine.js";
import { dimensionOf, methodOf, type NormalizationOptions, operandOfShape, scaleAndBias } from "./operands.js";

/** Options of batchNormalization. */
export interface BatchNormalizationOptions extends NormalizationOptions {
  /** The dimension of the channels. Default 1. */
  axis?: number;
}

/**
 * Batch normalisation by given statistics.
 *
 * @param input any shape that has the axis
 * @param mean one value for each of the C channels, of shape [C] and the input's dtype
 * @param variance likewise
 * @param options scale and bias have shape [C]
 * @returns the input's shape and dtype; host for a host input, resident for a resident one
 * @throws ShapeError, DTypeError, ArgumentError, DisposedError, OutOfMemoryError
 * @see MLGraphBuilder.batchNormalization, https://www.w3.org/TR/webnn
 */
export function batchNormalization(
  input: TensorLike,
  mean: TensorLike,
  variance: TensorLike,
  options?: BatchNormalizationOptions,
): Tensor {
  const name = "batchNormalization";
  return named(name, () => {
    const method = methodOf(name, input, options, ["axis"]);
    const { engine, input: x, eps } = method;
    const axis = dimensionOf(method, "axis", method.options.axis ?? 1);
    const channels = [x.sizes[axis]];
    const runningMean = operandOfShape(method, "mean", mean, channels);
    const runningVar = operandOfShape(method, "variance", variance, channels);
    const parameters = { runningMean, runningVar, ...scaleAndBias(method, channels), eps };
    if (axis === 1) return engine.batchNorm(x, parameters);
    const shape = [sizeOf(x.sizes.slice(0, axis)), ...channels, sizeOf(x.sizes.slice(axis + 1))];
    return batchNormOf(engine, name, x, shape, parameters);
  });
}
