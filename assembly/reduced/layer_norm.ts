// Layer norm and RMS norm of bfloat16 rows as they are stored, to the bits of decode_bf16, layer_norm_f32 and encode_bf16.
//
// A row is decoded as it is summed, and again as it is mapped and rounded. The functions do to it what those of their names
// do to a float32 row; what they cannot do goes the way of float32, in a decoded copy: repairs, rows with a scale, NaN.
//
// The map rounds without a test for NaN, which would be a third of the rounding. It may, because none of its operands is
// NaN: a row with NaN, or centred with an infinity, has a slope of NaN and goes the other way, and so do all rows if
// a parameter is NaN. What NaN it meets is made by arithmetic on numbers, as by 0 * Infinity, and that is canonical by
// WebAssembly's rules: its low half is zero, so rounding leaves it as it is.

import { affine, HAS_BETA, PARAMETERS, standardize } from "../affine";
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

/**
 * Rows of a quad or more. gamma and beta are float32, and both are there: 1 and -0 in their place change no bit. Scratch
 * is three states and a float32 row.
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
  const row = scratch + 3 * STATE_BYTES;
  const numbers = !hasNaN(gamma, beta, n);
  let current = scratch;
  let next = scratch + STATE_BYTES;
  let ahead = scratch + 2 * STATE_BYTES;

  // Row r is summed before row r - 1 is mapped, so that no map waits for its row's square root and division; and the shift
  // of row r + 1 is sampled in between, so that no sums wait for their shift.
  beginRowBf16(next, x, n, row, flags);
  for (let r = 0; r <= rows; r++) {
    if (r < rows) {
      accumulateBf16(next, x, n, row);
      settleBf16(next, x, n, eps, row, flags);
      storeStatistics<f32>(next, mean, rstd, r, flags);
      if (r + 1 < rows) beginRowBf16(ahead, x + stride, n, row, flags);
    }
    if (r > 0) {
      if (numbers && isPlain(current)) mapRowBf16(out, x - stride, gamma, beta, n, current, row, flags);
      else mapDecoded(out, x - stride, gamma, beta, n, current, row);
      out += stride;
    }
    x += stride;
    const free = current;
    current = next;
    next = ahead;
    ahead = free;
  }
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

/** Decodes `pieces` pieces of `count` numbers, each `step` numbers behind the one before. */
function decodePieces(out: usize, x: usize, count: i32, step: usize, pieces: i32): void {
  do {
    decodeBf16(out, x, count);
    out += step << 2;
    x += step << 1;
    pieces--;
  } while (pieces > 0);
}

// ---- The reduction

function beginRowBf16(state: usize, x: usize, n: i32, row: usize, flags: i32): void {
  // Of the row's copy, no more than firstShift may look at.
  if (n < LONG) {
    const u = v128.load(x);
    const v = v128.load(x + 16);
    v128.store(row, firstFour(u));
    v128.store(row + 16, lastFour(u));
    v128.store(row + 32, firstFour(v));
    v128.store(row + 48, lastFour(v));
  } else decodePieces(row, x, SAMPLE, n >>> 3, 8);
  beginRow<f32>(state, row, n, flags);
}


@inline
function settleBf16(state: usize, x: usize, n: i32, eps: f64, row: usize, flags: i32): void {
  if (finish<f32>(state, n, eps) == SETTLED) return;
  decodePieces(row, x, n, 0, 1);
  momentsOfRow<f32>(state, row, n, eps, flags);
}


@inline
function accumulateBf16(state: usize, x: usize, n: i32, row: usize): void {
  const tail = tailOf<f32>(n);
  let left = n - tail;
  do {
    const part = min(left, CHUNK);
    accumulateQuadsBf16(state, x, part);
    if (part == CHUNK) closeChunk<f32>(state);
    x += (<usize>part) << 1;
    left -= part;
  } while (left > 0);
  if (tail == 0) return;
  // With the numbers ahead of it, the tail is a quad, which is decoded faster.
  decodePieces(row, x - ((<usize>(SAMPLE - tail)) << 1), SAMPLE, 0, 1);
  accumulateTail<f32>(state, row + bytesOf<f32>(SAMPLE - tail), tail);
}

function accumulateQuadsBf16(state: usize, x: usize, count: i32): void {
  const k = v128.load32_splat(state, K);
  let lanes = v128.load(state, LANES);
  let squared = v128.load(state, LANES_SQUARED);
  const end = x + ((<usize>count) << 1);
  do {
    const blockEnd = x + min((<usize>BLOCK) << 1, end - x);
    let s = zeros();
    let q = zeros();
    do {
      const u = v128.load(x);
      const v = v128.load(x + 16);
      const a = f32x4.sub(firstFour(u), k);
      const b = f32x4.sub(lastFour(u), k);
      const c = f32x4.sub(firstFour(v), k);
      const d = f32x4.sub(lastFour(v), k);
      s = f32x4.add(s, sumOfFour<f32>(a, b, c, d));
      q = f32x4.add(q, squaresOfFour<f32>(a, b, c, d));
      x += 32;
    } while (x != blockEnd);
    lanes = f64x2.add(lanes, widen(s));
    squared = f64x2.add(squared, widen(q));
  } while (x != end);
  v128.store(state, lanes, LANES);
  v128.store(state, squared, LANES_SQUARED);
}

// ---- The map

/** Whether mapRowBf16 can map a row. */
@inline
function isPlain(state: usize): bool {
  const slope = f32.load(state, SLOPE);
  return f32.load(state, SCALE) == 1 && slope == slope;
}

/** The map of any row. */
function mapDecoded(out: usize, x: usize, gamma: usize, beta: usize, n: i32, state: usize, row: usize): void {
  decodePieces(row, x, n, 0, 1);
  mapRow<f32>(row, prescaled<f32>(state, row, row, n), gamma, beta, n, state, PARAMETERS);
  encodeBf16(out, row, n);
}

// Functions of their own, so that the compiler does not make one loop of all and a branch in it.
// prettier-ignore
@inline
function mapRowBf16(out: usize, x: usize, gamma: usize, beta: usize, n: i32, state: usize, row: usize, flags: i32): void {
  if (i32.load(state, RESIDUAL) != i32.MIN_VALUE) mapResidual(out, x, gamma, beta, n, state, row);
  else if (flags & HAS_BETA) mapAffine(out, x, gamma, beta, n, state, row);
  else mapGamma(out, x, gamma, beta, n, state, row);
}

// prettier-ignore
function mapResidual(out: usize, x: usize, gamma: usize, beta: usize, n: i32, state: usize, row: usize): void {
  mapTurns(out, x, gamma, beta, n, state, row, true, true);
}
// prettier-ignore
function mapAffine(out: usize, x: usize, gamma: usize, beta: usize, n: i32, state: usize, row: usize): void {
  mapTurns(out, x, gamma, beta, n, state, row, false, true);
}
// prettier-ignore
function mapGamma(out: usize, x: usize, gamma: usize, beta: usize, n: i32, state: usize, row: usize): void {
  mapTurns(out, x, gamma, beta, n, state, row, false, false);
}

// prettier-ignore
@inline
function mapTurns(out: usize, x: usize, gamma: usize, beta: usize, n: i32, state: usize, row: usize, hasResidual: bool, hasBeta: bool): void {
  const centre = v128.load32_splat(state, CENTRE);
  const slope = v128.load32_splat(state, SLOPE);
  const residual = v128.load32_splat(state, RESIDUAL);
  // What the last turn of eight leaves is mapped with numbers ahead of it, again: from a copy, since out may be x. A loop
  // in a loop, also because V8 then takes two turns at a time.
  const last = ((<usize>n) << 1) - 16;
  v128.store(row, v128.load(x + last));
  let bytes = (last + 16) & ~15;
  for (let parts = n & 7 ? 2 : 1; parts > 0; parts--) {
    const end = x + bytes;
    let to = out;
    let g = gamma;
    let b = beta;
    do {
      const v = v128.load(x);
      const first = standardize<f32>(firstFour(v), centre, slope, residual, hasResidual);
      const second = standardize<f32>(lastFour(v), centre, slope, residual, hasResidual);
      const y = affine<f32>(first, g, b, true, hasBeta);
      v128.store(to, rounded(y, affine<f32>(second, g + 16, b + 16, true, hasBeta)));
      x += 16;
      to += 16;
      g += 32;
      if (hasBeta) b += 32;
    } while (x != end);
    out += last;
    gamma += 2 * last;
    beta += 2 * last;
    x = row;
    bytes = 16;
  }
}
