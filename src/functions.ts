// The functions of the package: those of the default engine.

import type { TypedArray } from "./dtype.js";
import { defaultEngine } from "./engine/default.js";
import type { AffineOptions } from "./ops/affine.js";
import type { GroupNormOptions } from "./ops/group_norm.js";
import type { LayerNormOptions } from "./ops/layer_norm.js";
import type { RowwiseMoments } from "./ops/moments.js";
import type { WithStatistics } from "./ops/normalize_rows.js";
import type { Tensor, TensorLike } from "./tensor.js";

/**
 * Layer normalisation over the last dimensions: `(x - mean) / sqrt(variance + eps) * weight + bias`, mean and biased
 * variance over `normalizedShape`, one weight and bias per normalised element.
 *
 * @param x any rank from 1 up
 * @param normalizedShape the last sizes of x's shape; a number stands for one size
 * @returns x's shape; host for a host x, resident for a resident one
 * @throws ShapeError, DTypeError, ArgumentError, DisposedError, OutOfMemoryError: before anything is written
 * @see Ba, Kiros, Hinton 2016, "Layer Normalization"; torch.nn.functional.layer_norm
 */
export function layerNorm(
  x: TensorLike,
  normalizedShape: number | readonly number[],
  options?: LayerNormOptions,
): Tensor {
  return defaultEngine().layerNorm(x, normalizedShape, options);
}

/**
 * layerNorm with its statistics: mean and rstd = 1 / sqrt(variance + eps), of shape [...leading, 1, ...].
 *
 * @throws as layerNorm
 * @see torch.native_layer_norm
 */
export function nativeLayerNorm(
  x: TensorLike,
  normalizedShape: number | readonly number[],
  options?: LayerNormOptions,
): WithStatistics {
  return defaultEngine().nativeLayerNorm(x, normalizedShape, options);
}

/**
 * Group normalisation: mean and biased variance over the channels of a group and all that follows them, one weight and
 * bias per channel.
 *
 * @param x [N, C, ...]
 * @param numGroups into how many groups of neighbours the C channels part; divides C
 * @returns x's shape; host for a host x, resident for a resident one
 * @throws ShapeError (also if a group of the whole tensor has one value, as in PyTorch), DTypeError, ArgumentError,
 *   DisposedError, OutOfMemoryError: before anything is written
 * @see Wu, He 2018, "Group Normalization"; torch.nn.functional.group_norm
 */
export function groupNorm(x: TensorLike, numGroups: number, options?: GroupNormOptions): Tensor {
  return defaultEngine().groupNorm(x, numGroups, options);
}

/**
 * groupNorm with its statistics: mean and rstd = 1 / sqrt(variance + eps), of shape [N, G].
 *
 * @throws as groupNorm, but groups of one value give bias
 * @see torch.native_group_norm
 */
export function nativeGroupNorm(x: TensorLike, numGroups: number, options?: GroupNormOptions): WithStatistics {
  return defaultEngine().nativeGroupNorm(x, numGroups, options);
}

/**
 * The reduction by itself: mean and biased variance of rows of `n` contiguous elements, each of shape [rows].
 *
 * @param n divides the number of elements
 * @throws ShapeError, DTypeError, ArgumentError, DisposedError, OutOfMemoryError
 * @see RowwiseMoments in ATen's native/cpu/moments_utils.h
 */
export function rowwiseMoments(x: TensorLike, n: number): RowwiseMoments {
  return defaultEngine().rowwiseMoments(x, n);
}

/**
 * The global map: `scale * x + bias`, one pair per channel.
 *
 * @param x [N, C, ...]
 * @param scale [C] or [N, C]
 * @param bias of scale's shape
 * @throws ShapeError, DTypeError, ArgumentError, DisposedError, OutOfMemoryError: before anything is written
 * @see ATen's native/cpu/group_norm_kernel.cpp
 */
export function affineGlobal(
  x: TensorLike,
  scale: TensorLike | TypedArray,
  bias: TensorLike | TypedArray,
  options?: AffineOptions,
): Tensor {
  return defaultEngine().affineGlobal(x, scale, bias, options);
}

/**
 * The vectorized map: `(x * scale + bias) * gamma + beta`, scale and bias per row, gamma and beta per element of a row.
 *
 * @param scale x's leading sizes, which the rows are; or those with ones behind, as nativeLayerNorm gives them; or [rows]
 * @param bias as scale
 * @param gamma x's last sizes, which a row has
 * @param beta of gamma's shape
 * @throws ShapeError, DTypeError, ArgumentError, DisposedError, OutOfMemoryError: before anything is written
 * @see ATen's native/cpu/layer_norm_kernel.cpp
 */
export function affineVectorized(
  x: TensorLike,
  scale: TensorLike | TypedArray,
  bias: TensorLike | TypedArray,
  gamma: TensorLike | TypedArray,
  beta: TensorLike | TypedArray,
  options?: AffineOptions,
): Tensor {
  return defaultEngine().affineVectorized(x, scale, bias, gamma, beta, options);
}
