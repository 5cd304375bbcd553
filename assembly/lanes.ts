// The vocabulary kernels are written in: four float32 lanes, two float64 lanes, and the few ways between them.
// Nothing here fuses a multiplication with an addition: relaxed SIMD gives other bits on other machines.

/** Bytes of one float32, as a shift. */
export const SHIFT: usize = 2;

// prettier-ignore
@inline export function load4(p: usize): v128 { return v128.load(p); }
// prettier-ignore
@inline export function store4(p: usize, v: v128): void { v128.store(p, v); }
// prettier-ignore
@inline export function add4(a: v128, b: v128): v128 { return f32x4.add(a, b); }
// prettier-ignore
@inline export function sub4(a: v128, b: v128): v128 { return f32x4.sub(a, b); }
// prettier-ignore
@inline export function mul4(a: v128, b: v128): v128 { return f32x4.mul(a, b); }
// prettier-ignore
@inline export function zero4(): v128 { return f32x4.splat(0); }

/** Four float32 lanes of which the first `count` (1 to 3) come from memory and the others are zero. */
export function loadPart(p: usize, count: i32): v128 {
  if (count == 1) return v128.load32_zero(p);
  const pair = v128.load64_zero(p);
  return count == 2 ? pair : v128.load_lane<f32>(p + 8, pair, 2);
}

/** a + b + c + d per lane, as a tree: a loop that adds this to its accumulator waits once per four vectors. */
@inline
export function sumOfFour(a: v128, b: v128, c: v128, d: v128): v128 {
  return f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
}

/** The squares of a, b, c and d, summed per lane as in sumOfFour. */
@inline
export function squaresOfFour(a: v128, b: v128, c: v128, d: v128): v128 {
  return sumOfFour(f32x4.mul(a, a), f32x4.mul(b, b), f32x4.mul(c, c), f32x4.mul(d, d));
}

/** Four float32 lanes as two float64 lanes: lanes 0 + 2 and 1 + 3, added in float64. */
@inline
export function widen(v: v128): v128 {
  const high = v128.shuffle<i64>(v, v, 1, 1);
  return f64x2.add(f64x2.promote_low_f32x4(v), f64x2.promote_low_f32x4(high));
}

/** The sum of two float64 lanes. */
@inline
export function sumOfPair(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

/** The sum of four float32 lanes. */
@inline
export function sumOfLanes(v: v128): f32 {
  const pairs = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.add(pairs, v128.shuffle<f32>(pairs, pairs, 1, 0, 3, 2)), 0);
}
