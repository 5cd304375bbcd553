// Their gradients.

import type { TypedArray } from "../dtype.js";
import { defaultEngine } from "../engine/default.js";
import type { BatchNormBackwardOptions } from "../ops/batch_norm_backward.js";
import type { AllGradients, GradInput, Gradients, OutputMask } from "../ops/gradients.js";
import type { GroupNormBackwardOptions } from "../ops/group_norm_backward.js";
import type { InstanceNormBackwardOptions } from "../ops/instance_norm_backward.js";
import type { LayerNormBackwardOptions } from "../ops/layer_norm_backward.js";
import type { LocalResponseNormBackwardOptions } from "../ops/local_response_norm_backward.js";
import type { NormalizeBackwardOptions } from "../ops/normalize_backward.js";
import type { RmsGradients, RmsNormBackwardOptions, RmsOutputMask } from "../ops/rms_norm_backward.js";
import type { TensorLike } from "../tensor.js";

// Each takes an x of any dtype. "The usual errors" are ShapeError, DTypeError, ArgumentError, DisposedError and
// OutOfMemoryError, thrown before anything is written.

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
 * The gradients of batchNorm, from the statistics that nativeBatchNorm returned. With `training: false` these are constants, the
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
