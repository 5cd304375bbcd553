import { describe, type Format, formatOfData, type TypedArray } from "../dtype.js";
import { numbersOf } from "../elements.js";
import { ArgumentError, NotConvertibleError, OutOfMemoryError, ShapeError } from "../errors.js";
import { ownOperand } from "../ops/operand.js";
import { formatShape, sizeOf } from "../shape.js";
import type { TensorLike } from "../tensor.js";
import { count, requireKind, requireShape, show } from "./kinds.js";

/** The parameters of a layer; null or missing where the layer has none, as PyTorch's are None. */
export interface NormParameters {
  readonly weight?: TensorLike | TypedArray | null;
  readonly bias?: TensorLike | TypedArray | null;
}

/** Converted parameters, in arrays of their own; null where there were none. */
export interface ConvertedParameters {
  readonly weight: TensorLike | null;
  readonly bias: TensorLike | null;
}

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
  const start = odd - (odd % locations);
  const difference = Math.abs(numbers[odd] - numbers[start]);
  throw new NotConvertibleError(
    functionName,
    argument,
    "must be constant over the locations of each channel",
    `${numbers[odd]} at ${formatShape(indicesOf(odd, shape))}, which differs by ${difference} ` +
      `from ${numbers[start]} at ${formatShape(indicesOf(start, shape))}`,
  );
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

/** As ===, but NaN equals NaN. */
function isEqual(a: number, b: number): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}

/** The row-major indices of an element. */
function indicesOf(flatIndex: number, shape: readonly number[]): number[] {
  const indices: number[] = [];
  let rest = flatIndex;
  for (const extent of [...shape].reverse()) {
    indices.unshift(rest % extent);
    rest = Math.floor(rest / extent);
  }
  return indices;
}

/** A parameter as it was given; a bare array has no shape. */
interface Parameter {
  readonly argument: string;
  readonly data: TypedArray;
  readonly shape: readonly number[] | null;
  readonly format: Format;
}

interface ShapedParameter extends Parameter {
  readonly shape: readonly number[];
}

function readParameters(
  functionName: string,
  parameters: NormParameters,
): { weight: Parameter | null; bias: Parameter | null } {
  if (typeof parameters !== "object" || parameters === null)
    throw new ArgumentError(functionName, "parameters", "must be an object with weight and bias", describe(parameters));
  for (const key of Object.keys(parameters)) {
    // A misspelt parameter must not vanish.
    if (key !== "weight" && key !== "bias")
      throw new ArgumentError(functionName, "parameters", "must hold weight and bias only", show(key));
  }
  const weight = readParameter(functionName, "weight", parameters.weight);
  const bias = readParameter(functionName, "bias", parameters.bias);
  if (weight && bias && weight.data.length !== bias.data.length) {
    const expected = `must have as many elements as weight, ${weight.data.length}`;
    throw new ShapeError(functionName, "bias", expected, String(bias.data.length));
  }
  return { weight, bias };
}

function readParameter(functionName: string, argument: string, value: unknown): Parameter | null {
  if (value === undefined || value === null) return null;
  if (ArrayBuffer.isView(value)) return readBareArray(functionName, argument, value);
  if (typeof value !== "object")
    throw new ArgumentError(functionName, argument, "must be a tensor, a typed array or null", describe(value));
  const { data, shape, dtype } = value as TensorLike;
  const format = formatOfData(functionName, argument, data, dtype);
  requireShape(functionName, `${argument}.shape`, shape);
  if (sizeOf(shape) === data.length) return { argument, data, shape, format };
  throw new ShapeError(functionName, argument, `must have the ${data.length} elements of its data`, formatShape(shape));
}

function readBareArray(functionName: string, argument: string, value: ArrayBufferView): Parameter {
  const format = formatOfData(functionName, argument, value);
  const data = value as unknown as TypedArray;
  if (data.length === 0) throw new ShapeError(functionName, argument, "must have elements", "an empty array");
  return { argument, data, shape: null, format };
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
