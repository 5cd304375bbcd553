// The layers.

import type { TypedArray } from "../dtype.js";
import { defaultEngine } from "../engine/default.js";
import type { BatchNormOptions } from "../ops/batch_norm.js";
import type { GroupNormOptions } from "../ops/group_norm.js";
import type { InstanceNormOptions } from "../ops/instance_norm.js";
import type { LayerNormOptions } from "../ops/layer_norm.js";
import type { LocalResponseNormOptions } from "../ops/local_response_norm.js";
import type { NormalizeOptions } from "../ops/normalize.js";
import type { WithStatistics } from "../ops/normalize_groups.js";
import type { RmsNormOptions, WithRstd } from "../ops/rms_norm.js";
import type { StandardizeOptions } from "../ops/standardize.js";
import type { Tensor, TensorLike } from "../tensor.js";

// Each takes an x of any dtype. "The usual errors" are ShapeError, DTypeError, ArgumentError, DisposedError and
// OutOfMemoryError, thrown before anything is written.

/**
 * Layer normalisation over the last dimensions: `(x - mean) / sqrt(variance + eps) * weight + bias`, mean and biased
 * variance over `normalizedShape`, one weight and bias per normalised element.
 *
 * @param x any rank from 1 up
 * @param normalizedShape the last sizes of x's shape; a number stands for one size
 * @returns x's shape and dtype; host for a host x, resident for a resident one
 * @throws the usual errors
 * @see Ba, Kiros, Hinton 2016, "Layer Normalization"; torch.nn.functional.layer_norm
 */
export function layerNorm<Data extends TypedArray>(
  x: TensorLike<Data>,
  normalizedShape: number | readonly number[],
  options?: LayerNormOptions,
): Tensor<Data> {
  return defaultEngine().layerNorm(x, normalizedShape, options);
}

/**
 * layerNorm with its statistics: mean and rstd = 1 / sqrt(variance + eps), of shape [...leading, 1, ...].
 *
 * @throws as layerNorm
 * @see torch.native_layer_norm
 */
export function nativeLayerNorm<Data extends TypedArray>(
  x: TensorLike<Data>,
  normalizedShape: number | readonly number[],
  options?: LayerNormOptions,
): WithStatistics<Data> {
  return defaultEngine().nativeLayerNorm(x, normalizedShape, options);
}

/**
 * Root mean square normalisation over the last dimensions: `x / sqrt(mean(x^2) + eps) * weight`, one weight per normalised
 * element. An infinity makes the finite elements of its group 0 and itself NaN.
 *
 * @param x any rank from 1 up
 * @param normalizedShape the last sizes of x's shape; a number stands for one size
 * @returns x's shape and dtype; host for a host x, resident for a resident one
 * @throws the usual errors
 * @see Zhang, Sennrich 2019, "Root Mean Square Layer Normalization"; torch.nn.functional.rms_norm
 */
export function rmsNorm<Data extends TypedArray>(
  x: TensorLike<Data>,
  normalizedShape: number | readonly number[],
  options?: RmsNormOptions,
): Tensor<Data> {
  return defaultEngine().rmsNorm(x, normalizedShape, options);
}

/**
 * rmsNorm with its statistic: rstd = 1 / sqrt(mean(x^2) + eps), of shape [...leading, 1, ...].
 *
 * @throws as rmsNorm
 */
export function nativeRmsNorm<Data extends TypedArray>(
  x: TensorLike<Data>,
  normalizedShape: number | readonly number[],
  options?: RmsNormOptions,
): WithRstd<Data> {
  return defaultEngine().nativeRmsNorm(x, normalizedShape, options);
}

/**
 * Group normalisation: mean and biased variance over the channels of a group and all their elements in a sample, one
 * weight and bias per channel.
 *
 * @param x [N, C, ...], or [N, ..., C] with `layout: "channels-last"`
 * @param numGroups into how many groups of neighbours the C channels part; divides C
 * @returns x's shape and dtype; host for a host x, resident for a resident one
 * @throws the usual errors; ShapeError also if a group of the whole tensor has one value, as in PyTorch
 * @see Wu, He 2018, "Group Normalization"; torch.nn.functional.group_norm
 */
export function groupNorm<Data extends TypedArray>(
  x: TensorLike<Data>,
  numGroups: number,
  options?: GroupNormOptions,
): Tensor<Data> {
  return defaultEngine().groupNorm(x, numGroups, options);
}

/**
 * groupNorm with its statistics: mean and rstd = 1 / sqrt(variance + eps), of shape [N, G].
 *
 * @throws as groupNorm, but groups of one value give bias
 * @see torch.native_group_norm
 */
export function nativeGroupNorm<Data extends TypedArray>(
  x: TensorLike<Data>,
  numGroups: number,
  options?: GroupNormOptions,
): WithStatistics<Data> {
  return defaultEngine().nativeGroupNorm(x, numGroups, options);
}

/**
 * Instance normalisation: mean and biased variance over each channel of each sample, one weight and bias per channel.
 * With `useInputStats: false` the running statistics take their place; otherwise running statistics, if given, are updated
 * in place: `running = (1 - momentum) * running + momentum * new`, averaged over N, the variance unbiased.
 *
 * @param x [N, C, ...], or [N, ..., C] with `layout: "channels-last"`
 * @returns x's shape and dtype; host for a host x, resident for a resident one
 * @throws the usual errors; ShapeError also if a channel of a sample has one value, as in PyTorch
 * @see Ulyanov, Vedaldi, Lempitsky 2016, "Instance Normalization"; torch.nn.functional.instance_norm
 */
export function instanceNorm<Data extends TypedArray>(
  x: TensorLike<Data>,
  options?: InstanceNormOptions,
): Tensor<Data> {
  return defaultEngine().instanceNorm(x, options);
}

/**
 * instanceNorm with the statistics it used: mean and rstd = 1 / sqrt(variance + eps), of shape [N, C].
 *
 * @throws as instanceNorm, but channels of one value give bias
 */
export function nativeInstanceNorm<Data extends TypedArray>(
  x: TensorLike<Data>,
  options?: InstanceNormOptions,
): WithStatistics<Data> {
  return defaultEngine().nativeInstanceNorm(x, options);
}

/**
 * Batch normalisation: `(x - mean) / sqrt(variance + eps) * weight + bias`, one weight and bias per channel. Mean and
 * variance are the running ones, or with `training: true` those of each channel over all samples (biased); then running
 * statistics, if given, are updated in place: `running = (1 - momentum) * running + momentum * new`, the variance unbiased.
 *
 * @param x [N, C, ...], or [N, ..., C] with `layout: "channels-last"`
 * @returns x's shape and dtype; host for a host x, resident for a resident one
 * @throws the usual errors; ArgumentError also where running statistics are missing; ShapeError also if training with one
 *   value per channel, as in PyTorch
 * @see Ioffe, Szegedy 2015, "Batch Normalization"; torch.nn.functional.batch_norm
 */
export function batchNorm<Data extends TypedArray>(x: TensorLike<Data>, options?: BatchNormOptions): Tensor<Data> {
  return defaultEngine().batchNorm(x, options);
}

/**
 * batchNorm with the statistics it used: mean and rstd = 1 / sqrt(variance + eps), of shape [C].
 *
 * @throws as batchNorm, but channels of one value give bias
 * @see torch.native_batch_norm
 */
export function nativeBatchNorm<Data extends TypedArray>(
  x: TensorLike<Data>,
  options?: BatchNormOptions,
): WithStatistics<Data> {
  return defaultEngine().nativeBatchNorm(x, options);
}

/**
 * Normalisation over any axes: mean and biased variance over `axes`, one weight and bias per element of a group. `axes: [1]`
 * of [N, C, H, W] is the channels-first layer norm of ConvNeXt.
 *
 * @param axes dimensions of x, each once; negative ones count from the end
 * @returns x's shape and dtype; host for a host x, resident for a resident one
 * @throws the usual errors
 * @see ONNX MeanVarianceNormalization, WebNN layerNormalization: the same reduction
 */
export function standardize<Data extends TypedArray>(
  x: TensorLike<Data>,
  axes: readonly number[],
  options?: StandardizeOptions,
): Tensor<Data> {
  return defaultEngine().standardize(x, axes, options);
}

/**
 * Division by the norm: `x / max(||x||_p, eps)` along one dimension. An infinity makes the finite elements beside it 0 and
 * itself NaN.
 *
 * @returns x's shape and dtype; host for a host x, resident for a resident one
 * @throws the usual errors
 * @see torch.nn.functional.normalize
 */
export function normalize<Data extends TypedArray>(x: TensorLike<Data>, options?: NormalizeOptions): Tensor<Data> {
  return defaultEngine().normalize(x, options);
}

/**
 * Local response normalisation: `x / (k + alpha * m)^beta`, m the sum of squares of `size` neighbouring channels, from
 * size / 2 before to (size - 1) / 2 after (rounded down), over size; channels beyond the first and the last count as 0.
 *
 * @param x [N, C, L, ...], or [N, L, ..., C] with `layout: "channels-last"`
 * @param size channels of the window, from 1 up
 * @returns x's shape and dtype; host for a host x, resident for a resident one
 * @throws the usual errors
 * @see Krizhevsky, Sutskever, Hinton 2012, "ImageNet Classification"; torch.nn.functional.local_response_norm
 */
export function localResponseNorm<Data extends TypedArray>(
  x: TensorLike<Data>,
  size: number,
  options?: LocalResponseNormOptions,
): Tensor<Data> {
  return defaultEngine().localResponseNorm(x, size, options);
}
