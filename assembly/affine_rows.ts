// The two maps by themselves, with the caller's coefficients.

import { HAS_BETA, HAS_GAMMA, mapGlobal, mapVectorized } from "./affine";
import { bytesOf } from "./lanes";

/**
 * y = (x - centre) * scale + bias over `runs` runs of `span` elements; run i has the coefficients of index i % period.
 * Without centres, at address 0, they are 0.
 */
// prettier-ignore
export function affineGlobal<T>(out: usize, x: usize, centre: usize, scale: usize, bias: usize, runs: i32, span: i32, period: i32): void {
  const bytes = bytesOf<T>(span);
  let index = 0;
  for (let run = 0; run < runs; run++) {
    const at = bytesOf<T>(index);
    mapGlobal<T>(out, x, span, centre ? load<T>(centre + at) : 0, load<T>(scale + at), load<T>(bias + at));
    x += bytes;
    out += bytes;
    if (++index == period) index = 0;
  }
}

/** y = (x * scale + bias) * gamma + beta over `rows` rows of n elements; scale and bias per row. */
// prettier-ignore
export function affineVectorized<T>(out: usize, x: usize, scale: usize, bias: usize, gamma: usize, beta: usize, rows: i32, n: i32): void {
  const bytes = bytesOf<T>(n);
  for (let row = 0; row < rows; row++) {
    mapVectorized<T>(out, x, gamma, beta, n, 0, load<T>(scale), load<T>(bias), HAS_GAMMA | HAS_BETA);
    x += bytes;
    out += bytes;
    scale += sizeof<T>();
    bias += sizeof<T>();
  }
}
