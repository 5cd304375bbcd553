// Sums of float32 elements: float64 additions, which lose nothing that a float32 result shows.

import type { State } from "./state.js";

/** Four accumulators each, because one would wait for itself at every addition. */
export function addRun(x: Float32Array, i: number, n: number, state: State, column: number): void {
  const shift = state.shift[column];
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let q0 = 0;
  let q1 = 0;
  let q2 = 0;
  let q3 = 0;
  const end = i + n;
  const quadEnd = end - (n % 4);
  for (; i < quadEnd; i += 4) {
    const d0 = x[i] - shift;
    const d1 = x[i + 1] - shift;
    const d2 = x[i + 2] - shift;
    const d3 = x[i + 3] - shift;
    s0 += d0;
    s1 += d1;
    s2 += d2;
    s3 += d3;
    q0 += d0 * d0;
    q1 += d1 * d1;
    q2 += d2 * d2;
    q3 += d3 * d3;
  }
  for (; i < end; i++) {
    const d = x[i] - shift;
    s0 += d;
    q0 += d * d;
  }
  state.sum[column] += s0 + s1 + (s2 + s3);
  state.squares[column] += q0 + q1 + (q2 + q3);
}

/** Four steps at a time, because the sums pass through memory. */
export function addColumns(
  x: Float32Array,
  i: number,
  steps: number,
  stride: number,
  columns: number,
  state: State,
): void {
  const { shift, sum, squares } = state;
  let step = 0;
  for (; step + 4 <= steps; step += 4) {
    const [i1, i2, i3] = [i + stride, i + 2 * stride, i + 3 * stride];
    for (let column = 0; column < columns; column++) {
      const k = shift[column];
      const d0 = x[i + column] - k;
      const d1 = x[i1 + column] - k;
      const d2 = x[i2 + column] - k;
      const d3 = x[i3 + column] - k;
      sum[column] += d0 + d1 + (d2 + d3);
      squares[column] += d0 * d0 + d1 * d1 + (d2 * d2 + d3 * d3);
    }
    i += 4 * stride;
  }
  for (; step < steps; step++) {
    for (let column = 0; column < columns; column++) {
      const d = x[i + column] - shift[column];
      sum[column] += d;
      squares[column] += d * d;
    }
    i += stride;
  }
}
