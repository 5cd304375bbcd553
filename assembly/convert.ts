// Reduced precision: float16 and bfloat16 to float32, which is exact, and back, rounded to nearest even once.
//
// A vector holds eight halves of float32 lanes, so work is done on halves, eight elements at a time, wherever it can be.
// Every step treats lanes alike: an element spread over a vector gets the bits that it would get among others.

import { zeros } from "./lanes";

/** Elements per turn of a loop. */
const TURN: i32 = 16;

/** A float32 has 13 bits more behind the point than a float16, and its exponent is 112 higher. */
const EXTRA_BITS: i32 = 13;
const REBIAS: i32 = 112;

export function decodeBf16(out: usize, x: usize, count: i32): void {
  decode(out, x, count, false);
}

export function decodeF16(out: usize, x: usize, count: i32): void {
  decode(out, x, count, true);
}

export function encodeBf16(out: usize, x: usize, count: i32): void {
  encode(out, x, count, false);
}

export function encodeF16(out: usize, x: usize, count: i32): void {
  encode(out, x, count, true);
}

/** `count` elements at x as float32 at out. x may be the upper half of out: a turn loads all it needs before it stores. */
@inline
function decode(out: usize, x: usize, count: i32, isF16: bool): void {
  let left = count & (TURN - 1);
  const end = x + ((<usize>(count - left)) << 1);
  if (x != end) {
    do {
      const a = v128.load(x);
      const b = v128.load(x, 16);
      const lowA = isF16 ? lowHalvesOfF16(a) : zeros();
      const lowB = isF16 ? lowHalvesOfF16(b) : zeros();
      const highA = isF16 ? highHalvesOfF16(a) : a;
      const highB = isF16 ? highHalvesOfF16(b) : b;
      v128.store(out, scaled(firstFour(lowA, highA), isF16));
      v128.store(out + 16, scaled(lastFour(lowA, highA), isF16));
      v128.store(out + 32, scaled(firstFour(lowB, highB), isF16));
      v128.store(out + 48, scaled(lastFour(lowB, highB), isF16));
      x += 32;
      out += 64;
    } while (x != end);
  }
  for (; left > 0; left--) {
    const a = v128.load16_splat(x);
    const low = isF16 ? lowHalvesOfF16(a) : zeros();
    const high = isF16 ? highHalvesOfF16(a) : a;
    v128.store_lane<f32>(out, scaled(firstFour(low, high), isF16), 0);
    x += 2;
    out += 4;
  }
}

/** `count` float32 elements at x, rounded, at out, which may be x. */
@inline
function encode(out: usize, x: usize, count: i32, isF16: bool): void {
  let left = count & (TURN - 1);
  const end = x + ((<usize>(count - left)) << 2);
  if (x != end) {
    do {
      v128.store(out, encode8(v128.load(x), v128.load(x + 16), isF16));
      v128.store(out + 16, encode8(v128.load(x + 32), v128.load(x + 48), isF16));
      x += 64;
      out += 32;
    } while (x != end);
  }
  for (; left > 0; left--) {
    const a = v128.load32_splat(x);
    v128.store_lane<u16>(out, encode8(a, a, isF16), 0);
    x += 4;
    out += 2;
  }
}

// prettier-ignore
@inline
function encode8(first: v128, last: v128, isF16: bool): v128 {
  return isF16 ? toF16(first, last) : toBf16(first, last);
}

// ---- Lanes as halves

/** Four float32 lanes of a low and a high half each: of halves 0 to 3, and of halves 4 to 7. */
// prettier-ignore
@inline function firstFour(low: v128, high: v128): v128 { return v128.shuffle<i16>(low, high, 0, 8, 1, 9, 2, 10, 3, 11); }
// prettier-ignore
@inline function lastFour(low: v128, high: v128): v128 { return v128.shuffle<i16>(low, high, 4, 12, 5, 13, 6, 14, 7, 15); }

/** The four low halves of a vector, then its four high ones. A constant swizzle is one instruction, a shuffle is not. */
@inline
function separate(v: v128): v128 {
  return i8x16.swizzle(v, i8x16(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15));
}

/** The low and the high halves of two vectors that have been separated. */
// prettier-ignore
@inline function lowHalves(first: v128, last: v128): v128 { return v128.shuffle<i64>(first, last, 0, 2); }
// prettier-ignore
@inline function highHalves(first: v128, last: v128): v128 { return v128.shuffle<i64>(first, last, 1, 3); }

// ---- bfloat16: the high half of a float32

/**
 * The high half goes up by one where the low half is more than 0x8000, or 0x8000 beside an odd high half: where the low
 * half, less one beside an even high half, has its top bit. NaN has all bits set before, and saturates.
 */
@inline
function toBf16(first: v128, last: v128): v128 {
  const a = separate(v128.or(first, f32x4.ne(first, first)));
  const b = separate(v128.or(last, f32x4.ne(last, last)));
  const high = highHalves(a, b);
  const even = v128.andnot(i16x8.splat(1), high);
  const up = i16x8.shr_u(i16x8.sub_sat_u(lowHalves(a, b), even), 15);
  return i16x8.add_sat_u(high, up);
}

// ---- float16

/** A float16's last three bits, where a float32 has them. */
// prettier-ignore
@inline function lowHalvesOfF16(bits: v128): v128 { return i16x8.shl(bits, EXTRA_BITS); }

/** Sign, exponent and the first bits of a float16, in the places of a float32's; exponents of Inf and NaN in full. */
@inline
function highHalvesOfF16(bits: v128): v128 {
  const isSpecial = i16x8.gt_s(v128.and(bits, i16x8.splat(0x7fff)), i16x8.splat(0x7bff));
  const moved = v128.and(i16x8.shr_s(bits, 16 - EXTRA_BITS), i16x8.splat(<i16>0x8fff));
  return v128.or(moved, v128.and(isSpecial, i16x8.splat(0x7000)));
}

/** Corrects the exponent, which also gives subnormal numbers their leading bit. */
@inline
function scaled(v: v128, isF16: bool): v128 {
  return isF16 ? f32x4.mul(v, f32x4.splat(reinterpret<f32>((127 + REBIAS) << 23))) : v;
}

/**
 * The magnitude plus a power of two so large that what the float16 cannot hold is rounded off: 2^13 times its own, and
 * the smallest normal one's for subnormal results. The last bits of the sum then are the float16's significand, and
 * its exponent field exceeds the float16's by 126, once the significand's own leading bit has been added to it. Those
 * 126 are added to the power beforehand, as 0x0800 = -126 << 10 of 16 bits.
 */
@inline
function roundToF16(v: v128): v128 {
  const magnitude = f32x4.pmin(v128.and(v, i32x4.splat(0x7fffffff)), f32x4.splat(65536));
  const exponent = i32x4.max_u(v128.and(magnitude, i32x4.splat(0x7f800000)), i32x4.splat((REBIAS + 1) << 23));
  return f32x4.add(magnitude, i32x4.add(exponent, i32x4.splat((EXTRA_BITS << 23) + 0x0800)));
}

/** Of the sum above, exponent (its low six bits) and significand, added; then the sign. NaN has all bits set. */
@inline
function toF16(first: v128, last: v128): v128 {
  const a = separate(roundToF16(first));
  const b = separate(roundToF16(last));
  const high = highHalves(a, b);
  const unsigned = i16x8.add(i16x8.shl(high, 16 - EXTRA_BITS), lowHalves(a, b));
  // Saturation keeps signs. Only NaN is beyond 0x7f00, whatever sign and payload the addition gave it.
  const sign = v128.and(i16x8.narrow_i32x4_s(first, last), i16x8.splat(<i16>0x8000));
  return v128.or(v128.or(unsigned, sign), i16x8.ge_u(high, i16x8.splat(0x7f00)));
}
