import { describe } from "../../dtype.js";
import { ArgumentError } from "../../errors.js";
import { Tensor, type TensorLike } from "../../tensor.js";
import { named } from "../engine.js";
import { stridedCopy, stridesOf } from "../strided.js";
import { dimensionOf, type Method, methodOf, type NormalizationOptions, scaleAndBias } from "./operands.js";

/** Options of layerNormalization. */
export interface LayerNormalizationOptions extends NormalizationOptions {
  /** The dimensions that share statistics, in any order; none if empty. Default: all but the first. */
  axes?: readonly number[];
}

/**
 * Layer normalisation over any dimensions.
 *
 * @param input any shape
 * @param options scale and bias have the input's sizes at the axes, in the order of the axes
 * @returns the input's shape and dtype; host for a host input, resident for a resident one
 * @throws ShapeError, DTypeError, ArgumentError, DisposedError, OutOfMemoryError
 * @see MLGraphBuilder.layerNormalization, https://www.w3.org/TR/webnn
 */
export function layerNormalization(input: TensorLike, options?: LayerNormalizationOptions): Tensor {
  const name = "layerNormalization";
  return named(name, () => {
    const method = methodOf(name, input, options, ["axes"]);
    const { sizes } = method.input;
    const axes = axesOf(method);
    const shape = axes.map((axis) => sizes[axis]);
    const { weight, bias } = scaleAndBias(method, shape);
    const ascending = axes.map((_, index) => index).sort((a, b) => axes[a] - axes[b]);
    return method.engine.standardize(
      method.input,
      ascending.map((index) => axes[index]),
      { weight: weight && transposed(weight, ascending), bias: bias && transposed(bias, ascending), eps: method.eps },
    );
  });
}

function axesOf(method: Method<LayerNormalizationOptions>): readonly number[] {
  const { axes } = method.options;
  if (axes === undefined) return method.input.sizes.map((_, axis) => axis).slice(1);
  if (!Array.isArray(axes)) throw new ArgumentError(method.name, "axes", "must be an array", describe(axes));
  const dimensions = Array.from(axes as unknown[], (axis) => dimensionOf(method, "axes", axis));
  const again = dimensions.find((axis, index) => dimensions.indexOf(axis) < index);
  if (again === undefined) return dimensions;
  throw new ArgumentError(method.name, "axes", "must name each dimension once", `${again} again`);
}

/** A parameter with its dimensions in another order. */
function transposed(parameter: Tensor, order: readonly number[]): Tensor {
  if (order.every((dimension, index) => dimension === index)) return parameter;
  const { data, sizes, format } = parameter;
  const strides = stridesOf(sizes);
  const shape = order.map((dimension) => sizes[dimension]);
  const copy = stridedCopy(
    data,
    format,
    shape,
    order.map((dimension) => strides[dimension]),
  );
  return Tensor.host(copy, shape, format);
}
