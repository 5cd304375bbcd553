import type { Format, TypedArray } from "../dtype.js";
import { sizeOf } from "../shape.js";

/**
 * A copy of shape `sizes` whose element [i, j, ...] is data[i * strides[0] + j * strides[1] + ...]: stride 0 repeats, strides
 * in another order transpose.
 */
export function stridedCopy(
  data: TypedArray,
  { Array }: Format,
  sizes: readonly number[],
  strides: readonly number[],
): TypedArray {
  const copy = new Array!(sizeOf(sizes));
  if (copy.length > 0) copyDimension(data, 0, sizes, strides, 0, copy, 0);
  return copy;
}

/** Copies one dimension and those inside it; returns where the next element goes. */
function copyDimension(
  data: TypedArray,
  from: number,
  sizes: readonly number[],
  strides: readonly number[],
  axis: number,
  copy: TypedArray,
  to: number,
): number {
  if (axis === sizes.length) {
    copy[to] = data[from];
    return to + 1;
  }
  const size = sizes[axis];
  const stride = strides[axis];
  if (axis === sizes.length - 1) {
    for (let i = 0; i < size; i++) copy[to + i] = data[from + i * stride];
    return to + size;
  }
  for (let i = 0; i < size; i++) to = copyDimension(data, from + i * stride, sizes, strides, axis + 1, copy, to);
  return to;
}

/** The strides of a dense row-major tensor. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides.unshift(stride);
    stride *= shape[axis];
  }
  return strides;
}
