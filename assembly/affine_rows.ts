// The two maps by themselves, with the caller's coefficients.

import { HAS_BETA, HAS_GAMMA, mapGlobal, mapVectorized } from "./affine";
import { SHIFT } from "./lanes";

/** y = scale * x + bias over `runs` runs of `span` elements; run i has the coefficients of index i % period. */
// prettier-ignore
export function affineGlobal(out: usize, x: usize, scale: usize, bias: usize, runs: i32, span: i32, period: i32): void {
  const bytes = <usize>span << SHIFT;
  let index: usize = 0;
  for (let run = 0; run < runs; run++) {
    mapGlobal(out, x, span, 0, f32.load(scale + (index << SHIFT)), f32.load(bias + (index << SHIFT)));
    x += bytes;
    out += bytes;
    if (++index == <usize>period) index = 0;
  }
}

/** y = (x * scale + bias) * gamma + beta over `rows` rows of n elements; scale and bias per row. */
// prettier-ignore
export function affineVectorized(out: usize, x: usize, scale: usize, bias: usize, gamma: usize, beta: usize, rows: i32, n: i32): void {
  const bytes = <usize>n << SHIFT;
  for (let row = 0; row < rows; row++) {
    mapVectorized(out, x, gamma, beta, n, 0, f32.load(scale), f32.load(bias), HAS_GAMMA | HAS_BETA);
    x += bytes;
    out += bytes;
    scale += 1 << SHIFT;
    bias += 1 << SHIFT;
  }
}
