// Layer norm: rows that share statistics, gamma and beta per element of the row. Short and wide rows have ways of their own.
//
// Long rows run as a pipeline: one loop maps row r while it sums row r + 1, so additions, multiplications, loads and
// stores share the cycles and memory is read and written at a steady pace. The shift of row r + 2 is sampled before
// that loop, so that nobody waits for memory.

import { affine4, HAS_BETA, HAS_GAMMA, mapTail, standardize4 } from "./affine";
import { add4, load4, SHIFT, squaresOfFour, store4, sub4, sumOfFour, widen, zero4 } from "./lanes";
import {
  accumulateTail,
  advance,
  begin,
  BLOCK,
  CENTRE,
  CHUNK,
  firstShift,
  K,
  LANES,
  LANES_SQUARED,
  QUAD,
  RESIDUAL,
  SHORT,
  SLOPE,
  STATE_BYTES,
} from "./moments";
import { mapRow, momentsOfRow, prescaled, settle, storeStatistics, WANTS_STATISTICS } from "./rows";
import { shortRows } from "./short_rows";
import { WIDE, wideRows } from "./wide_rows";

export function layerNorm(
  out: usize,
  x: usize,
  gamma: usize,
  beta: usize,
  mean: usize,
  rstd: usize,
  rows: i32,
  n: i32,
  eps: f64,
  scratch: usize,
  flags: i32,
): void {
  if (n <= SHORT) shortRows(out, x, gamma, beta, mean, rstd, rows, n, eps, scratch, flags);
  else if (n > WIDE && flags & HAS_GAMMA && flags & HAS_BETA) {
    wideRows(out, x, gamma, beta, mean, rstd, rows, n, eps, scratch, flags);
  } else longRows(out, x, gamma, beta, mean, rstd, rows, n, eps, scratch, flags);
}

function longRows(
  out: usize,
  x: usize,
  gamma: usize,
  beta: usize,
  mean: usize,
  rstd: usize,
  rows: i32,
  n: i32,
  eps: f64,
  scratch: usize,
  flags: i32,
): void {
  const inverse = 1 / <f64>n;
  const stride = (<usize>n) << SHIFT;
  const parameters = flags & (HAS_GAMMA | HAS_BETA);
  let current = scratch;
  let next = scratch + STATE_BYTES;
  let ahead = scratch + 2 * STATE_BYTES;

  momentsOfRow(current, x, n, inverse, eps);
  if (rows > 1) begin(next, firstShift(x + stride, n), 1, 0);
  for (let r = 1; r < rows; r++) {
    if (flags & WANTS_STATISTICS) storeStatistics(current, mean, rstd, r - 1);
    if (r + 1 < rows) begin(ahead, firstShift(x + 2 * stride, n), 1, 0);
    mapAndAccumulate(out, prescaled(current, out, x, n), x + stride, gamma, beta, n, current, next, parameters);
    x += stride;
    out += stride;
    settle(next, x, n, inverse, eps);
    const free = current;
    current = next;
    next = ahead;
    ahead = free;
  }
  if (flags & WANTS_STATISTICS) storeStatistics(current, mean, rstd, rows - 1);
  mapRow(out, prescaled(current, out, x, n), gamma, beta, n, current, parameters);
}

/** Maps n elements at x into out while summing the row at `following` into `next`, which has begun. */
function mapAndAccumulate(
  out: usize,
  x: usize,
  following: usize,
  gamma: usize,
  beta: usize,
  n: i32,
  current: usize,
  next: usize,
  parameters: i32,
): void {
  const tail = n & (QUAD - 1);
  let left = n - tail;
  while (left > 0) {
    const part = min(left, CHUNK);
    fuseChunk(out, x, following, gamma, beta, part, current, next, parameters);
    if (part < n) advance(next, part);
    const bytes = (<usize>part) << SHIFT;
    out += bytes;
    x += bytes;
    following += bytes;
    gamma += bytes;
    beta += bytes;
    left -= part;
  }
  if (tail > 0) {
    mapTail(
      out,
      x,
      gamma,
      beta,
      tail,
      f32.load(current, CENTRE),
      f32.load(current, SLOPE),
      f32.load(current, RESIDUAL),
      parameters,
    );
    accumulateTail(next, following, tail);
    advance(next, tail);
  }
}

// prettier-ignore
function fuseChunk(out: usize, x: usize, following: usize, gamma: usize, beta: usize, count: i32, current: usize, next: usize, parameters: i32): void {
  const residual = reinterpret<u32>(f32.load(current, RESIDUAL)) != 0x80000000;
  if (parameters == (HAS_GAMMA | HAS_BETA)) {
    if (residual) fuseAffineResidual(out, x, following, gamma, beta, count, current, next);
    else fuseAffine(out, x, following, gamma, beta, count, current, next);
  } else if (parameters == HAS_GAMMA) fuseGamma(out, x, following, gamma, beta, count, current, next);
  else if (parameters == HAS_BETA) fuseBeta(out, x, following, gamma, beta, count, current, next);
  else fusePlain(out, x, following, gamma, beta, count, current, next);
}

// prettier-ignore
function fuseAffineResidual(out: usize, x: usize, following: usize, gamma: usize, beta: usize, count: i32, current: usize, next: usize): void {
  fuse(out, x, following, gamma, beta, count, current, next, true, true, true);
}
// prettier-ignore
function fuseAffine(out: usize, x: usize, following: usize, gamma: usize, beta: usize, count: i32, current: usize, next: usize): void {
  fuse(out, x, following, gamma, beta, count, current, next, true, true, false);
}
// prettier-ignore
function fuseGamma(out: usize, x: usize, following: usize, gamma: usize, beta: usize, count: i32, current: usize, next: usize): void {
  fuse(out, x, following, gamma, beta, count, current, next, true, false, true);
}
// prettier-ignore
function fuseBeta(out: usize, x: usize, following: usize, gamma: usize, beta: usize, count: i32, current: usize, next: usize): void {
  fuse(out, x, following, gamma, beta, count, current, next, false, true, true);
}
// prettier-ignore
function fusePlain(out: usize, x: usize, following: usize, gamma: usize, beta: usize, count: i32, current: usize, next: usize): void {
  fuse(out, x, following, gamma, beta, count, current, next, false, false, true);
}

/**
 * The inner loops: accumulateQuads of one row and mapQuads of another, in one. `count` is a multiple of 16, a chunk
 * at most. The sums come first and are few, so that V8 has registers for the map.
 */
@inline
function fuse(
  out: usize,
  x: usize,
  following: usize,
  gamma: usize,
  beta: usize,
  count: i32,
  current: usize,
  next: usize,
  hasGamma: bool,
  hasBeta: bool,
  hasResidual: bool,
): void {
  const centre = v128.load32_splat(current, CENTRE);
  const slope = v128.load32_splat(current, SLOPE);
  const residual = v128.load32_splat(current, RESIDUAL);
  const k = v128.load32_splat(next, K);
  let lanes = v128.load(next, LANES);
  let squared = v128.load(next, LANES_SQUARED);
  const end = following + ((<usize>count) << SHIFT);
  do {
    const blockEnd = following + min((<usize>BLOCK) << SHIFT, end - following);
    let s = zero4();
    let q = zero4();
    do {
      const a = sub4(load4(following), k);
      const b = sub4(load4(following + 16), k);
      const c = sub4(load4(following + 32), k);
      const d = sub4(load4(following + 48), k);
      s = add4(s, sumOfFour<f32>(a, b, c, d));
      q = add4(q, squaresOfFour<f32>(a, b, c, d));
      // prettier-ignore
      store4(out, affine4(standardize4(load4(x), centre, slope, residual, hasResidual), gamma, beta, hasGamma, hasBeta));
      // prettier-ignore
      store4(out + 16, affine4(standardize4(load4(x + 16), centre, slope, residual, hasResidual), gamma + 16, beta + 16, hasGamma, hasBeta));
      // prettier-ignore
      store4(out + 32, affine4(standardize4(load4(x + 32), centre, slope, residual, hasResidual), gamma + 32, beta + 32, hasGamma, hasBeta));
      // prettier-ignore
      store4(out + 48, affine4(standardize4(load4(x + 48), centre, slope, residual, hasResidual), gamma + 48, beta + 48, hasGamma, hasBeta));
      following += 64;
      x += 64;
      out += 64;
      if (hasGamma) gamma += 64;
      if (hasBeta) beta += 64;
    } while (following != blockEnd);
    lanes = f64x2.add(lanes, widen(s));
    squared = f64x2.add(squared, widen(q));
  } while (following != end);
  v128.store(next, lanes, LANES);
  v128.store(next, squared, LANES_SQUARED);
}
