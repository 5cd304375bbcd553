// The two halves, for people building their own layer.

import type { TypedArray } from "../dtype.js";
import { defaultEngine } from "../engine/default.js";
import type { AffineOptions } from "../ops/affine.js";
import type { RowwiseMoments } from "../ops/moments.js";
import type { Tensor, TensorLike } from "../tensor.js";

// Each takes an x of any dtype. "The usual errors" are ShapeError, DTypeError, ArgumentError, DisposedError and
// OutOfMemoryError, thrown before anything is written.

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
