// Parameters as they are given.

import { describe, type Format, formatOfData, type TypedArray } from "../dtype.js";
import { ArgumentError, ShapeError } from "../errors.js";
import { formatShape, sizeOf } from "../shape.js";
import type { TensorLike } from "../tensor.js";
import { requireShape, show } from "./kinds.js";
import { listOf, snakeCase } from "./words.js";

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

/** A parameter as it was given; a bare array has no shape. */
export interface Parameter {
  readonly argument: string;
  readonly data: TypedArray;
  readonly shape: readonly number[] | null;
  readonly format: Format;
}

export interface ShapedParameter extends Parameter {
  readonly shape: readonly number[];
}

/** Throws ArgumentError for what is no object, and for a key that is not `known`: a misspelt one must not vanish. */
export function requireKeys(functionName: string, argument: string, given: object, known: readonly string[]): void {
  if (typeof given !== "object" || given === null)
    throw new ArgumentError(functionName, argument, `must be an object with ${listOf(known)}`, describe(given));
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  const here = known.find((key) => snakeCase(key) === unknown);
  const hint = here === undefined ? "" : `, which is ${here} here`;
  throw new ArgumentError(functionName, argument, `must hold ${listOf(known)} only`, show(unknown) + hint);
}

export function readParameters(
  functionName: string,
  parameters: NormParameters,
): { weight: Parameter | null; bias: Parameter | null } {
  requireKeys(functionName, "parameters", parameters, ["weight", "bias"]);
  return readPair(functionName, "weight", parameters.weight, parameters.bias);
}

/** A scale, by the name it was given under, and a bias: of as many elements, where there are both. */
export function readPair(
  functionName: string,
  name: "weight" | "scale",
  givenWeight: unknown,
  givenBias: unknown,
): { weight: Parameter | null; bias: Parameter | null } {
  const weight = readParameter(functionName, name, givenWeight);
  const bias = readParameter(functionName, "bias", givenBias);
  if (weight && bias && weight.data.length !== bias.data.length) {
    const expected = `must have as many elements as ${name}, ${weight.data.length}`;
    throw new ShapeError(functionName, "bias", expected, String(bias.data.length));
  }
  return { weight, bias };
}

export function readParameter(functionName: string, argument: string, value: unknown): Parameter | null {
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
