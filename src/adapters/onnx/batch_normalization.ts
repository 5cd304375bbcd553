import { numbersOf, writeNumbers } from "../../elements.js";
import { ArgumentError } from "../../errors.js";
import type { BatchNormOptions } from "../../ops/batch_norm.js";
import { sameShape, sizeOf } from "../../shape.js";
import type { Tensor } from "../../tensor.js";
import { batchNormOf } from "../channels.js";
import { newTensor, reshaped } from "../engine.js";
import { type Call, type Inputs, lastOnnxOpset, type Operator, type OperatorOptions, run } from "./call.js";
import { fitted } from "./parameters.js";

/** Attributes of BatchNormalization. */
export interface BatchNormalizationAttributes {
  /** Added to the variance. Default 1e-5. */
  epsilon?: number;
  /** The weight of the old running statistics. Default 0.9. */
  momentum?: number;
  /** Since opset 14: whether to normalise by X's own statistics. Default 0. */
  training_mode?: number;
  /** Below opset 7: whether not to. Default 0. */
  is_test?: number;
  /** Below opset 9: whether statistics are per channel (1, the default) or per element of a sample. */
  spatial?: number;
  /** Opset 1 only, where it has no effect. */
  consumed_inputs?: readonly number[];
}

const inputs = ["X", "scale", "B", "mean", "var"];
const outputs = ["Y", "mean", "var", "saved_mean", "saved_var"];
const since14 = {
  inputs: ["X", "scale", "B", "input_mean", "input_var"],
  outputs: ["Y", "running_mean", "running_var"],
  attributes: ["epsilon", "momentum", "training_mode"],
};

const operator: Operator = {
  name: "BatchNormalization",
  versions: {
    1: { inputs, outputs, attributes: ["epsilon", "momentum", "is_test", "spatial", "consumed_inputs"] },
    6: { inputs, outputs, attributes: ["epsilon", "momentum", "is_test", "spatial"] },
    7: { inputs, outputs, attributes: ["epsilon", "momentum", "spatial"] },
    9: { inputs, outputs, attributes: ["epsilon", "momentum"] },
    14: since14,
    15: since14,
  },
  lastOpset: lastOnnxOpset,
};

/**
 * Batch normalisation by given statistics; or by X's own, and then running statistics, which weigh the old values by `momentum`
 * and take the biased variance, and in opsets below 14 also X's own mean and variance, are further outputs.
 *
 * Training is what `training_mode` says, below opset 7 what `is_test` says; in between, where neither is there, it is asked for
 * by more than one output.
 *
 * @param inputs X of shape [N, C, ...], since opset 9 also [N]; scale, B, mean and variance of shape [C], of any dtype (with
 *   `spatial: 0` of shape [C, ...])
 * @returns Y of X's shape; running statistics in new tensors of the given ones' shape and dtype
 * @throws ShapeError, DTypeError, ArgumentError, DisposedError, OutOfMemoryError
 * @see ONNX BatchNormalization, opsets 1, 6, 7, 9, 14 and 15
 */
export function BatchNormalization(
  inputs: Inputs,
  attributes?: BatchNormalizationAttributes | null,
  options?: OperatorOptions,
): Tensor[] {
  return run(operator, inputs, attributes, options, batchNormalization);
}

function batchNormalization(call: Call): Tensor[] {
  return call.engine.scope(() => outputsOf(call));
}

function outputsOf(call: Call): Tensor[] {
  const { version } = call;
  const x = version < 6 ? call.tensor(0, 4, 4) : call.tensor(0, version < 9 ? 2 : 1);
  const spatial = version >= 9 || call.flag("spatial", true);
  const eps = call.number("epsilon", 1e-5);
  const momentum = call.number("momentum", 0.9);
  const training = isTraining(call);
  const shape = viewOf(x, spatial);
  const parameterShape = spatial ? [shape[1]] : x.sizes.slice(1);
  const [scale, bias, mean, variance] = [1, 2, 3, 4].map((index) => call.tensorOfShape(index, parameterShape));
  const options = { weight: fitted(scale, x), bias: fitted(bias, x), eps, training };
  if (!training) {
    return [normalize(call, x, shape, { ...options, runningMean: fitted(mean, x), runningVar: fitted(variance, x) })];
  }
  const y = normalize(call, x, shape, options);
  if (call.outputs === 1) return [y];
  return [y, ...statistics(call, x, shape, [mean, variance], momentum)].slice(0, call.outputs);
}

/** Whether statistics are X's own; where they are not, there is one output. */
function isTraining(call: Call): boolean {
  if (call.version >= 7 && call.version < 14) return call.outputs > 1;
  const training = call.version < 7 ? !call.flag("is_test", false) : call.flag("training_mode", false);
  if (training || call.outputs === 1) return training;
  throw new ArgumentError(call.name, "outputs", "must be 1 unless training", String(call.outputs));
}

/** X's shape, as batch norm sees it: [N, C, ...]. */
function viewOf(x: Tensor, spatial: boolean): readonly number[] {
  const { sizes } = x;
  if (sizes.length === 1) return [sizes[0], 1];
  return spatial ? sizes : [sizes[0], sizeOf(sizes.slice(1))];
}

function normalize(call: Call, x: Tensor, shape: readonly number[], options: BatchNormOptions): Tensor {
  // batchNorm refuses to train on channels of one value, as PyTorch does.
  const severalValues = !options.training || x.size !== shape[1];
  if (severalValues && sameShape(shape, x.sizes)) return call.engine.batchNorm(x, options);
  return batchNormOf(call.engine, call.name, x, shape, options);
}

/**
 * New running statistics, then X's own, each of the given ones' shape and dtype. Taken once more in float64, because they are
 * rounded but once, and batchNorm's own weigh unbiased variances.
 */
function statistics(
  call: Call,
  x: Tensor,
  shape: readonly number[],
  running: readonly Tensor[],
  momentum: number,
): Tensor[] {
  const axes = shape.map((_, axis) => axis).filter((axis) => axis !== 1);
  const moments = call.engine.axisMoments(reshaped(x, shape), axes);
  const current = [moments.mean, moments.variance];
  const blended = running.map((old, index) => {
    const numbers = numbersOf(old);
    // Nothing is learnt from no values.
    if (x.size === 0) return Float64Array.from(numbers);
    return current[index].map((value, channel) => numbers[channel] * momentum + value * (1 - momentum));
  });
  return [...blended, ...current].map((numbers, index) => {
    const { sizes, format } = running[index % 2];
    const tensor = newTensor(call.engine, call.name, x, sizes, format);
    writeNumbers(tensor, numbers);
    return tensor;
  });
}
