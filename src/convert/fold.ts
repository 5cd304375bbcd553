import { describe, type TypedArray } from "../dtype.js";
import { ArgumentError, ShapeError } from "../errors.js";
import { formatShape } from "../shape.js";
import type { TensorLike } from "../tensor.js";
import { show } from "./kinds.js";
import { numbersIn, tensorFrom } from "./numbers.js";
import {
  type ConvertedParameters,
  type NormParameters,
  type Parameter,
  readParameter,
  readParameters,
} from "./operands.js";

/** A linear layer, or a convolution of size 1: `y = weight x + bias`. */
export interface LinearParameters {
  /** `[out, in]`, or of a convolution `[out, in, 1, ...]`. */
  readonly weight: TensorLike;
  /** `[out]`; null or missing where there is none. */
  readonly bias?: TensorLike | TypedArray | null;
}

/** A linear layer that has taken another's parameters over. */
export interface FoldedParameters extends ConvertedParameters {
  readonly weight: TensorLike;
}

/**
 * The linear layer that does to normalised elements what `linear` does to them after scale and bias:
 * `W (g * x + b) + c` is `W' x + c'` with `W' = W diag(g)` and `c' = W b + c`. So the normalisation before it may drop its
 * parameters; docs/equivalence.md says for which weights two networks are then the same. Computed in float64 and rounded
 * once.
 *
 * @param norm weight g and bias b of as many elements as `linear` has inputs, in their order: of any shape, as the linear
 *   layer sees it flattened. Parameters per channel before a flattened input `[C, ...spatial]` come from
 *   `groupNormToLayerNorm`. One that is null or missing is 1 or 0.
 * @param linear weight `[out, in]` and bias `[out]`; a bias that is missing is 0
 * @returns weight `[out, in]` and bias `[out]` in new arrays of linear's dtypes; the bias is null if both are missing
 * @throws ShapeError, DTypeError, ArgumentError
 */
export function foldIntoLinear(norm: NormParameters, linear: LinearParameters): FoldedParameters {
  return fold("foldIntoLinear", norm, linear, "[out, in]", (shape) => shape.length === 2);
}

/**
 * As `foldIntoLinear`, for a convolution of size 1 behind a normalisation with parameters per channel. The convolution must
 * not be grouped, and if b is not 0 it must not pad: b is not added to a border of zeros.
 *
 * @param norm weight g and bias b of shape `[in]`
 * @param convolution weight `[out, in, 1, ...]`, of any number of spatial axes, and bias `[out]`
 * @returns as foldIntoLinear
 * @throws ShapeError, also for parameters that vary over locations, which all share the weights; DTypeError, ArgumentError
 */
export function foldIntoConv1x1(norm: NormParameters, convolution: LinearParameters): FoldedParameters {
  const isPointwise = (shape: readonly number[]) => shape.length > 2 && shape.slice(2).every((size) => size === 1);
  return fold("foldIntoConv1x1", norm, convolution, "[out, in, 1, ...]", isPointwise);
}

function fold(
  functionName: string,
  norm: NormParameters,
  linear: LinearParameters,
  described: string,
  fits: (shape: readonly number[]) => boolean,
): FoldedParameters {
  const { weight: g, bias: b } = readParameters(functionName, norm);
  const { weight, bias: c } = readLinear(functionName, linear);
  if (weight.shape === null || !fits(weight.shape))
    throw new ShapeError(functionName, "linear.weight", `must have shape ${described}`, shapeText(weight));
  const [outputs, inputs] = weight.shape;
  if (c !== null) requireElements(functionName, c, outputs);
  for (const parameter of [g, b]) if (parameter !== null) requireElements(functionName, parameter, inputs);

  const matrix = numbersIn(weight);
  const scales = g && numbersIn(g);
  const offset = c && numbersIn(c);
  const scaled = Float64Array.from(matrix, (value, index) => value * (scales ? scales[index % inputs] : 1));
  const moved = b && product(matrix, numbersIn(b), outputs).map((sum, row) => sum + (offset ? offset[row] : 0));
  const biasFormat = c ? c.format : weight.format;
  const newBias = moved ?? offset;
  return {
    weight: tensorFrom(scaled, weight.shape, weight.format),
    bias: newBias && tensorFrom(newBias, [outputs], biasFormat),
  };
}

/** A matrix of `rows` rows times a vector. */
function product(matrix: ArrayLike<number>, vector: ArrayLike<number>, rows: number): Float64Array {
  const sums = new Float64Array(rows);
  for (let index = 0; index < matrix.length; index++)
    sums[Math.floor(index / vector.length)] += matrix[index] * vector[index % vector.length];
  return sums;
}

function readLinear(functionName: string, linear: LinearParameters): { weight: Parameter; bias: Parameter | null } {
  if (typeof linear !== "object" || linear === null)
    throw new ArgumentError(functionName, "linear", "must be an object with weight and bias", describe(linear));
  for (const key of Object.keys(linear))
    if (key !== "weight" && key !== "bias")
      throw new ArgumentError(functionName, "linear", "must hold weight and bias only", show(key));
  const weight = readParameter(functionName, "linear.weight", linear.weight);
  if (!weight) throw new ArgumentError(functionName, "linear.weight", "must be a tensor", describe(linear.weight));
  return { weight, bias: readParameter(functionName, "linear.bias", linear.bias) };
}

function requireElements(functionName: string, parameter: Parameter, count: number): void {
  if (parameter.data.length === count) return;
  throw new ShapeError(functionName, parameter.argument, `must have ${count} elements`, shapeText(parameter));
}

function shapeText({ shape, data }: Parameter): string {
  return shape === null ? `an array of ${data.length}` : formatShape(shape);
}
