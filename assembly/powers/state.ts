// What `normalize` keeps of a group while it passes: normalize(x) = x / max((sum |x|^p)^(1/p), eps).
//
// The sums are of |x|^p as it is, in float64 and, block by block, in pairs of float64. Where they leave float64's range,
// or come close to where powers underflow, the group is summed again, of (|x| / largest)^p. For finite float32 data and
// p of 1 or 2 that never happens, and p = Infinity needs the largest magnitude only.

import { zeros } from "../lanes";

// A row's state. Byte offsets:
/** float64x2, twice: pairs of which the low takes what the high loses. */
export const HIGH: usize = 0;
export const LOW: usize = 16;
/** float64: the largest magnitude. */
export const LARGEST: usize = 32;
/** float64: what sums are in units of; 0 for the plain sums at first, NaN for a row that none can help. */
export const UNIT: usize = 40;
/** float64: p. */
export const P: usize = 48;
/** float64, but of x's type: the map is (x * SCALE) * FACTOR, SCALE a power of two. */
export const SCALE: usize = 56;
export const FACTOR: usize = 64;
export const STATE_BYTES: usize = 80;

/** What finish says of the sums. */
export const SETTLED: i32 = 0;
/** They left the range: find the largest magnitude with magnitude, call rescale, and sum again if that says so. */
export const RESCALE: i32 = 2;

const SMALLEST_SAFE: f64 = 1.1830521861667747e-271; // 2^-900
const LARGEST_SAFE: f64 = 1.0715086071862673e301; // 2^1000

/** Begins a row. */
export function begin(state: usize, p: f64): void {
  v128.store(state, zeros(), HIGH);
  v128.store(state, zeros(), LOW);
  v128.store(state, zeros(), LARGEST);
  f64.store(state, p, P);
}

/**
 * Whether a sum of |x|^p (wide: of float64 data) can be trusted to have lost nothing to overflow or underflow. Of float32 data with p of 1 or 2 it
 * can unless the group has an infinity or NaN.
 */
@inline
export function isSafe(total: f64, p: f64, wide: bool): bool {
  return total < LARGEST_SAFE && (total >= SMALLEST_SAFE || (!wide && (p == 1 || p == 2)));
}

/** The same of two sums of float64 data. */
@inline
export function areSafe(totals: v128): bool {
  const large = f64x2.ge(totals, f64x2.splat(SMALLEST_SAFE));
  return i64x2.all_true(v128.and(large, f64x2.lt(totals, f64x2.splat(LARGEST_SAFE))));
}

/** Whether a group's largest magnitude is one to divide by. */
@inline
export function isUnit(largest: f64): bool {
  return largest > 0 && largest < Infinity;
}
