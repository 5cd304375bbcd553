// A row's sums and what becomes of them, in memory, so that a row can arrive in pieces. Both types share the layout.

import { lost, sumOfPair, WIDE_BYTES, zeros } from "./lanes";

/** Elements that one vector accumulator takes before it is emptied into a wide one: more would round away digits. */
export const BLOCK: i32 = 128;
/** Elements whose totals are added as one: the unit that threads share out. */
export const CHUNK: i32 = 64 * BLOCK;

// Byte offsets.
/** Wide accumulator: the open chunk's sum of d. */
export const LANES: usize = 0;
/** Wide accumulator: the open chunk's sum of d^2. */
export const LANES_SQUARED: usize = LANES + WIDE_BYTES;
/** float64, and for f64 its low part: the sums of closed chunks. */
export const SUM: usize = 64;
export const SQUARES: usize = 80;
/** Where the low part of a pair lies. */
export const LOW: usize = 8;
/** float64, in scaled units: the row's mean (for f64 a pair), 1 / sqrt(variance + eps) and biased variance. */
export const MEAN: usize = 96;
export const RSTD: usize = 112;
export const VARIANCE: usize = 120;
const OPEN: usize = 128;
export const ATTEMPTS: usize = 132;
/** T: k. */
export const K: usize = 136;
/** T: the power of two x is multiplied with; 1 but for rows whose squares leave the range of T. */
export const SCALE: usize = 144;
/** T, for the maps, in scaled units: y = (x * SCALE - CENTRE) * SLOPE + RESIDUAL. */
export const CENTRE: usize = 152;
export const SLOPE: usize = 160;
export const RESIDUAL: usize = 168;
/** For f64 alone, float64: 1 / sqrt(variance + eps) in units of x. */
export const RSTD_OF_X: usize = 176;
export const STATE_BYTES: usize = 192;

// Attempts: the repairs already tried, besides UNCENTRED.
export const TRIED_SHIFT: i32 = 1;
export const TRIED_SCALE: i32 = 2;
export const TRIED_SHIFT_AGAIN: i32 = 4;
/**
 * No mean is taken: it is 0, and the variance is the mean of x^2. A kernel's flag, too, and of the same value, so that
 * a row may begin with `flags & UNCENTRED` for its attempts.
 */
export const UNCENTRED: i32 = 8;

/** Begins a row's sums with shift k and a power of two to scale by. */
export function begin<T>(state: usize, shift: T, scale: T, attempts: i32): void {
  v128.store(state, zeros(), LANES);
  v128.store(state, zeros(), LANES_SQUARED);
  v128.store(state, zeros(), SUM);
  v128.store(state, zeros(), SQUARES);
  if (sizeof<T>() == 8) {
    v128.store(state, zeros(), LANES + 16);
    v128.store(state, zeros(), LANES_SQUARED + 16);
  }
  i32.store(state, 0, OPEN);
  i32.store(state, attempts, ATTEMPTS);
  store<T>(state, shift, K);
  store<T>(state, scale, SCALE);
}

/** Elements that still fit the open chunk. */
@inline
export function room(state: usize): i32 {
  return CHUNK - i32.load(state, OPEN);
}

/** Counts elements into the open chunk, which is closed when full. */
@inline
export function advance<T>(state: usize, count: i32): void {
  const open = i32.load(state, OPEN) + count;
  if (open < CHUNK) i32.store(state, open, OPEN);
  else closeChunk<T>(state);
}

/** Adds the open chunk to the row's totals: what comes next starts a chunk, and a block, of its own. */
export function closeChunk<T>(state: usize): void {
  closeLanes<T>(state + SUM, state + LANES);
  closeLanes<T>(state + SQUARES, state + LANES_SQUARED);
  i32.store(state, 0, OPEN);
}

/** Empties a wide accumulator into a total. */
@inline
function closeLanes<T>(total: usize, lanes: usize): void {
  if (sizeof<T>() == 8) {
    const a = f64.load(lanes);
    const b = f64.load(lanes, 8);
    const pair = a + b;
    const before = f64.load(total);
    const sum = before + pair;
    const low = lost(a, b, pair) + (f64.load(lanes, 16) + f64.load(lanes, 24)) + lost(before, pair, sum);
    f64.store(total, sum);
    f64.store(total, f64.load(total, LOW) + low, LOW);
    v128.store(lanes, zeros(), 16);
  } else f64.store(total, f64.load(total) + sumOfPair(v128.load(lanes)));
  v128.store(lanes, zeros());
}

/**
 * Begins again with a power of two that brings `magnitude`, the row's largest, near 1. An infinity makes a row NaN
 * altogether, its mean included, as in PyTorch; but where no mean is taken only rstd is concerned, and becomes 0.
 */
export function rescale<T>(state: usize, magnitude: T): void {
  const uncentred = i32.load(state, ATTEMPTS) & UNCENTRED;
  const shift: T = <T>(magnitude < <T>Infinity || uncentred ? 0 : NaN);
  begin<T>(state, shift, powerOfTwoFor<T>(magnitude), TRIED_SCALE | uncentred);
}

/** 2^-exponent(magnitude), within the normal numbers of T; 1 where no scale can help (zero, Inf, NaN). */
function powerOfTwoFor<T>(magnitude: T): T {
  if (!(magnitude > 0 && magnitude < <T>Infinity)) return 1;
  if (sizeof<T>() == 8) {
    const exponent = <i64>(reinterpret<u64>(<f64>magnitude) >> 52);
    // No more than 2^960: that brings subnormal numbers into range, and leaves their eps within it.
    const inverse = max<i64>(1, min<i64>(1023 + 960, 2046 - exponent));
    return <T>reinterpret<f64>((<u64>inverse) << 52);
  }
  const exponent = <i32>((reinterpret<u32>(<f32>magnitude) >> 23) & 0xff);
  const inverse = max(1, min(254, 254 - exponent));
  return <T>reinterpret<f32>((<u32>inverse) << 23);
}
