// The reduction by itself.

import { bytesOf } from "./lanes";
import { momentsOfRow, storeMoments, WANTS_MOMENTS } from "./rows";

/** Mean and biased variance, T or with WANTS_MOMENTS float64, of `rows` rows of n elements. */
// prettier-ignore
export function rowMoments<T>(mean: usize, variance: usize, x: usize, rows: i32, n: i32, scratch: usize, flags: i32): void {
  for (let row = 0; row < rows; row++) {
    momentsOfRow<T>(scratch, x, n, 0, flags);
    if (flags & WANTS_MOMENTS) storeMoments<T, f64>(scratch, mean, variance, row, flags);
    else storeMoments<T, T>(scratch, mean, variance, row, flags);
    x += bytesOf<T>(n);
  }
}
