import { type DType, formatOfDType } from "../../dtype.js";
import { sizeOf } from "../../shape.js";

/** A tensor in an open file, in row-major order. Plain data: it can be sent to another thread. */
export interface FileTensor {
  readonly fd: number;
  /** Where its elements begin, in bytes from the start of the file. */
  readonly begin: number;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly bigEndian: boolean;
  /** The command that reads or writes it, and what messages call it. */
  readonly command: string;
  readonly argument: string;
}

/** Bytes of an element. */
export function bytesPerElement({ dtype }: { readonly dtype: DType }): 2 | 4 | 8 {
  return formatOfDType("lanenorm", dtype).bytes;
}

/** Bytes of all elements. */
export function bytesOf(tensor: { readonly dtype: DType; readonly shape: readonly number[] }): number {
  return bytesPerElement(tensor) * sizeOf(tensor.shape);
}
