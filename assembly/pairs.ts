// A vectorized map over two neighbouring rows of float32 at once: the parameters are loaded once for both.

import { standardize } from "./affine";
import { loadSplat } from "./lanes";

/** mapPairQuads with everything that there can be. */
// prettier-ignore
export function mapPairAffine(out: usize, x: usize, gamma: usize, beta: usize, bytes: usize, stride: usize, first: usize, second: usize, step: usize): void {
  mapPairQuads(out, x, gamma, beta, bytes, stride, first, second, step, true, true);
}

/**
 * Whole quads of two rows, `bytes` each (a multiple of 64, not 0) and `stride` bytes apart. `first` and `second` are the
 * addresses of each row's centre; its scale and residual follow `step` and 2 * `step` bytes on.
 */
@inline
export function mapPairQuads(
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
  const c0 = loadSplat<f32>(first);
  const s0 = loadSplat<f32>(first + step);
  const r0 = loadSplat<f32>(first + 2 * step);
  const c1 = loadSplat<f32>(second);
  const s1 = loadSplat<f32>(second + step);
  const r1 = loadSplat<f32>(second + 2 * step);
  const end = gamma + bytes;
  let x1 = x + stride;
  let out1 = out + stride;
  do {
    mapBoth(out, x, out1, x1, gamma, beta, c0, s0, r0, c1, s1, r1, residuals, hasBeta);
    mapBoth(out + 16, x + 16, out1 + 16, x1 + 16, gamma + 16, beta + 16, c0, s0, r0, c1, s1, r1, residuals, hasBeta);
    mapBoth(out + 32, x + 32, out1 + 32, x1 + 32, gamma + 32, beta + 32, c0, s0, r0, c1, s1, r1, residuals, hasBeta);
    mapBoth(out + 48, x + 48, out1 + 48, x1 + 48, gamma + 48, beta + 48, c0, s0, r0, c1, s1, r1, residuals, hasBeta);
    gamma += 64;
    if (hasBeta) beta += 64;
    x += 64;
    x1 += 64;
    out += 64;
    out1 += 64;
  } while (gamma != end);
}


@inline
function mapBoth(
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
  const y0 = f32x4.mul(standardize<f32>(v128.load(x0), c0, s0, r0, residuals), g);
  if (hasBeta) {
    const b = v128.load(beta);
    v128.store(out0, f32x4.add(y0, b));
    v128.store(out1, f32x4.add(f32x4.mul(standardize<f32>(v128.load(x1), c1, s1, r1, residuals), g), b));
  } else {
    v128.store(out0, y0);
    v128.store(out1, f32x4.mul(standardize<f32>(v128.load(x1), c1, s1, r1, residuals), g));
  }
}
