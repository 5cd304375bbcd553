// Between PyTorch's conventions and those of ONNX operators.

import type { TypedArray } from "../dtype.js";
import { describe } from "../dtype.js";
import { ArgumentError, ShapeError } from "../errors.js";
import { formatShape } from "../shape.js";
import type { TensorLike } from "../tensor.js";
import { count, momentum as momentumKind, requireKind } from "./kinds.js";
import { type Parameter, readParameter, requireKeys } from "./operands.js";

/** Inputs of ONNX GroupNormalization. */
export interface GroupNormalizationParameters {
  readonly scale: TensorLike | TypedArray;
  readonly bias: TensorLike | TypedArray;
}

/**
 * The inputs of ONNX GroupNormalization 21, one scale and bias per channel, that do what those of version 18, one per group,
 * do: each is repeated for the channels of its group. They are PyTorch's weight and bias as well.
 *
 * @param parameters scale and bias `[num_groups]`
 * @param numChannels a multiple of num_groups
 * @returns scale and bias `[numChannels]`, in new arrays
 * @throws ShapeError, DTypeError, ArgumentError
 */
export function groupNormalization18To21(
  parameters: GroupNormalizationParameters,
  numChannels: number,
): { scale: TensorLike; bias: TensorLike } {
  const functionName = "groupNormalization18To21";
  requireKeys(functionName, "parameters", parameters, ["scale", "bias"]);
  requireKind(functionName, "numChannels", count, numChannels);
  const scale = readGroups(functionName, "scale", parameters.scale);
  const bias = readGroups(functionName, "bias", parameters.bias);
  const groups = scale.data.length;
  if (bias.data.length !== groups)
    throw new ShapeError(functionName, "bias", `must have shape [${groups}], as scale has`, `[${bias.data.length}]`);
  if (numChannels % groups !== 0)
    throw new ShapeError(
      functionName,
      "numChannels",
      `must be a multiple of the ${groups} groups`,
      String(numChannels),
    );
  return { scale: repeatEach(scale, numChannels), bias: repeatEach(bias, numChannels) };
}

function readGroups(functionName: string, argument: string, value: unknown): Parameter {
  const parameter = readParameter(functionName, argument, value);
  if (!parameter) throw new ArgumentError(functionName, argument, "must be a tensor of shape [G]", describe(value));
  const { shape, data } = parameter;
  if (shape === null || shape.length === 1) return parameter;
  throw new ShapeError(functionName, argument, `must have shape [${data.length}]`, formatShape(shape));
}

function repeatEach({ data, format }: Parameter, length: number): TensorLike {
  const repeated = new format.Array!(length);
  const times = length / data.length;
  for (let index = 0; index < length; index++) repeated[index] = data[Math.floor(index / times)];
  return { data: repeated, shape: [length], dtype: format.dtype };
}

/**
 * The momentum of ONNX BatchNormalization for one of PyTorch: `1 - momentum`. PyTorch's is the weight of the new data, ONNX's
 * that of the old. What they weigh differs, too: PyTorch's new variance is the unbiased one, ONNX's the biased.
 *
 * @throws ArgumentError for what is no number from 0 to 1: null, PyTorch's cumulative average, is no momentum in ONNX.
 */
export function momentumToOnnx(momentum: number): number {
  requireKind("momentumToOnnx", "momentum", momentumKind, momentum);
  return 1 - momentum;
}

/** The momentum of a PyTorch batch norm for one of ONNX BatchNormalization; see `momentumToOnnx`. Throws ArgumentError. */
export function momentumFromOnnx(momentum: number): number {
  requireKind("momentumFromOnnx", "momentum", momentumKind, momentum);
  return 1 - momentum;
}
