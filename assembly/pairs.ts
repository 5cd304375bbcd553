// A vectorized map over two neighbouring rows at once: the parameters are loaded once for both.

import { standardize } from "./affine";
import { loadSplat } from "./lanes";

/** mapPairQuads with everything that there can be. */
// prettier-ignore
export function mapPairAffine<T>(out: usize, x: usize, gamma: usize, beta: usize, bytes: usize, stride: usize, first: usize, second: usize, step: usize): void {
  mapPairQuads<T>(out, x, gamma, beta, bytes, stride, first, second, step, true, true);
}

/**
 * Whole quads of two rows, `bytes` each (a multiple of 64, not 0) and `stride` bytes apart. `first` and `second` are the
 * addresses of each row's centre; its scale and residual follow `step` and 2 * `step` bytes on.
 */
@inline
export function mapPairQuads<T>(
  out: usize,
  x: usize,
  gamma: usize,
  beta: usize,
  bytes: usize,
  stride: usize,
  first: usize,
  second: usize,
  step: usize,
  residuals: bool,
  hasBeta: bool,
): void {
  const c0 = loadSplat<T>(first);
  const s0 = loadSplat<T>(first + step);
  const r0 = loadSplat<T>(first + 2 * step);
  const c1 = loadSplat<T>(second);
  const s1 = loadSplat<T>(second + step);
  const r1 = loadSplat<T>(second + 2 * step);
  const end = gamma + bytes;
  let x1 = x + stride;
  let out1 = out + stride;
  do {
    mapBoth<T>(out, x, out1, x1, gamma, beta, c0, s0, r0, c1, s1, r1, residuals, hasBeta);
    mapBoth<T>(out + 16, x + 16, out1 + 16, x1 + 16, gamma + 16, beta + 16, c0, s0, r0, c1, s1, r1, residuals, hasBeta);
    mapBoth<T>(out + 32, x + 32, out1 + 32, x1 + 32, gamma + 32, beta + 32, c0, s0, r0, c1, s1, r1, residuals, hasBeta);
    mapBoth<T>(out + 48, x + 48, out1 + 48, x1 + 48, gamma + 48, beta + 48, c0, s0, r0, c1, s1, r1, residuals, hasBeta);
    gamma += 64;
    if (hasBeta) beta += 64;
    x += 64;
    x1 += 64;
    out += 64;
    out1 += 64;
  } while (gamma != end);
}


@inline
function mapBoth<T>(
  out0: usize,
  x0: usize,
  out1: usize,
  x1: usize,
  gamma: usize,
  beta: usize,
  c0: v128,
  s0: v128,
  r0: v128,
  c1: v128,
  s1: v128,
  r1: v128,
  residuals: bool,
  hasBeta: bool,
): void {
  const g = v128.load(gamma);
  const y0 = v128.mul<T>(standardize<T>(v128.load(x0), c0, s0, r0, residuals), g);
  if (hasBeta) {
    const b = v128.load(beta);
    v128.store(out0, v128.add<T>(y0, b));
    v128.store(out1, v128.add<T>(v128.mul<T>(standardize<T>(v128.load(x1), c1, s1, r1, residuals), g), b));
  } else {
    v128.store(out0, y0);
    v128.store(out1, v128.mul<T>(standardize<T>(v128.load(x1), c1, s1, r1, residuals), g));
  }
}
