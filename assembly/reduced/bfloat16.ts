// bfloat16 in registers: eight numbers in a vector, or four float32 lanes each in two.

import { zeros } from "../lanes";

/** The first four of eight numbers as float32: V8 makes one instruction of an interleaving with zeros. */
@inline
export function firstFour(v: v128): v128 {
  return v128.shuffle<i16>(zeros(), v, 0, 8, 1, 9, 2, 10, 3, 11);
}

/** The last four. */
@inline
export function lastFour(v: v128): v128 {
  return v128.shuffle<i16>(zeros(), v, 4, 12, 5, 13, 6, 14, 7, 15);
}

/**
 * Eight numbers from float32, rounded to nearest even: encode_bf16 but for its test for NaN, so a NaN must have a low half
 * of zeros, as those of bfloat16 and those that arithmetic makes of numbers do.
 */
@inline
export function rounded(first: v128, last: v128): v128 {
  const a = separate(first);
  const b = separate(last);
  const high = v128.shuffle<i64>(a, b, 1, 3);
  const low = v128.shuffle<i64>(a, b, 0, 2);
  const even = v128.andnot(i16x8.splat(1), high);
  return i16x8.add(high, i16x8.shr_u(i16x8.sub_sat_u(low, even), 15));
}

/** The low halves of four lanes, then their high halves. */
@inline
function separate(v: v128): v128 {
  return i8x16.swizzle(v, i8x16(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15));
}
