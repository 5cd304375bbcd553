// The functions of the package: those of the default engine.

import type { TypedArray } from "./dtype.js";
import { defaultEngine } from "./engine/default.js";
import type { AffineOptions } from "./ops/affine.js";
import type { BatchNormOptions } from "./ops/batch_norm.js";
import type { BatchNormBackwardOptions } from "./ops/batch_norm_backward.js";
import type { AllGradients, GradInput, Gradients, OutputMask } from "./ops/gradients.js";
import type { GroupNormOptions } from "./ops/group_norm.js";
import type { GroupNormBackwardOptions } from "./ops/group_norm_backward.js";
import type { InstanceNormOptions } from "./ops/instance_norm.js";
import type { InstanceNormBackwardOptions } from "./ops/instance_norm_backward.js";
import type { LayerNormOptions } from "./ops/layer_norm.js";
import type { LayerNormBackwardOptions } from "./ops/layer_norm_backward.js";
import type { LocalResponseNormOptions } from "./ops/local_response_norm.js";
import type { LocalResponseNormBackwardOptions } from "./ops/local_response_norm_backward.js";
import type { RowwiseMoments } from "./ops/moments.js";
import type { NormalizeOptions } from "./ops/normalize.js";
import type { NormalizeBackwardOptions } from "./ops/normalize_backward.js";
import type { WithStatistics } from "./ops/normalize_groups.js";
import type { RmsNormOptions, WithRstd } from "./ops/rms_norm.js";
import type { RmsGradients, RmsNormBackwardOptions, RmsOutputMask } from "./ops/rms_norm_backward.js";
import type { StandardizeOptions } from "./ops/standardize.js";
import type { Tensor, TensorLike } from "./tensor.js";

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

/**
 * The gradients of layerNorm, from the gradient of its output and the statistics that nativeLayerNorm returned. With
 * `g = gradOutput * weight` and `xhat = (x - mean) * rstd`, `gradInput = rstd * (g - mean(g) - xhat * mean(g * xhat))`,
 * `gradWeight` is the sum of `gradOutput * xhat` over the groups, `gradBias` that of `gradOutput`.
 *
 * What rounding took from the saved mean is recovered; a mean that differs by more is used as it is.
 *
 * @param gradOutput x's shape, dtype and home
 * @param x as given to layerNorm
 * @param normalizedShape likewise
 * @returns gradInput of x's shape and dtype; gradWeight and gradBias of shape `normalizedShape`, each of its parameter's dtype,
 *   of x's where there is none. What `outputMask` asks for is there, also for a parameter that was not given; what it does
 *   not ask for is neither computed nor allocated, and null. Of an empty x gradWeight and gradBias are 0
 * @throws the usual errors; ArgumentError also where statistics are missing, or `out` is wanted where `outputMask` is false
 * @see torch.native_layer_norm_backward; ATen's native/cpu/layer_norm_kernel.cpp
 */
export function layerNormBackward<Data extends TypedArray, const Mask extends OutputMask = AllGradients>(
  gradOutput: TensorLike<Data>,
  x: TensorLike<Data>,
  normalizedShape: number | readonly number[],
  options: LayerNormBackwardOptions<Mask>,
): Gradients<Data, Mask> {
  return defaultEngine().layerNormBackward(gradOutput, x, normalizedShape, options);
}

/**
 * The gradients of rmsNorm, from the statistic that nativeRmsNorm returned: as layerNormBackward with a mean of 0 through
 * which nothing flows back, `gradInput = rstd * (g - xhat * mean(g * xhat))`. There is no gradBias.
 *
 * @param gradOutput x's shape, dtype and home
 * @param x as given to rmsNorm
 * @param normalizedShape likewise
 * @returns gradInput and gradWeight, as layerNormBackward returns them
 * @throws as layerNormBackward
 * @see torch.nn.functional.rms_norm; ATen's _fused_rms_norm_backward
 */
export function rmsNormBackward<Data extends TypedArray, const Mask extends RmsOutputMask = readonly [true, true]>(
  gradOutput: TensorLike<Data>,
  x: TensorLike<Data>,
  normalizedShape: number | readonly number[],
  options: RmsNormBackwardOptions<Mask>,
): RmsGradients<Data, Mask> {
  return defaultEngine().rmsNormBackward(gradOutput, x, normalizedShape, options);
}

/**
 * The gradients of groupNorm, from the statistics that nativeGroupNorm returned: as layerNormBackward, with one weight and
 * bias per channel.
 *
 * @param gradOutput x's shape, dtype and home
 * @param x as given to groupNorm
 * @param numGroups likewise
 * @returns gradients, as layerNormBackward returns them; gradWeight and gradBias of shape [C]
 * @throws as layerNormBackward
 * @see torch.ops.aten.native_group_norm_backward; ATen's native/cpu/group_norm_kernel.cpp
 */
export function groupNormBackward<Data extends TypedArray, const Mask extends OutputMask = AllGradients>(
  gradOutput: TensorLike<Data>,
  x: TensorLike<Data>,
  numGroups: number,
  options: GroupNormBackwardOptions<Mask>,
): Gradients<Data, Mask> {
  return defaultEngine().groupNormBackward(gradOutput, x, numGroups, options);
}

/**
 * The gradients of instanceNorm, from the statistics that nativeInstanceNorm returned. With `useInputStats: false` these are
 * constants: `gradInput = gradOutput * weight * rstd`, and mean is used as it is.
 *
 * @param gradOutput x's shape, dtype and home
 * @param x as given to instanceNorm
 * @returns gradients, as layerNormBackward returns them; gradWeight and gradBias of shape [C]
 * @throws as layerNormBackward
 * @see torch.nn.functional.instance_norm, which is batch norm of [1, N * C, ...]
 */
export function instanceNormBackward<Data extends TypedArray, const Mask extends OutputMask = AllGradients>(
  gradOutput: TensorLike<Data>,
  x: TensorLike<Data>,
  options: InstanceNormBackwardOptions<Mask>,
): Gradients<Data, Mask> {
  return defaultEngine().instanceNormBackward(gradOutput, x, options);
}

/**
 * The gradients of batchNorm, from the statistics that nativeBatchNorm returned. Unless `training` these are constants, the
 * running ones: `gradInput = gradOutput * weight * rstd`, and mean is used as it is.
 *
 * @param gradOutput x's shape, dtype and home
 * @param x as given to batchNorm
 * @returns gradients, as layerNormBackward returns them; gradWeight and gradBias of shape [C]
 * @throws as layerNormBackward
 * @see torch.ops.aten.native_batch_norm_backward; ATen's native/Normalization.cpp
 */
export function batchNormBackward<Data extends TypedArray, const Mask extends OutputMask = AllGradients>(
  gradOutput: TensorLike<Data>,
  x: TensorLike<Data>,
  options: BatchNormBackwardOptions<Mask>,
): Gradients<Data, Mask> {
  return defaultEngine().batchNormBackward(gradOutput, x, options);
}

/**
 * The gradient of normalize: `(gradOutput - d * sum(gradOutput * x) / norm) / norm` with the norm's derivative
 * `d = sign(x) * |x / norm|^(p - 1)`, 0 at 0; for p = Infinity elements of the largest magnitude share it. Where the norm is
 * less than eps, `gradOutput / eps`.
 *
 * @param gradOutput x's shape, dtype and home
 * @param x as given to normalize
 * @param options those of normalize
 * @returns gradInput of x's shape and dtype
 * @throws the usual errors
 * @see ATen's norm_backward, in autograd/FunctionsManual.cpp
 */
export function normalizeBackward<Data extends TypedArray>(
  gradOutput: TensorLike<Data>,
  x: TensorLike<Data>,
  options?: NormalizeBackwardOptions,
): GradInput<Data> {
  return defaultEngine().normalizeBackward(gradOutput, x, options);
}

/**
 * The gradient of localResponseNorm: `gradOutput * b^-beta - 2 * alpha * beta / size * x * s`, b the base of the forward
 * power, s the sum of `gradOutput * x * b^(-beta - 1)` over the channels whose window the element is in.
 *
 * @param gradOutput x's shape, dtype and home
 * @param x as given to localResponseNorm
 * @param size likewise
 * @param options those of localResponseNorm
 * @returns gradInput of x's shape and dtype
 * @throws the usual errors
 * @see torch.nn.functional.local_response_norm, which autograd differentiates
 */
export function localResponseNormBackward<Data extends TypedArray>(
  gradOutput: TensorLike<Data>,
  x: TensorLike<Data>,
  size: number,
  options?: LocalResponseNormBackwardOptions,
): GradInput<Data> {
  return defaultEngine().localResponseNormBackward(gradOutput, x, size, options);
}

/**
 * The reduction by itself: mean and biased variance of rows of `n` contiguous elements, each of shape [rows].
 *
 * @param n divides the number of elements
 * @throws the usual errors
 * @see RowwiseMoments in ATen's native/cpu/moments_utils.h
 */
export function rowwiseMoments<Data extends TypedArray>(x: TensorLike<Data>, n: number): RowwiseMoments<Data> {
  return defaultEngine().rowwiseMoments(x, n);
}

/**
 * The global map: `scale * x + bias`, one pair per channel.
 *
 * @param x [N, C, ...]
 * @param scale [C] or [N, C]
 * @param bias of scale's shape
 * @throws the usual errors
 * @see ATen's native/cpu/group_norm_kernel.cpp
 */
export function affineGlobal<Data extends TypedArray>(
  x: TensorLike<Data>,
  scale: TensorLike | TypedArray,
  bias: TensorLike | TypedArray,
  options?: AffineOptions,
): Tensor<Data> {
  return defaultEngine().affineGlobal(x, scale, bias, options);
}

/**
 * The vectorized map: `(x * scale + bias) * gamma + beta`, scale and bias per row, gamma and beta per element of a row.
 *
 * @param scale x's leading sizes, which the rows are; or those with ones behind, as nativeLayerNorm gives them; or [rows]
 * @param bias as scale
 * @param gamma x's last sizes, which a row has
 * @param beta of gamma's shape
 * @throws the usual errors
 * @see ATen's native/cpu/layer_norm_kernel.cpp
 */
export function affineVectorized<Data extends TypedArray>(
  x: TensorLike<Data>,
  scale: TensorLike | TypedArray,
  bias: TensorLike | TypedArray,
  gamma: TensorLike | TypedArray,
  beta: TensorLike | TypedArray,
  options?: AffineOptions,
): Tensor<Data> {
  return defaultEngine().affineVectorized(x, scale, bias, gamma, beta, options);
}
