import type { Format, TypedArray } from "../dtype.js";
import { numbersOf } from "../elements.js";
import { NotConvertibleError, OutOfMemoryError, ShapeError } from "../errors.js";
import { ownOperand } from "../ops/operand.js";
import { formatShape, sizeOf } from "../shape.js";
import type { TensorLike } from "../tensor.js";
import { count, requireKind, requireShape } from "./kinds.js";
import { differenceAt, isEqual } from "./locations.js";
import {
  type ConvertedParameters,
  type NormParameters,
  type Parameter,
  readParameters,
  type ShapedParameter,
} from "./operands.js";

/**
 * The parameters with which `LayerNorm([C, ...spatialShape])` does what `GroupNorm(1, C)` does with `weight` and `bias`.
 * Always possible: each channel's value is repeated over the locations.
 *
 * @param parameters weight and bias `[C]`, tensors or bare arrays; one that is null or missing comes back as null
 * @param spatialShape the sizes after N and C; `[]` for inputs `[N, C]`
 * @returns weight and bias `[C, ...spatialShape]`, in new arrays
 * @throws ShapeError if weight or bias is not `[C]`, or they are not of one size.
 * @throws DTypeError, ArgumentError if an argument is of another kind.
 * @throws OutOfMemoryError if the platform has no array of that size.
 */
export function groupNormToLayerNorm(parameters: NormParameters, spatialShape: readonly number[]): ConvertedParameters {
  const functionName = "groupNormToLayerNorm";
  const { weight, bias } = readParameters(functionName, parameters);
  requireShape(functionName, "spatialShape", spatialShape);
  for (const { argument, data, shape } of [weight, bias].filter((parameter) => parameter !== null))
    if (shape !== null && shape.length !== 1)
      throw new ShapeError(functionName, argument, `must have shape [${data.length}]`, formatShape(shape));
  return {
    weight: weight && repeatOverLocations(functionName, weight, spatialShape),
    bias: bias && repeatOverLocations(functionName, bias, spatialShape),
  };
}

/**
 * The parameters with which `GroupNorm(1, numChannels)` does what `LayerNorm([numChannels, ...spatial])` does with `weight`
 * and `bias`. Possible only if they are constant over the locations of each channel, to the last bit: NaN equals NaN, and
 * -0 equals 0 (the channel takes the value of its first location).
 *
 * @param parameters weight and bias `[numChannels, ...spatial]`, tensors or bare arrays in that order; one that is null or
 *   missing comes back as null
 * @param numChannels the first size of the layer norm's normalizedShape
 * @returns weight and bias `[numChannels]`, in new arrays
 * @throws NotConvertibleError if they vary; it names the first location that differs, and by how much.
 * @throws ShapeError if weight or bias does not begin with numChannels, or they are not of one size.
 * @throws DTypeError, ArgumentError if an argument is of another kind.
 */
export function layerNormToGroupNorm(parameters: NormParameters, numChannels: number): ConvertedParameters {
  const functionName = "layerNormToGroupNorm";
  const { weight, bias } = readParameters(functionName, parameters);
  requireKind(functionName, "numChannels", count, numChannels);
  return {
    weight: weight && takeFirstLocation(functionName, "weight", withChannels(functionName, weight, numChannels)),
    bias: bias && takeFirstLocation(functionName, "bias", withChannels(functionName, bias, numChannels)),
  };
}

/** The parameter with the shape `[numChannels, ...spatial]`; a bare array has its locations in one axis. */
function withChannels(functionName: string, parameter: Parameter, numChannels: number): ShapedParameter {
  const { argument, data, shape } = parameter;
  const locations = data.length / numChannels;
  const full = shape ?? [numChannels, locations];
  if (full[0] === numChannels && Number.isInteger(locations)) return { ...parameter, shape: full };
  const got = shape === null ? `an array of ${data.length}` : formatShape(shape);
  throw new ShapeError(functionName, argument, `must have shape [${numChannels}, ...spatial]`, got);
}

function repeatOverLocations(
  functionName: string,
  { data, format }: Parameter,
  spatialShape: readonly number[],
): TensorLike {
  const locations = sizeOf(spatialShape);
  const shape = [data.length, ...spatialShape];
  const repeated = allocate(functionName, shape, format);
  for (let channel = 0; channel < data.length; channel++) {
    (repeated as Float32Array).fill(data[channel], channel * locations, (channel + 1) * locations);
  }
  return { data: repeated, shape, dtype: format.dtype };
}

function takeFirstLocation(
  functionName: string,
  argument: string,
  { data, shape, format }: ShapedParameter,
): TensorLike {
  const channels = shape[0];
  const locations = data.length / channels;
  const numbers = numbersOf(ownOperand(data, shape, format));
  const odd = firstOdd(numbers, locations);
  if (odd === -1) return { data: everyNth(data, locations, channels, format), shape: [channels], dtype: format.dtype };
  const got = differenceAt(numbers, shape, odd, odd - (odd % locations));
  throw new NotConvertibleError(functionName, argument, "must be constant over the locations of each channel", got);
}

/** The index of the first number that is not that of its channel's first location; -1 if there is none. */
function firstOdd(numbers: ArrayLike<number>, locations: number): number {
  for (let index = 0; index < numbers.length; index++) {
    if (!isEqual(numbers[index], numbers[index - (index % locations)])) return index;
  }
  return -1;
}

function everyNth(data: TypedArray, n: number, count: number, format: Format): TypedArray {
  const taken = new format.Array!(count);
  for (let index = 0; index < count; index++) taken[index] = data[index * n];
  return taken;
}

function allocate(functionName: string, shape: readonly number[], format: Format): TypedArray {
  try {
    return new format.Array!(sizeOf(shape));
  } catch {
    throw new OutOfMemoryError(
      functionName,
      "spatialShape",
      "must give parameters that fit in memory",
      formatShape(shape),
    );
  }
}
