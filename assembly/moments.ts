// The reduction: mean and variance of a row, in one pass over memory and as accurate as float64.
//
// With a shift k near the mean, d = x - k is exact or nearly so, and
//   mean = k + (sum d) / n,   variance = (sum d^2) / n - (mean - k)^2
// loses nothing to cancellation. Chan, Golub, LeVeque 1983, "Algorithms for computing the sample variance".
//
// The order of additions depends on the row's length alone (docs/numerics.md): quads of four vectors, blocks of 128
// elements in float32, then float64; chunks of 64 blocks whose totals are added in order; the last n % 16 elements
// are a block of their own. A row may therefore arrive in pieces, cut at any multiple of a block.

import {
  add4,
  load4,
  loadPart,
  mul4,
  SHIFT,
  squaresOfFour,
  sub4,
  sumOfFour,
  sumOfLanes,
  sumOfPair,
  widen,
  zero4,
} from "./lanes";

/** Elements that one vector accumulator takes before it is emptied into float64: more would round away digits. */
export const BLOCK: i32 = 128;
/** Elements whose totals are added as one: the unit that threads share out. */
export const CHUNK: i32 = 64 * BLOCK;
/** Elements per pass of an inner loop. */
export const QUAD: i32 = 16;
/** Rows up to this length take their first sums without a shift; see firstShift. */
export const SHORT: i32 = BLOCK;

// A row's state, in memory, so that a row can arrive in pieces. Byte offsets:
/** float64x2: the open chunk's sum of d. */
export const LANES: usize = 0;
/** float64x2: the open chunk's sum of d^2. */
export const LANES_SQUARED: usize = 16;
const SUM: usize = 32;
const SQUARES: usize = 40;
/** float64: the row's mean, 1 / sqrt(variance + eps) and biased variance, in scaled units. */
export const MEAN: usize = 48;
export const RSTD: usize = 56;
export const VARIANCE: usize = 64;
const OPEN: usize = 72;
const ATTEMPTS: usize = 76;
/** float32: k. */
export const K: usize = 80;
/** float32: the power of two x is multiplied with; 1 but for rows whose squares leave float32's range. */
export const SCALE: usize = 84;
/** float32, for the maps, in scaled units: y = (x * SCALE - CENTRE) * SLOPE + RESIDUAL. */
export const CENTRE: usize = 88;
export const SLOPE: usize = 92;
export const RESIDUAL: usize = 96;
export const STATE_BYTES: usize = 112;

/** What finish says of the sums. */
export const SETTLED: i32 = 0;
/** The shift was too far from the mean. The state holds a better one: sum the row again. */
export const RESHIFT: i32 = 1;
/** The squares overflowed or underflowed: find the row's largest magnitude, call rescale, sum the row again. */
export const RESCALE: i32 = 2;

const TRIED_SHIFT: i32 = 1;
const TRIED_SCALE: i32 = 2;

/** The steepest slope of a map; see slopeOf. */
const STEEPEST: f64 = 1152921504606846976; // 2^60

/** Below this, squares of float32 numbers may have lost digits to underflow (2^-80; the smallest is 2^-149). */
export const SMALLEST_SAFE: f64 = 8.271806125530277e-25;

/**
 * Begins a row's sums with shift k and a power of two to scale by; `attempts` are the repairs already tried, 0 at first.
 */
export function begin(state: usize, shift: f32, scale: f32, attempts: i32): void {
  v128.store(state, zero4(), LANES);
  v128.store(state, zero4(), LANES_SQUARED);
  v128.store(state, zero4(), SUM);
  i32.store(state, 0, OPEN);
  i32.store(state, attempts, ATTEMPTS);
  f32.store(state, shift, K);
  f32.store(state, scale, SCALE);
}

/** Empties a block's float32 accumulators into the open chunk's float64 lanes. */
@inline
function flush(state: usize, s: v128, q: v128): void {
  v128.store(state, f64x2.add(v128.load(state, LANES), widen(s)), LANES);
  v128.store(state, f64x2.add(v128.load(state, LANES_SQUARED), widen(q)), LANES_SQUARED);
}

/** Counts elements into the open chunk, which is closed when full. */
export function advance(state: usize, count: i32): void {
  const open = i32.load(state, OPEN) + count;
  if (open < CHUNK) i32.store(state, open, OPEN);
  else closeChunk(state);
}

/** Adds the open chunk to the row's totals. */
function closeChunk(state: usize): void {
  f64.store(state, f64.load(state, SUM) + sumOfPair(v128.load(state, LANES)), SUM);
  f64.store(state, f64.load(state, SQUARES) + sumOfPair(v128.load(state, LANES_SQUARED)), SQUARES);
  v128.store(state, zero4(), LANES);
  v128.store(state, zero4(), LANES_SQUARED);
  i32.store(state, 0, OPEN);
}

/** Elements that still fit the open chunk. */
@inline
function room(state: usize): i32 {
  return CHUNK - i32.load(state, OPEN);
}

// prettier-ignore
@inline
function deviation(x: v128, k: v128, scale: v128, scaled: bool): v128 {
  return scaled ? sub4(mul4(x, scale), k) : sub4(x, k);
}

/** Sums of whole quads: `count` is a multiple of 16 that fits the open chunk. */
@inline
function accumulateQuads(state: usize, x: usize, count: i32, scaled: bool): void {
  const k = v128.load32_splat(state, K);
  const scale = v128.load32_splat(state, SCALE);
  let lanes = v128.load(state, LANES);
  let squared = v128.load(state, LANES_SQUARED);
  const end = x + ((<usize>count) << SHIFT);
  // Loops test at their end: V8 then keeps what does not change outside of them. And they test for equality, because
  // the end of a row at the end of 4 GiB is address 0.
  do {
    const blockEnd = x + min((<usize>BLOCK) << SHIFT, end - x);
    let s = zero4();
    let q = zero4();
    do {
      const a = deviation(load4(x), k, scale, scaled);
      const b = deviation(load4(x + 16), k, scale, scaled);
      const c = deviation(load4(x + 32), k, scale, scaled);
      const d = deviation(load4(x + 48), k, scale, scaled);
      s = add4(s, sumOfFour<f32>(a, b, c, d));
      q = add4(q, squaresOfFour<f32>(a, b, c, d));
      x += 64;
    } while (x != blockEnd);
    lanes = f64x2.add(lanes, widen(s));
    squared = f64x2.add(squared, widen(q));
  } while (x != end);
  v128.store(state, lanes, LANES);
  v128.store(state, squared, LANES_SQUARED);
}

function accumulatePlain(state: usize, x: usize, count: i32): void {
  accumulateQuads(state, x, count, false);
}

function accumulateScaled(state: usize, x: usize, count: i32): void {
  accumulateQuads(state, x, count, true);
}

/** The last n % 16 elements of a row, a block of their own. */
export function accumulateTail(state: usize, x: usize, count: i32): void {
  const k = v128.load32_splat(state, K);
  const scale = v128.load32_splat(state, SCALE);
  let s = zero4();
  let q = zero4();
  for (; count >= 4; count -= 4) {
    const d = deviation(load4(x), k, scale, true);
    s = add4(s, d);
    q = add4(q, mul4(d, d));
    x += 16;
  }
  if (count > 0) {
    // What is beyond the row must not deviate.
    const inside = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
    const d = v128.and(deviation(loadPart<f32>(x, count), k, scale, true), inside);
    s = add4(s, d);
    q = add4(q, mul4(d, d));
  }
  flush(state, s, q);
}

/** Takes the next `count` elements of a row. A piece that does not end the row is a multiple of a block. */
export function accumulate(state: usize, x: usize, count: i32): void {
  const plain = f32.load(state, SCALE) == 1;
  let quads = count & ~(QUAD - 1);
  while (quads > 0) {
    const part = min(quads, room(state));
    if (plain) accumulatePlain(state, x, part);
    else accumulateScaled(state, x, part);
    advance(state, part);
    x += (<usize>part) << SHIFT;
    quads -= part;
  }
  const tail = count & (QUAD - 1);
  if (tail > 0) {
    accumulateTail(state, x, tail);
    advance(state, tail);
  }
}

/**
 * Turns a row's sums into its statistics and the coefficients of its map, or says that the row must be summed again
 * (SETTLED, RESHIFT, RESCALE). `inverse` is 1 / n.
 */
export function finish(state: usize, inverse: f64, eps: f64): i32 {
  const attempts = i32.load(state, ATTEMPTS);
  const scale = f32.load(state, SCALE);
  const sum = f64.load(state, SUM) + sumOfPair(v128.load(state, LANES));
  const squares = f64.load(state, SQUARES) + sumOfPair(v128.load(state, LANES_SQUARED));
  const offset = sum * inverse;
  const variance = squares * inverse - offset * offset;
  const radicand = max0(variance) + (scale == 1 ? eps : eps * <f64>scale * <f64>scale);
  if (!(squares < Infinity && radicand >= SMALLEST_SAFE) && !(attempts & TRIED_SCALE)) return RESCALE;
  const mean = <f64>f32.load(state, K) + offset;
  if (offset * offset > variance && !(attempts & TRIED_SHIFT)) {
    begin(state, <f32>mean, scale, attempts | TRIED_SHIFT);
    return RESHIFT;
  }
  conclude(state, mean, max0(variance), radicand);
  return SETTLED;
}

/** Rounding may leave a variance of zero a little below it; NaN stays. */
@inline
export function max0(value: f64): f64 {
  return value < 0 ? 0 : value;
}


@inline
function conclude(state: usize, mean: f64, variance: f64, radicand: f64): void {
  const rstd = 1 / sqrt(radicand);
  f64.store(state, mean, MEAN);
  f64.store(state, variance, VARIANCE);
  f64.store(state, rstd, RSTD);
  f32.store(state, <f32>mean, CENTRE);
  f32.store(state, <f32>slopeOf(rstd), SLOPE);
  f32.store(state, residualOf(mean, variance, rstd), RESIDUAL);
}

/**
 * What is left to add after x - centre, because the centre is the mean rounded. Within one standard deviation of zero
 * it is below half an ulp of the result: -0 then, which added changes no bit, so that loops may leave it out.
 */
@inline
export function residualOf(mean: f64, variance: f64, rstd: f64): f32 {
  return mean * mean > variance ? <f32>((<f64>(<f32>mean) - mean) * rstd) : -0.0;
}

/** rstd for a map: only rows without any deviation are steeper than 2^60, and must not get 0 * Infinity. */
@inline
export function slopeOf(rstd: f64): f64 {
  return rstd < Infinity ? min(rstd, STEEPEST) : rstd;
}

/**
 * After RESCALE: begins again with a power of two that brings `magnitude`, the row's largest, near 1. A row with an
 * infinity becomes NaN altogether, its mean included, as in PyTorch.
 */
export function rescale(state: usize, magnitude: f32): void {
  begin(state, magnitude < Infinity ? 0 : NaN, powerOfTwoFor(magnitude), TRIED_SCALE);
}

/** 2^-exponent(magnitude), within float32's normal numbers; 1 where no scale can help (zero, Inf, NaN). */
function powerOfTwoFor(magnitude: f32): f32 {
  if (!(magnitude > 0 && magnitude < Infinity)) return 1;
  const exponent = <i32>((reinterpret<u32>(magnitude) >> 23) & 0xff);
  const inverse = max(1, min(254, 254 - exponent));
  return reinterpret<f32>((<u32>inverse) << 23);
}

/**
 * The first guess of the mean. Rows that are short take none: they are in the first cache anyway, so the sums are
 * cheaper to repeat than a guess is to make. Rows of a few pages sample where they begin, since touching them
 * elsewhere ahead of the sums would upset the hardware's prefetch; longer rows take eight elements spread over them.
 */
export function firstShift(x: usize, n: i32): f32 {
  if (n <= SHORT) return 0;
  if (n <= SAMPLE_SPREAD)
    return sumOfLanes<f32>(sumOfFour<f32>(load4(x), load4(x + 16), load4(x + 32), load4(x + 48))) * 0.0625;
  const step = (<usize>(n >>> 3)) << SHIFT;
  return meanOfEight(x, step);
}

/** Rows longer than this sample eight spread elements for their shift. */
const SAMPLE_SPREAD: i32 = 4096;

/** The mean of eight elements `step` bytes apart. */
export function meanOfEight(x: usize, step: usize): f32 {
  let sum: f32 = 0;
  for (let i = 0; i < 8; i++) {
    sum += f32.load(x);
    x += step;
  }
  return sum * 0.125;
}
