// Layer norm and RMS norm: rows that share statistics, gamma and beta per element of the row. Short and wide rows have ways
// of their own.
//
// Long rows run as a pipeline: one loop maps row r while it sums row r + 1, so additions, multiplications, loads and
// stores share the cycles and memory is read and written at a steady pace. The shift of row r + 2 is sampled before
// that loop, so that nobody waits for memory.

import { HAS_GAMMA, mapQuad, mapTail, PARAMETERS } from "./affine";
import { addWide, bytesOf, loadSplat, squaresOfFour, sumOfFour, widen, zeros } from "./lanes";
import { accumulateBlocks, accumulateTail, tailOf } from "./moments";
import { beginRow, mapRow, momentsOfRow, prescaled, settle, storeStatistics, WANTS_MOMENTS } from "./rows";
import { SHORT } from "./shift";
import { shortRows } from "./short_rows";
import { advance, BLOCK, CENTRE, CHUNK, K, LANES, LANES_SQUARED, RESIDUAL, SLOPE, STATE_BYTES } from "./state";
import { WIDE, wideRows } from "./wide_rows";

export function layerNorm<T>(
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
  if (sizeof<T>() == 4 && n <= SHORT && !(flags & WANTS_MOMENTS)) {
    shortRows(out, x, gamma, beta, mean, rstd, rows, n, eps, scratch, flags);
  } else if (sizeof<T>() == 4 && n > WIDE && (flags & PARAMETERS) == PARAMETERS) {
    wideRows(out, x, gamma, beta, mean, rstd, rows, n, eps, scratch, flags);
  } else longRows<T>(out, x, gamma, beta, mean, rstd, rows, n, eps, scratch, flags);
}


@inline
function longRows<T>(
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
  const stride = bytesOf<T>(n);
  let current = scratch;
  let next = scratch + STATE_BYTES;
  let ahead = scratch + 2 * STATE_BYTES;

  momentsOfRow<T>(current, x, n, eps, flags);
  if (rows > 1) beginRow<T>(next, x + stride, n, flags);
  for (let r = 1; r < rows; r++) {
    storeStatistics<T>(current, mean, rstd, r - 1, flags);
    if (r + 1 < rows) beginRow<T>(ahead, x + 2 * stride, n, flags);
    mapAndAccumulate<T>(out, prescaled<T>(current, out, x, n), x + stride, gamma, beta, n, current, next, flags);
    x += stride;
    out += stride;
    settle<T>(next, x, n, eps);
    const free = current;
    current = next;
    next = ahead;
    ahead = free;
  }
  storeStatistics<T>(current, mean, rstd, rows - 1, flags);
  mapRow<T>(out, prescaled<T>(current, out, x, n), gamma, beta, n, current, flags);
}

/** Maps n elements at x into out while summing the row at `following` into `next`, which has begun. */
@inline
function mapAndAccumulate<T>(
  out: usize,
  x: usize,
  following: usize,
  gamma: usize,
  beta: usize,
  n: i32,
  current: usize,
  next: usize,
  flags: i32,
): void {
  const tail = tailOf<T>(n);
  let left = n - tail;
  while (left > 0) {
    const part = min(left, CHUNK);
    fuseChunk<T>(out, x, following, gamma, beta, part, current, next, flags);
    if (part < n) advance<T>(next, part);
    const bytes = bytesOf<T>(part);
    out += bytes;
    x += bytes;
    following += bytes;
    gamma += bytes;
    beta += bytes;
    left -= part;
  }
  if (tail > 0) {
    mapTail<T>(
      out,
      x,
      gamma,
      beta,
      tail,
      load<T>(current, CENTRE),
      load<T>(current, SLOPE),
      load<T>(current, RESIDUAL),
      flags,
    );
    accumulateTail<T>(next, following, tail);
    advance<T>(next, tail);
  }
}

/**
 * The commonest case is inlined: a call costs short rows several per cent (docs/performance.md). Two rare ones have no
 * fused loop: beta alone, which loses 4 per cent, and float64 without parameters, which loses 10.
 */
// prettier-ignore
@inline
function fuseChunk<T>(out: usize, x: usize, following: usize, gamma: usize, beta: usize, count: i32, current: usize, next: usize, flags: i32): void {
  const parameters = flags & PARAMETERS;
  if (parameters == PARAMETERS) {
    if (hasResidual<T>(current)) fuseAffineResidual<T>(out, x, following, gamma, beta, count, current, next);
    else fuse<T>(out, x, following, gamma, beta, count, current, next, true, true, false);
  } else if (parameters == HAS_GAMMA) fuseGamma<T>(out, x, following, gamma, beta, count, current, next);
  else if (sizeof<T>() == 4 && parameters == 0) fusePlain<T>(out, x, following, gamma, beta, count, current, next);
  else {
    accumulateBlocks<T>(next, following, count);
    mapRow<T>(out, x, gamma, beta, count, current, flags);
  }
}

/** Whether the residual is another number than -0. */
@inline
function hasResidual<T>(state: usize): bool {
  if (sizeof<T>() == 8) return i64.load(state, RESIDUAL) != i64.MIN_VALUE;
  return i32.load(state, RESIDUAL) != i32.MIN_VALUE;
}

// prettier-ignore
function fuseAffineResidual<T>(out: usize, x: usize, following: usize, gamma: usize, beta: usize, count: i32, current: usize, next: usize): void {
  fuse<T>(out, x, following, gamma, beta, count, current, next, true, true, true);
}
// prettier-ignore
function fuseGamma<T>(out: usize, x: usize, following: usize, gamma: usize, beta: usize, count: i32, current: usize, next: usize): void {
  fuse<T>(out, x, following, gamma, beta, count, current, next, true, false, true);
}
// prettier-ignore
function fusePlain<T>(out: usize, x: usize, following: usize, gamma: usize, beta: usize, count: i32, current: usize, next: usize): void {
  fuse<T>(out, x, following, gamma, beta, count, current, next, false, false, true);
}

/**
 * The inner loops: accumulateQuads of one row and mapQuads of another, in one. `count` is a multiple of a quad, a chunk
 * at most. The sums come first and are few, so that V8 has registers for the map.
 */
@inline
function fuse<T>(
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
  const centre = loadSplat<T>(current + CENTRE);
  const slope = loadSplat<T>(current + SLOPE);
  const residual = loadSplat<T>(current + RESIDUAL);
  const k = loadSplat<T>(next + K);
  let lanes = v128.load(next, LANES);
  let squared = v128.load(next, LANES_SQUARED);
  const end = following + bytesOf<T>(count);
  do {
    const blockEnd = following + min(bytesOf<T>(BLOCK), end - following);
    let s = zeros();
    let q = zeros();
    do {
      const a = v128.sub<T>(v128.load(following), k);
      const b = v128.sub<T>(v128.load(following + 16), k);
      const c = v128.sub<T>(v128.load(following + 32), k);
      const d = v128.sub<T>(v128.load(following + 48), k);
      s = v128.add<T>(s, sumOfFour<T>(a, b, c, d));
      q = v128.add<T>(q, squaresOfFour<T>(a, b, c, d));
      mapQuad<T>(out, x, gamma, beta, centre, slope, residual, hasResidual, hasGamma, hasBeta);
      following += 64;
      x += 64;
      out += 64;
      if (hasGamma) gamma += 64;
      if (hasBeta) beta += 64;
    } while (following != blockEnd);
    if (sizeof<T>() == 8) {
      addWide<T>(next + LANES, s);
      addWide<T>(next + LANES_SQUARED, q);
    } else {
      lanes = f64x2.add(lanes, widen(s));
      squared = f64x2.add(squared, widen(q));
    }
  } while (following != end);
  if (sizeof<T>() == 8) return;
  v128.store(next, lanes, LANES);
  v128.store(next, squared, LANES_SQUARED);
}
