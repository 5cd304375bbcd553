// The reduction by itself.

import { SHIFT } from "./lanes";
import { MEAN, SCALE, VARIANCE } from "./moments";
import { momentsOfRow } from "./rows";

/** Mean and biased variance, float32, of `rows` rows of n elements. */
export function rowMoments(mean: usize, variance: usize, x: usize, rows: i32, n: i32, scratch: usize): void {
  const inverse = 1 / <f64>n;
  for (let row = 0; row < rows; row++) {
    momentsOfRow(scratch, x, n, inverse, 0);
    storeMoments(scratch, mean, variance);
    x += (<usize>n) << SHIFT;
    mean += 1 << SHIFT;
    variance += 1 << SHIFT;
  }
}

/** Mean and biased variance of a row that is finished, in the units of x. */
export function storeMoments(state: usize, mean: usize, variance: usize): void {
  const scale = <f64>f32.load(state, SCALE);
  f32.store(mean, <f32>(f64.load(state, MEAN) / scale));
  f32.store(variance, <f32>(f64.load(state, VARIANCE) / (scale * scale)));
}
