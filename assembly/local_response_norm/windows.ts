// Sums of squares over windows that slide along the channels of a strip of columns, at three additions per element
// whatever the window's width, and without a subtraction: an outlier that leaves takes its rounding errors along.
//
// Channels are cut into blocks as wide as the window, the first of which begins `before` channels before channel 0. A
// window is then the end of one block and the beginning of the next: the sum from a channel to the end of its block,
// plus the sum from the beginning of the next block. The former are made block by block, backwards; the latter grows.
// In place, x is overwritten behind the window's centre: so the channels of the window are kept in a ring.
//
// Sums are float64 for float32 data. For float64 data they are pairs, high and low.

import { bytesOf, lanesOf, lostInSum, zeros } from "../lanes";
import { generalOfTwo, power, quotient, quotientOfTwo, wideQuotient } from "./quotient";
import { BETA, GENERAL, K, KIND, LEAST, PARAMETER_BYTES, SIGN, SLOPE, SLOPE_LOW } from "./parameters";
import { high, lostInProduct, lostInSquares, low, pair } from "../double_double";

/** Sums of squares of float64 data above this are made again with a scale, so that no product overflows: 2^900. */
const MOST: f64 = 8.452712498170644e270;

/** Bytes of a column's sum. */
// prettier-ignore
@inline function sumBytes<T>(): usize { return 2 * sizeof<T>(); }

/**
 * Bytes for a strip of `width` columns: parameters, the growing sums, a channel of zeros, the ring, the sums to the end.
 * shift is 2 for float32, 3 for float64.
 */
export function stripBytes(shift: i32, width: i32, window: i32): usize {
  const channel = (<usize>width) << shift;
  const sums = channel << 1;
  return PARAMETER_BYTES + sums + channel + <usize>window * (channel + sums);
}

/**
 * One strip: `channels` channels, `stride` bytes apart, of `width` columns that fill vectors. out may be x. Parameters have
 * been stored in scratch. shift is 2 for float32, 3 for float64.
 */
export function normalizeStrip(
  shift: i32,
  out: usize,
  x: usize,
  channels: i32,
  stride: usize,
  width: i32,
  before: i32,
  after: i32,
  scratch: usize,
): void {
  const window = before + 1 + after;
  const channel = (<usize>width) << shift;
  const sums = channel << 1;
  const growing = scratch + PARAMETER_BYTES;
  const blank = growing + sums;
  const ring = blank + channel;
  const ends = ring + channel * window;
  memory.fill(blank, 0, channel);
  for (let slot = 0; slot < window; slot++) {
    const at = slot - before;
    const inside = at >= 0 && at < channels;
    memory.copy(ring + channel * slot, inside ? x + stride * at : blank, channel);
  }
  const general = i32.load(scratch, KIND) == GENERAL;
  let slot = 0;
  for (let c = 0; c < channels; c++) {
    if (slot == 0) {
      if (shift == 2) sumBackwards<f32>(ends, ring, width, window, general);
      else sumBackwards<f64>(ends, ring, width, window, general);
      memory.fill(growing, 0, sums);
    }
    const next = c + after + 1 < channels ? x + stride * (after + 1) : blank;
    const end = ends + sums * slot;
    if (shift == 2) {
      if (general) generalStep<f32>(out, x, next, end, growing, ring, slot, width, scratch);
      else simpleStep<f32>(out, x, next, end, growing, ring, slot, width, scratch);
    } else if (general) generalStep<f64>(out, x, next, end, growing, ring, slot, width, scratch);
    else simpleStep<f64>(out, x, next, end, growing, ring, slot, width, scratch);
    x += stride;
    out += stride;
    if (++slot == window) slot = 0;
  }
}

/** The sums from each channel of the ring to the end of its block. */
function sumBackwards<T>(ends: usize, ring: usize, width: i32, window: i32, general: bool): void {
  const channel = bytesOf<T>(width);
  const sums = sumBytes<T>() * width;
  for (let column = 0; column < width; column += lanesOf<T>()) {
    let from = ring + channel * window + bytesOf<T>(column);
    let to = ends + sums * window + sumBytes<T>() * column;
    let a = zeros();
    let b = zeros();
    for (let slot = 0; slot < window; slot++) {
      from -= channel;
      to -= sums;
      const v = v128.load(from);
      const first = addSquares<T>(a, b, v, general, 0);
      b = addSquares<T>(a, b, v, general, 1);
      a = first;
      v128.store(to, a);
      v128.store(to, b, 16);
    }
  }
}

/**
 * The squares of a vector added to the sums (a, b): one of the two vectors that result. Of float32 these are the sums of
 * lanes 0, 1 and 2, 3; of float64 they are high and low. Squares themselves are rounded unless beta is general.
 */
@inline
function addSquares<T>(a: v128, b: v128, v: v128, exact: bool, part: i32): v128 {
  if (sizeof<T>() == 4) {
    const two = f64x2.promote_low_f32x4(part == 0 ? v : v128.shuffle<i64>(v, v, 1, 1));
    return f64x2.add(part == 0 ? a : b, f64x2.mul(two, two));
  }
  const square = f64x2.mul(v, v);
  const sum = f64x2.add(a, square);
  if (part == 0) return sum;
  const rest = f64x2.add(b, lostInSum(a, square, sum));
  return exact ? f64x2.add(rest, lostInSquares(v, square)) : rest;
}

// prettier-ignore
function simpleStep<T>(out: usize, x: usize, next: usize, ends: usize, growing: usize, ring: usize, slot: i32, width: i32, parameters: usize): void {
  step<T>(out, x, next, ends, growing, ring, slot, width, parameters, false);
}

// prettier-ignore
function generalStep<T>(out: usize, x: usize, next: usize, ends: usize, growing: usize, ring: usize, slot: i32, width: i32, parameters: usize): void {
  step<T>(out, x, next, ends, growing, ring, slot, width, parameters, true);
}

/** One channel: the quotients, and the next channel into ring and growing sums. */
@inline
function step<T>(
  out: usize,
  x: usize,
  next: usize,
  ends: usize,
  growing: usize,
  ring: usize,
  slot: i32,
  width: i32,
  parameters: usize,
  general: bool,
): void {
  const channel = bytesOf<T>(width);
  const end = x + channel;
  const entry = channel * slot;
  const slope = v128.load64_splat(parameters, SLOPE);
  const k = v128.load64_splat(parameters, K);
  const kind = i32.load(parameters, KIND);
  do {
    const a = v128.load(growing);
    const b = v128.load(growing, 16);
    if (sizeof<T>() == 4) {
      const first = f64x2.add(v128.load(ends), a);
      const second = f64x2.add(v128.load(ends, 16), b);
      v128.store(out, fourQuotients(v128.load(x), first, second, slope, k, kind, parameters, general));
    } else {
      const end = v128.load(ends);
      const rounded = f64x2.add(end, a);
      const rest = f64x2.add(lostInSum(end, a, rounded), f64x2.add(v128.load(ends, 16), b));
      v128.store(out, twoQuotients(v128.load(x), rounded, rest, slope, k, kind, ring, channel, parameters, general));
    }
    const v = v128.load(next);
    v128.store(ring + entry, v);
    v128.store(growing, addSquares<T>(a, b, v, general, 0));
    v128.store(growing, addSquares<T>(a, b, v, general, 1), 16);
    x += 16;
    out += 16;
    next += 16;
    ring += 16;
    ends += 32;
    growing += 32;
  } while (x != end);
}

/** float32: from float64 sums of lanes 0, 1 and 2, 3. */
// prettier-ignore
@inline
function fourQuotients(x: v128, first: v128, second: v128, slope: v128, k: v128, kind: i32, parameters: usize, general: bool): v128 {
  const low = f64x2.add(k, f64x2.mul(first, slope));
  const high = f64x2.add(k, f64x2.mul(second, slope));
  if (general) return generalOfFour(x, low, high, parameters);
  const base = v128.shuffle<i64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
  const y = f32x4.div(x, power<f32>(base, kind));
  // In float32 where neither the base nor its power loses digits: from 2^-100 to 2^100.
  const large = f32x4.ge(base, f32x4.splat(7.888609052210118e-31));
  const inside = v128.and(large, f32x4.le(base, f32x4.splat(1.2676506002282294e30)));
  return i32x4.all_true(inside) ? y : v128.bitselect(y, quotientsOfFour(x, low, high, kind), inside);
}

function quotientsOfFour(x: v128, low: v128, high: v128, kind: i32): v128 {
  const first = quotientOfTwo(f64x2.promote_low_f32x4(x), low, kind);
  const second = quotientOfTwo(f64x2.promote_low_f32x4(v128.shuffle<i64>(x, x, 1, 1)), high, kind);
  return v128.shuffle<i64>(first, second, 0, 2);
}

function generalOfFour(x: v128, low: v128, high: v128, parameters: usize): v128 {
  const beta = f64.load(parameters, BETA);
  const sign = f64.load(parameters, SIGN);
  const first = generalOfTwo(f64x2.promote_low_f32x4(x), low, beta, sign);
  const second = generalOfTwo(f64x2.promote_low_f32x4(v128.shuffle<i64>(x, x, 1, 1)), high, beta, sign);
  return v128.shuffle<i64>(first, second, 0, 2);
}

/** float64: from sums and what rounding took from them. */
// prettier-ignore
@inline
function twoQuotients(x: v128, rounded: v128, rest: v128, slope: v128, k: v128, kind: i32, ring: usize, channel: usize, parameters: usize, general: bool): v128 {
  const sum = f64x2.add(rounded, rest);
  const large = f64x2.ge(sum, v128.load64_splat(parameters, LEAST));
  const inside = v128.and(large, f64x2.lt(sum, f64x2.splat(MOST)));
  if (general) return generalOfPair(x, rounded, rest, inside, ring, channel, parameters);
  const base = f64x2.add(k, f64x2.mul(sum, slope));
  const y = f64x2.div(x, power<f64>(base, kind));
  const baseInside = v128.and(f64x2.ge(base, f64x2.splat(1e-290)), f64x2.le(base, f64x2.splat(1e290)));
  const both = v128.and(inside, baseInside);
  return i64x2.all_true(both) ? y : v128.bitselect(y, wideOfPair(x, ring, channel, parameters), both);
}

function wideOfPair(x: v128, ring: usize, channel: usize, parameters: usize): v128 {
  const first = wideQuotient(parameters, f64x2.extract_lane(x, 0), ring, channel);
  const second = wideQuotient(parameters, f64x2.extract_lane(x, 1), ring + 8, channel);
  return f64x2.replace_lane(f64x2.splat(first), 1, second);
}

// prettier-ignore
function generalOfPair(x: v128, sum: v128, rest: v128, inside: v128, ring: usize, channel: usize, parameters: usize): v128 {
  const first = generalOfOne(high(x), high(sum), high(rest), i64x2.extract_lane(inside, 0) != 0, ring, channel, parameters);
  const second = generalOfOne(low(x), low(sum), low(rest), i64x2.extract_lane(inside, 1) != 0, ring + 8, channel, parameters);
  return f64x2.replace_lane(f64x2.splat(first), 1, second);
}

// prettier-ignore
function generalOfOne(x: f64, sum: f64, rest: f64, inside: bool, ring: usize, channel: usize, parameters: usize): f64 {
  if (!inside) return wideQuotient(parameters, x, ring, channel);
  const slope = f64.load(parameters, SLOPE);
  const k = f64.load(parameters, K);
  const product = sum * slope;
  const lower = lostInProduct(sum, slope, product) + sum * f64.load(parameters, SLOPE_LOW) + rest * slope;
  const larger = abs(product) > abs(k);
  const base = pair(larger ? product : k, larger ? k : product);
  return quotient(x, high(base), low(base) + lower, 0, f64.load(parameters, BETA));
}
