import { describe, type TypedArray } from "../dtype.js";
import { ArgumentError, ShapeError } from "../errors.js";
import { formatShape } from "../shape.js";
import type { TensorLike } from "../tensor.js";
import type { ChannelAffine } from "./batch_norm.js";
import { numbersIn, tensorFrom } from "./numbers.js";
import {
  type ConvertedParameters,
  type NormParameters,
  type Parameter,
  readPair,
  readParameter,
  requireKeys,
} from "./operands.js";

/** A linear layer, or a convolution of size 1: `y = weight x + bias`. */
export interface LinearParameters {
  /** `[out, in]`, or of a convolution `[out, in, 1, ...]`. */
  readonly weight: TensorLike;
  /** `[out]`; null or missing where there is none. */
  readonly bias?: TensorLike | TypedArray | null;
}

/** A scale and a bias, named as in torch.nn or as `batchNormToAffine` names them. */
export type FoldableParameters = NormParameters | ChannelAffine;

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
 * @param norm weight (or scale, as `batchNormToAffine` calls it) g and bias b of as many elements as `linear` has inputs, in
 *   their order: of any shape, as the linear layer sees it flattened. Parameters per channel before a flattened input
 *   `[C, ...spatial]` come from `groupNormToLayerNorm`. One that is null or missing is 1 or 0.
 * @param linear weight `[out, in]` and bias `[out]`; a bias that is missing is 0
 * @returns weight `[out, in]` and bias `[out]` in new arrays of linear's dtypes; the bias is null if both are missing
 * @throws ShapeError, DTypeError, ArgumentError
 */
export function foldIntoLinear(norm: FoldableParameters, linear: LinearParameters): FoldedParameters {
  return fold("foldIntoLinear", norm, linear, {
    name: "linear",
    described: "[out, in]",
    fits: (shape) => shape.length === 2,
  });
}

/**
 * As `foldIntoLinear`, for a convolution of size 1 behind a normalisation with parameters per channel. The convolution must
 * not be grouped, and if b is not 0 it must not pad: b is not added to a border of zeros.
 *
 * @param norm weight (or scale) g and bias b of shape `[in]`
 * @param convolution weight `[out, in, 1, ...]`, of any number of spatial axes, and bias `[out]`
 * @returns as foldIntoLinear
 * @throws ShapeError, also for parameters that vary over locations, which all share the weights; DTypeError, ArgumentError
 */
export function foldIntoConv1x1(norm: FoldableParameters, convolution: LinearParameters): FoldedParameters {
  return fold("foldIntoConv1x1", norm, convolution, {
    name: "convolution",
    described: "[out, in, 1, ...]",
    fits: (shape) => shape.length > 2 && shape.slice(2).every((size) => size === 1),
  });
}

/** What kind of layer it is that takes the norm's parameters over. */
interface Follower {
  /** As the argument is named. */
  readonly name: string;
  /** The shape of its weight. */
  readonly described: string;
  fits(shape: readonly number[]): boolean;
}

function fold(
  functionName: string,
  norm: FoldableParameters,
  linear: LinearParameters,
  { name, described, fits }: Follower,
): FoldedParameters {
  const { weight: g, bias: b } = readNorm(functionName, norm);
  const { weight, bias: c } = readLinear(functionName, name, linear);
  if (weight.shape === null || !fits(weight.shape))
    throw new ShapeError(functionName, weight.argument, `must have shape ${described}`, shapeText(weight));
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

function readNorm(
  functionName: string,
  norm: FoldableParameters,
): { weight: Parameter | null; bias: Parameter | null } {
  requireKeys(functionName, "norm", norm, ["weight", "scale", "bias"]);
  const { weight, scale, bias } = norm as NormParameters & Partial<ChannelAffine>;
  const [hasWeight, hasScale] = [weight, scale].map((given) => given !== undefined && given !== null);
  if (hasWeight && hasScale)
    throw new ArgumentError(functionName, "norm", "must hold weight or scale, two names of one thing", "both");
  return hasScale ? readPair(functionName, "scale", scale, bias) : readPair(functionName, "weight", weight, bias);
}

function readLinear(
  functionName: string,
  name: string,
  linear: LinearParameters,
): { weight: Parameter; bias: Parameter | null } {
  requireKeys(functionName, name, linear, ["weight", "bias"]);
  const weight = readParameter(functionName, `${name}.weight`, linear.weight);
  if (!weight) throw new ArgumentError(functionName, `${name}.weight`, "must be a tensor", describe(linear.weight));
  return { weight, bias: readParameter(functionName, `${name}.bias`, linear.bias) };
}

function requireElements(functionName: string, parameter: Parameter, count: number): void {
  if (parameter.data.length === count) return;
  throw new ShapeError(functionName, parameter.argument, `must have ${count} elements`, shapeText(parameter));
}

function shapeText({ shape, data }: Parameter): string {
  return shape === null ? `an array of ${data.length}` : formatShape(shape);
}
