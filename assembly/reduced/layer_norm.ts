// Layer norm and RMS norm of bfloat16 rows in one sweep, to the bits of decode_bf16, layer_norm_f32 and encode_bf16.
//
// The pipeline of layer_norm.ts, with numbers of 16 bits at both ends. It has but one inner loop, for the commonest rows. All
// others go the way of float32, in a decoded copy: rows that need repairs, a scale or a residual, and NaN.
//
// The loop rounds without a test for NaN, which would be a third of the rounding. It may, because none of its operands is
// NaN: a row with NaN, or centred with an infinity, has a slope of NaN and goes the other way, and so do all rows if
// a parameter is NaN. What NaN it meets is made by arithmetic on numbers, as by 0 * Infinity, and that is canonical by
// WebAssembly's rules: its low half is zero, so rounding leaves it as it is.

import { affine, PARAMETERS, standardize } from "../affine";
import { decodeBf16, encodeBf16 } from "../convert";
import { finish, SETTLED } from "../finish";
import { bytesOf, squaresOfFour, sumOfFour, widen, zeros } from "../lanes";
import { accumulateTail, tailOf } from "../moments";
import { beginRow, mapRow, momentsOfRow, prescaled, storeStatistics } from "../rows";
import {
  BLOCK,
  CENTRE,
  CHUNK,
  closeChunk,
  K,
  LANES,
  LANES_SQUARED,
  RESIDUAL,
  SCALE,
  SLOPE,
  STATE_BYTES,
} from "../state";
import { firstFour, lastFour, rounded } from "./bfloat16";

/** From this length on, a row's first shift may be of numbers spread over it; else it is of those it begins with. */
const LONG: i32 = 4096;
/** As many numbers as a shift looks at in one place, or more. */
const SAMPLE: i32 = 16;
/** For fewer rows, the look for NaN among the parameters costs more than the loop saves. */
const FEWEST_ROWS: i32 = 4;

/**
 * Rows of a quad or more. gamma and beta are float32, and both are there: 1 and -0 in their place change no bit. Scratch
 * is two states and a float32 row.
 */
export function layerNormBf16(
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
  const stride = (<usize>n) << 1;
  const row = scratch + 2 * STATE_BYTES;
  // The last row has none beside it to be summed.
  const fusible = rows >= FEWEST_ROWS && !hasNaN(gamma, beta, n) ? rows - 1 : 0;
  let current = scratch;
  let next = scratch + STATE_BYTES;
  let settled = false;
  for (let r = 0; r < rows; r++) {
    if (!(settled && r < fusible && isPlain(current))) {
      decodePieces(row, 0, x, 0, n, 1);
      if (!settled) momentsOfRow<f32>(current, row, n, eps, flags);
    }
    storeStatistics<f32>(current, mean, rstd, r, flags);
    if (r < fusible && isPlain(current)) {
      beginRowBf16(next, x + stride, n, row, flags);
      mapAndAccumulate(out, x, x + stride, gamma, beta, n, current, next, row);
      settled = finish<f32>(next, n, eps) == SETTLED;
    } else {
      mapRow<f32>(row, prescaled<f32>(current, row, row, n), gamma, beta, n, current, PARAMETERS);
      encodeBf16(out, row, n);
      settled = false;
    }
    x += stride;
    out += stride;
    const free = current;
    current = next;
    next = free;
  }
}

/** Whether the loop can map a row. */
function isPlain(state: usize): bool {
  const slope = f32.load(state, SLOPE);
  return f32.load(state, SCALE) == 1 && i32.load(state, RESIDUAL) == i32.MIN_VALUE && slope == slope;
}

/** Whether one of n parameters is NaN. The last vector overlaps the one before. */
function hasNaN(gamma: usize, beta: usize, n: i32): bool {
  let found = zeros();
  let left = n;
  do {
    const g = v128.load(gamma);
    const b = v128.load(beta);
    found = v128.or(found, v128.or(f32x4.ne(g, g), f32x4.ne(b, b)));
    left -= 4;
    const step = bytesOf<f32>(min(left, 4));
    gamma += step;
    beta += step;
  } while (left > 0);
  return v128.any_true(found);
}

/** Decodes `pieces` pieces of `count` numbers: `stride` bytes apart at x, and `step` at out. */
function decodePieces(out: usize, step: usize, x: usize, stride: usize, count: i32, pieces: i32): void {
  do {
    decodeBf16(out, x, count);
    out += step;
    x += stride;
    pieces--;
  } while (pieces > 0);
}

/** beginRow, of decoded copies of those numbers that firstShift may look at. */
function beginRowBf16(state: usize, x: usize, n: i32, row: usize, flags: i32): void {
  const step = <usize>(n >>> 3);
  decodePieces(row, step << 2, x, step << 1, SAMPLE, n < LONG ? 1 : 8);
  beginRow<f32>(state, row, n, flags);
}

/** mapAndAccumulate of layer_norm.ts. */
function mapAndAccumulate(
  out: usize,
  x: usize,
  following: usize,
  gamma: usize,
  beta: usize,
  n: i32,
  current: usize,
  next: usize,
  row: usize,
): void {
  const tail = tailOf<f32>(n);
  let left = n - tail;
  do {
    const part = min(left, CHUNK);
    fuse(out, x, following, gamma, beta, part, current, next);
    if (part == CHUNK) closeChunk<f32>(next);
    const bytes = (<usize>part) << 1;
    out += bytes;
    x += bytes;
    following += bytes;
    gamma += bytes << 1;
    beta += bytes << 1;
    left -= part;
  } while (left > 0);
  if (tail > 0) {
    decodePieces(row, 64, x, following - x, tail, 2);
    mapRow<f32>(row, row, gamma, beta, tail, current, PARAMETERS);
    encodeBf16(out, row, tail);
    accumulateTail<f32>(next, row + 64, tail);
  }
}

/** fuse of layer_norm.ts. */
function fuse(
  out: usize,
  x: usize,
  following: usize,
  gamma: usize,
  beta: usize,
  count: i32,
  current: usize,
  next: usize,
): void {
  const centre = v128.load32_splat(current, CENTRE);
  const slope = v128.load32_splat(current, SLOPE);
  const k = v128.load32_splat(next, K);
  let lanes = v128.load(next, LANES);
  let squared = v128.load(next, LANES_SQUARED);
  const end = following + ((<usize>count) << 1);
  do {
    const blockEnd = following + min((<usize>BLOCK) << 1, end - following);
    let s = zeros();
    let q = zeros();
    do {
      const u = v128.load(following);
      const v = v128.load(following + 16);
      const a = f32x4.sub(firstFour(u), k);
      const b = f32x4.sub(lastFour(u), k);
      const c = f32x4.sub(firstFour(v), k);
      const d = f32x4.sub(lastFour(v), k);
      s = f32x4.add(s, sumOfFour<f32>(a, b, c, d));
      q = f32x4.add(q, squaresOfFour<f32>(a, b, c, d));
      mapEight(out, x, gamma, beta, centre, slope);
      mapEight(out + 16, x + 16, gamma + 32, beta + 32, centre, slope);
      following += 32;
      x += 32;
      out += 32;
      gamma += 64;
      beta += 64;
    } while (following != blockEnd);
    lanes = f64x2.add(lanes, widen(s));
    squared = f64x2.add(squared, widen(q));
  } while (following != end);
  v128.store(next, lanes, LANES);
  v128.store(next, squared, LANES_SQUARED);
}


@inline
function mapEight(out: usize, x: usize, gamma: usize, beta: usize, centre: v128, slope: v128): void {
  const v = v128.load(x);
  const first = mapFour(firstFour(v), gamma, beta, centre, slope);
  v128.store(out, rounded(first, mapFour(lastFour(v), gamma + 16, beta + 16, centre, slope)));
}


@inline
function mapFour(x: v128, gamma: usize, beta: usize, centre: v128, slope: v128): v128 {
  return affine<f32>(standardize<f32>(x, centre, slope, x, false), gamma, beta, true, true);
}
