// The vocabulary kernels are written in, beside AssemblyScript's own v128.add<T>, v128.sub<T>, v128.mul<T> and
// v128.splat<T>. T is the type a kernel computes in: f32, four lanes, or f64, two. Each kernel is compiled for both.
// Nothing here fuses a multiplication with an addition: relaxed SIMD gives other bits on other machines.

/** The bytes of `count` elements. */
// prettier-ignore
@inline export function bytesOf<T>(count: i32): usize { return (<usize>count) << alignof<T>(); }
/** Elements in a vector. */
// prettier-ignore
@inline export function lanesOf<T>(): i32 { return 16 >>> <i32>alignof<T>(); }
// prettier-ignore
@inline export function zeros(): v128 { return i64x2.splat(0); }

/** The element at p in every lane. */
@inline
export function loadSplat<T>(p: usize): v128 {
  return sizeof<T>() == 4 ? v128.load32_splat(p) : v128.load64_splat(p);
}

/** A vector of which the first `count` lanes (1 to lanesOf<T>() - 1) come from memory and the others are zero. */
@inline
export function loadPart<T>(p: usize, count: i32): v128 {
  if (sizeof<T>() == 8) return v128.load64_zero(p);
  if (count == 1) return v128.load32_zero(p);
  const pair = v128.load64_zero(p);
  return count == 2 ? pair : v128.load_lane<f32>(p + 8, pair, 2);
}

/** All ones in the first `count` lanes (1 to lanesOf<T>() - 1), zeros in the others. */
@inline
export function firstLanes<T>(count: i32): v128 {
  return sizeof<T>() == 8 ? i64x2(-1, 0) : i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
}

/** a + b + c + d per lane, as a tree: a loop that adds this to its accumulator waits once per four vectors. */
@inline
export function sumOfFour<T>(a: v128, b: v128, c: v128, d: v128): v128 {
  return v128.add<T>(v128.add<T>(a, b), v128.add<T>(c, d));
}

/** The squares of a, b, c and d, summed per lane as in sumOfFour. */
@inline
export function squaresOfFour<T>(a: v128, b: v128, c: v128, d: v128): v128 {
  return sumOfFour<T>(v128.mul<T>(a, a), v128.mul<T>(b, b), v128.mul<T>(c, c), v128.mul<T>(d, d));
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

/** The sum of all lanes. */
@inline
export function sumOfLanes<T>(v: v128): T {
  if (sizeof<T>() == 8) return <T>sumOfPair(v);
  const pairs = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return <T>f32x4.extract_lane(f32x4.add(pairs, v128.shuffle<f32>(pairs, pairs, 1, 0, 3, 2)), 0);
}

// Wide accumulators: where the sums of a block go, in memory, so that they lose nothing however many blocks there are.
// Of float32 they are float64; of float64 they are pairs of float64, high and low, of which the low takes what rounding
// takes from the high.

/** Bytes of an accumulator that addWide fills; addWideLanes fills as many for either type. */
export const WIDE_BYTES: usize = 32;

/** What a + b rounds away, where sum is a + b rounded: Knuth's TwoSum, in float64 lanes. */
@inline
export function lostInSum(a: v128, b: v128, sum: v128): v128 {
  const fromB = f64x2.sub(sum, a);
  return f64x2.add(f64x2.sub(a, f64x2.sub(sum, fromB)), f64x2.sub(b, fromB));
}

/** lostInSum of numbers. */
@inline
export function lost(a: f64, b: f64, sum: f64): f64 {
  const fromB = sum - a;
  return a - (sum - fromB) + (b - fromB);
}

/** Adds float64 lanes to pairs: high at `at`, low 16 bytes on. */
@inline
export function addToPairs(at: usize, v: v128): void {
  const high = v128.load(at);
  const sum = f64x2.add(high, v);
  v128.store(at, sum);
  v128.store(at + 16, f64x2.add(v128.load(at + 16), lostInSum(high, v, sum)));
}

/**
 * Adds the lanes of a vector to two lanes of an accumulator, for sums over all elements. f32: float64 lanes at `at`,
 * which take lanes 0 + 2 and 1 + 3. f64: pairs.
 */
@inline
export function addWide<T>(at: usize, v: v128): void {
  if (sizeof<T>() == 8) addToPairs(at, v);
  else v128.store(at, f64x2.add(v128.load(at), widen(v)));
}

/**
 * Adds each lane of a vector to an accumulator of its own, for sums per column. f32: four float64 lanes at `at`.
 * f64: two pairs.
 */
@inline
export function addWideLanes<T>(at: usize, v: v128): void {
  if (sizeof<T>() == 8) addToPairs(at, v);
  else {
    v128.store(at, f64x2.add(v128.load(at), f64x2.promote_low_f32x4(v)));
    const high = v128.shuffle<i64>(v, v, 1, 1);
    v128.store(at + 16, f64x2.add(v128.load(at + 16), f64x2.promote_low_f32x4(high)));
  }
}
