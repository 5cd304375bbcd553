import { computeFormat, describe, type TypedArray } from "../dtype.js";
import { ArgumentError, ShapeError } from "../errors.js";
import { formatShape } from "../shape.js";
import type { TensorLike } from "../tensor.js";
import { epsilon, requireKind } from "./kinds.js";
import { numbersIn, tensorFrom } from "./numbers.js";
import { type NormParameters, type Parameter, readParameter, requireKeys } from "./operands.js";

/** A batch norm in evaluation: what it has learnt. */
export interface BatchNormState extends NormParameters {
  readonly runningMean: TensorLike | TypedArray;
  readonly runningVar: TensorLike | TypedArray;
  /** Added to the variance; 1e-5 unless given. */
  readonly eps?: number;
}

/** `scale * x + bias`, one pair per channel. */
export interface ChannelAffine {
  readonly scale: TensorLike;
  readonly bias: TensorLike;
}

const functionName = "batchNormToAffine";

/**
 * What a batch norm does in evaluation, as one scale and bias per channel: `scale = weight / sqrt(runningVar + eps)`,
 * `bias = bias - runningMean * scale`, computed in float64 and rounded once. `affineGlobal`, `foldIntoLinear` and
 * `foldIntoConv1x1` take them.
 *
 * @param state all of shape `[C]`, tensors or bare arrays, and nothing else; weight and bias may be null or missing
 * @returns tensors `[C]` of the dtype that runningVar is computed in: float64 or float32
 * @throws ShapeError if they are not all `[C]`; DTypeError, ArgumentError if an argument is of another kind.
 */
export function batchNormToAffine(state: BatchNormState): ChannelAffine {
  requireKeys(functionName, "state", state, ["runningMean", "runningVar", "weight", "bias", "eps"]);
  const { eps = 1e-5 } = state;
  requireKind(functionName, "eps", epsilon, eps);
  const variance = required("runningVar", state.runningVar);
  const channels = variance.data.length;
  const mean = ofChannels(required("runningMean", state.runningMean), channels);
  const weight = readParameter(functionName, "weight", state.weight);
  const bias = readParameter(functionName, "bias", state.bias);
  const gamma = weight && ofChannels(weight, channels);
  const beta = bias && ofChannels(bias, channels);
  const scales = Array.from(
    ofChannels(variance, channels),
    (value, c) => (gamma ? gamma[c] : 1) / Math.sqrt(value + eps),
  );
  const offsets = scales.map((scale, c) => (beta ? beta[c] : 0) - mean[c] * scale);
  const format = computeFormat(variance.format);
  return { scale: tensorFrom(scales, [channels], format), bias: tensorFrom(offsets, [channels], format) };
}

function required(argument: string, value: unknown): Parameter {
  const parameter = readParameter(functionName, argument, value);
  if (parameter) return parameter;
  throw new ArgumentError(functionName, argument, "must be given, with shape [C]", describe(value));
}

function ofChannels(parameter: Parameter, channels: number): ArrayLike<number> {
  const { argument, shape, data } = parameter;
  if (data.length !== channels || (shape !== null && shape.length !== 1))
    throw new ShapeError(functionName, argument, `must have shape [${channels}]`, formatShape(shape ?? [data.length]));
  return numbersIn(parameter);
}
