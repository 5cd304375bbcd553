import type { DType } from "../../dtype.js";

/** Where a tensor lies in an open file; or in another, into which it had to be unpacked. */
export interface Location {
  readonly fd: number;
  /** In bytes from the start of the file. */
  readonly begin: number;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly bigEndian: boolean;
  /** Whether the first index runs fastest, where that makes a difference. */
  readonly fortranOrder: boolean;
}
