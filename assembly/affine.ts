// The maps. Both subtract a centre first: x - centre is nearly exact where the textbook form
// x * rstd + (-mean * rstd) loses |mean| / std digits.
//
//   global:      y = (x - centre) * scale + bias                         ATen group_norm_kernel.cpp: scale * x + bias
//   vectorized:  y = ((x - centre) * scale + residual) * gamma + beta    ATen layer_norm_kernel.cpp:
//                                                                        (x * scale + bias) * gamma + beta

import { add4, load4, mul4, SHIFT, store4, sub4 } from "./lanes";
import { QUAD } from "./moments";

// prettier-ignore
@inline
function global4(x: v128, centre: v128, scale: v128, bias: v128): v128 {
  return add4(mul4(sub4(x, centre), scale), bias);
}

/** One centre, scale and bias for `count` elements; out may be x. */
export function mapGlobal(out: usize, x: usize, count: i32, centre: f32, scale: f32, bias: f32): void {
  const quads = count & ~(QUAD - 1);
  const done = (<usize>quads) << SHIFT;
  if (quads > 0) mapGlobalQuads(out, x, x + done, centre, scale, bias);
  mapGlobalTail(out + done, x + done, count & (QUAD - 1), centre, scale, bias);
}


@inline
function mapGlobalQuads(out: usize, x: usize, end: usize, centre: f32, scale: f32, bias: f32): void {
  const c = f32x4.splat(centre);
  const s = f32x4.splat(scale);
  const b = f32x4.splat(bias);
  do {
    store4(out, global4(load4(x), c, s, b));
    store4(out + 16, global4(load4(x + 16), c, s, b));
    store4(out + 32, global4(load4(x + 32), c, s, b));
    store4(out + 48, global4(load4(x + 48), c, s, b));
    x += 64;
    out += 64;
  } while (x != end);
}


@inline
function mapGlobalTail(out: usize, x: usize, count: i32, centre: f32, scale: f32, bias: f32): void {
  for (; count > 0; count--) {
    f32.store(out, (f32.load(x) - centre) * scale + bias);
    x += 4;
    out += 4;
  }
}

/** Which parameters a vectorized map has. */
export const HAS_GAMMA: i32 = 1;
export const HAS_BETA: i32 = 2;

/** (x - centre) * scale, + residual where there is one. */
@inline
export function standardize4(x: v128, centre: v128, scale: v128, residual: v128, hasResidual: bool): v128 {
  const y = mul4(sub4(x, centre), scale);
  return hasResidual ? add4(y, residual) : y;
}

/** * gamma + beta, each read at its address where there is one. */
@inline
export function affine4(y: v128, gamma: usize, beta: usize, hasGamma: bool, hasBeta: bool): v128 {
  const scaled = hasGamma ? mul4(y, load4(gamma)) : y;
  return hasBeta ? add4(scaled, load4(beta)) : scaled;
}

/** A vectorized map over whole quads; count is a multiple of 16. */
@inline
function mapQuads(
  out: usize,
  x: usize,
  gamma: usize,
  beta: usize,
  count: i32,
  centre: f32,
  scale: f32,
  residual: f32,
  hasGamma: bool,
  hasBeta: bool,
): void {
  const c = f32x4.splat(centre);
  const s = f32x4.splat(scale);
  const r = f32x4.splat(residual);
  const end = x + ((<usize>count) << SHIFT);
  do {
    store4(out, affine4(standardize4(load4(x), c, s, r, true), gamma, beta, hasGamma, hasBeta));
    store4(out + 16, affine4(standardize4(load4(x + 16), c, s, r, true), gamma + 16, beta + 16, hasGamma, hasBeta));
    store4(out + 32, affine4(standardize4(load4(x + 32), c, s, r, true), gamma + 32, beta + 32, hasGamma, hasBeta));
    store4(out + 48, affine4(standardize4(load4(x + 48), c, s, r, true), gamma + 48, beta + 48, hasGamma, hasBeta));
    out += 64;
    x += 64;
    if (hasGamma) gamma += 64;
    if (hasBeta) beta += 64;
  } while (x != end);
}

/** The last count % 16 elements of a vectorized map. */
export function mapTail(
  out: usize,
  x: usize,
  gamma: usize,
  beta: usize,
  count: i32,
  centre: f32,
  scale: f32,
  residual: f32,
  parameters: i32,
): void {
  for (; count > 0; count--) {
    let y: f32 = (f32.load(x) - centre) * scale + residual;
    if (parameters & HAS_GAMMA) y *= f32.load(gamma);
    if (parameters & HAS_BETA) y += f32.load(beta);
    f32.store(out, y);
    out += 4;
    x += 4;
    gamma += 4;
    beta += 4;
  }
}

/** One gamma and beta per element, besides the row's own centre, scale and residual; out may be x. */
export function mapVectorized(
  out: usize,
  x: usize,
  gamma: usize,
  beta: usize,
  count: i32,
  centre: f32,
  scale: f32,
  residual: f32,
  parameters: i32,
): void {
  const quads = count & ~(QUAD - 1);
  if (quads > 0) {
    if (parameters == (HAS_GAMMA | HAS_BETA)) mapQuads(out, x, gamma, beta, quads, centre, scale, residual, true, true);
    else if (parameters == HAS_GAMMA) mapQuads(out, x, gamma, beta, quads, centre, scale, residual, true, false);
    else if (parameters == HAS_BETA) mapQuads(out, x, gamma, beta, quads, centre, scale, residual, false, true);
    else mapQuads(out, x, gamma, beta, quads, centre, scale, residual, false, false);
  }
  const done = (<usize>quads) << SHIFT;
  mapTail(out + done, x + done, gamma + done, beta + done, count & (QUAD - 1), centre, scale, residual, parameters);
}

/**
 * A vectorized map with gamma and beta over two rows' whole quads, `stride` bytes apart: the parameters are loaded once
 * for both. `first` and `second` are the addresses of each row's centre, scale and residual.
 */
@inline
export function mapPairQuads(
  out: usize,
  x: usize,
  gamma: usize,
  beta: usize,
  quads: i32,
  stride: usize,
  first: usize,
  second: usize,
  residuals: bool,
): void {
  const c0 = v128.load32_splat(first);
  const s0 = v128.load32_splat(first, 4);
  const r0 = v128.load32_splat(first, 8);
  const c1 = v128.load32_splat(second);
  const s1 = v128.load32_splat(second, 4);
  const r1 = v128.load32_splat(second, 8);
  const end = gamma + ((<usize>quads) << SHIFT);
  let x1 = x + stride;
  let out1 = out + stride;
  do {
    mapBoth(out, x, out1, x1, gamma, beta, c0, s0, r0, c1, s1, r1, residuals);
    mapBoth(out + 16, x + 16, out1 + 16, x1 + 16, gamma + 16, beta + 16, c0, s0, r0, c1, s1, r1, residuals);
    mapBoth(out + 32, x + 32, out1 + 32, x1 + 32, gamma + 32, beta + 32, c0, s0, r0, c1, s1, r1, residuals);
    mapBoth(out + 48, x + 48, out1 + 48, x1 + 48, gamma + 48, beta + 48, c0, s0, r0, c1, s1, r1, residuals);
    gamma += 64;
    beta += 64;
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
): void {
  const g = load4(gamma);
  const b = load4(beta);
  store4(out0, add4(mul4(standardize4(load4(x0), c0, s0, r0, residuals), g), b));
  store4(out1, add4(mul4(standardize4(load4(x1), c1, s1, r1, residuals), g), b));
}
