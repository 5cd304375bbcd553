// The maps. Both subtract a centre first: x - centre is nearly exact where the textbook form
// x * rstd + (-mean * rstd) loses |mean| / std digits.
//
//   global:      y = (x - centre) * scale + bias                         ATen group_norm_kernel.cpp: scale * x + bias
//   vectorized:  y = ((x - centre) * scale + residual) * gamma + beta    ATen layer_norm_kernel.cpp:
//                                                                        (x * scale + bias) * gamma + beta

import { bytesOf } from "./lanes";
import { tailOf } from "./moments";

// prettier-ignore
@inline
export function globalOf<T>(x: v128, centre: v128, scale: v128, bias: v128): v128 {
  return v128.add<T>(v128.mul<T>(v128.sub<T>(x, centre), scale), bias);
}

/** One centre, scale and bias for `count` elements; out may be x. */
export function mapGlobal<T>(out: usize, x: usize, count: i32, centre: T, scale: T, bias: T): void {
  const tail = tailOf<T>(count);
  const done = bytesOf<T>(count - tail);
  if (done > 0) mapGlobalQuads<T>(out, x, x + done, centre, scale, bias);
  mapGlobalTail<T>(out + done, x + done, tail, centre, scale, bias);
}


@inline
function mapGlobalQuads<T>(out: usize, x: usize, end: usize, centre: T, scale: T, bias: T): void {
  const c = v128.splat<T>(centre);
  const s = v128.splat<T>(scale);
  const b = v128.splat<T>(bias);
  do {
    v128.store(out, globalOf<T>(v128.load(x), c, s, b));
    v128.store(out + 16, globalOf<T>(v128.load(x + 16), c, s, b));
    v128.store(out + 32, globalOf<T>(v128.load(x + 32), c, s, b));
    v128.store(out + 48, globalOf<T>(v128.load(x + 48), c, s, b));
    x += 64;
    out += 64;
  } while (x != end);
}


@inline
function mapGlobalTail<T>(out: usize, x: usize, count: i32, centre: T, scale: T, bias: T): void {
  for (; count > 0; count--) {
    store<T>(out, <T>((load<T>(x) - centre) * scale + bias));
    x += sizeof<T>();
    out += sizeof<T>();
  }
}

/** Which parameters a vectorized map has. */
export const HAS_GAMMA: i32 = 1;
export const HAS_BETA: i32 = 2;
export const PARAMETERS: i32 = HAS_GAMMA | HAS_BETA;

/** (x - centre) * scale, + residual where there is one. */
@inline
export function standardize<T>(x: v128, centre: v128, scale: v128, residual: v128, hasResidual: bool): v128 {
  const y = v128.mul<T>(v128.sub<T>(x, centre), scale);
  return hasResidual ? v128.add<T>(y, residual) : y;
}

/** * gamma + beta, each read at its address where there is one. */
@inline
export function affine<T>(y: v128, gamma: usize, beta: usize, hasGamma: bool, hasBeta: bool): v128 {
  const scaled = hasGamma ? v128.mul<T>(y, v128.load(gamma)) : y;
  return hasBeta ? v128.add<T>(scaled, v128.load(beta)) : scaled;
}

/** The vectorized map of one quad. */
@inline
export function mapQuad<T>(
  out: usize,
  x: usize,
  gamma: usize,
  beta: usize,
  c: v128,
  s: v128,
  r: v128,
  hasResidual: bool,
  hasGamma: bool,
  hasBeta: bool,
): void {
  mapVector<T>(out, x, gamma, beta, c, s, r, hasResidual, hasGamma, hasBeta);
  mapVector<T>(out + 16, x + 16, gamma + 16, beta + 16, c, s, r, hasResidual, hasGamma, hasBeta);
  mapVector<T>(out + 32, x + 32, gamma + 32, beta + 32, c, s, r, hasResidual, hasGamma, hasBeta);
  mapVector<T>(out + 48, x + 48, gamma + 48, beta + 48, c, s, r, hasResidual, hasGamma, hasBeta);
}


@inline
function mapVector<T>(
  out: usize,
  x: usize,
  gamma: usize,
  beta: usize,
  c: v128,
  s: v128,
  r: v128,
  hasResidual: bool,
  hasGamma: bool,
  hasBeta: bool,
): void {
  v128.store(out, affine<T>(standardize<T>(v128.load(x), c, s, r, hasResidual), gamma, beta, hasGamma, hasBeta));
}

/** A vectorized map over whole quads; `bytes` is a multiple of 64. */
@inline
function mapQuads<T>(
  out: usize,
  x: usize,
  gamma: usize,
  beta: usize,
  bytes: usize,
  centre: T,
  scale: T,
  residual: T,
  hasGamma: bool,
  hasBeta: bool,
): void {
  const c = v128.splat<T>(centre);
  const s = v128.splat<T>(scale);
  const r = v128.splat<T>(residual);
  const end = x + bytes;
  do {
    mapQuad<T>(out, x, gamma, beta, c, s, r, true, hasGamma, hasBeta);
    out += 64;
    x += 64;
    if (hasGamma) gamma += 64;
    if (hasBeta) beta += 64;
  } while (x != end);
}

/** The last elements of a vectorized map, fewer than a quad. */
export function mapTail<T>(
  out: usize,
  x: usize,
  gamma: usize,
  beta: usize,
  count: i32,
  centre: T,
  scale: T,
  residual: T,
  flags: i32,
): void {
  for (; count > 0; count--) {
    let y = <T>((load<T>(x) - centre) * scale + residual);
    if (flags & HAS_GAMMA) y = <T>(y * load<T>(gamma));
    if (flags & HAS_BETA) y = <T>(y + load<T>(beta));
    store<T>(out, y);
    out += sizeof<T>();
    x += sizeof<T>();
    gamma += sizeof<T>();
    beta += sizeof<T>();
  }
}

/** One gamma and beta per element, besides the row's own centre, scale and residual; out may be x. */
export function mapVectorized<T>(
  out: usize,
  x: usize,
  gamma: usize,
  beta: usize,
  count: i32,
  centre: T,
  scale: T,
  residual: T,
  flags: i32,
): void {
  const tail = tailOf<T>(count);
  const done = bytesOf<T>(count - tail);
  if (done > 0) {
    const parameters = flags & PARAMETERS;
    if (parameters == PARAMETERS) mapQuads<T>(out, x, gamma, beta, done, centre, scale, residual, true, true);
    else if (parameters == HAS_GAMMA) mapQuads<T>(out, x, gamma, beta, done, centre, scale, residual, true, false);
    else if (parameters == HAS_BETA) mapQuads<T>(out, x, gamma, beta, done, centre, scale, residual, false, true);
    else mapQuads<T>(out, x, gamma, beta, done, centre, scale, residual, false, false);
  }
  mapTail<T>(out + done, x + done, gamma + done, beta + done, tail, centre, scale, residual, flags);
}
