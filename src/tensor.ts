import type { DType, TypedArray } from "./dtype.js";

/** What every function accepts: dense row-major data and its shape. */
export interface TensorLike {
  readonly data: TypedArray;
  readonly shape: readonly number[];
  readonly dtype?: DType;
}
