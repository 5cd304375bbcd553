// x^y in two float64 lanes, for float32 data: the scheme of pow.ts in plain float64. Relative error: 2^-50 times
// max(1, |y log2 x|), which is below 1e-12 wherever the result is within float32's range.

// prettier-ignore
@inline function splat(a: f64): v128 { return f64x2.splat(a); }

/** a + b z per lane. */
// prettier-ignore
@inline function step(a: f64, b: v128, z: v128): v128 { return f64x2.add(f64x2.splat(a), f64x2.mul(b, z)); }

/**
 * x^y for x >= 0 and any y but 0; NaN stays. Results beyond 2^1023 come as at least that, and results below 2^-1022 as
 * at most that: only 0 and Infinity give 0 and Infinity.
 */
@inline
export function powLanes(x: v128, y: f64): v128 {
  return compute(x, y);
}

// A function of its own behind an inlined one: asc warns of vectors as arguments of functions that files export.
function compute(x: v128, y: f64): v128 {
  const t = f64x2.mul(log2Lanes(x), splat(y));
  const inRange = f64x2.min(f64x2.max(t, splat(-1022)), splat(1023.99));
  const atZero = splat(y > 0 ? 0 : Infinity);
  const atInfinity = splat(y > 0 ? Infinity : 0);
  const ordinary = v128.bitselect(atZero, exp2Lanes(inRange), f64x2.eq(x, splat(0)));
  const beyond = v128.bitselect(atInfinity, x, f64x2.eq(x, splat(Infinity)));
  return v128.bitselect(ordinary, beyond, f64x2.lt(x, splat(Infinity)));
}

/** log2 of positive numbers, taking subnormal ones for 2^-1022 or so. */
@inline
function log2Lanes(x: v128): v128 {
  // x = 2^k m, sqrt(1/2) <= m < sqrt(2): the exponent's bits roll over at sqrt(1/2). 2^52 + k + 1023 has k in its last bits.
  const rootHalf = i64x2.splat(0x3fe6a09e667f3bcd);
  const rolled = i64x2.add(x, i64x2.splat(0x3ff0000000000000 - 0x3fe6a09e667f3bcd));
  const biased = v128.or(i64x2.shr_u(rolled, 52), i64x2.splat(0x4330000000000000));
  const k = f64x2.sub(biased, splat(4503599627371519));
  const m = i64x2.add(v128.and(rolled, i64x2.splat(0x000fffffffffffff)), rootHalf);
  const s = f64x2.div(f64x2.sub(m, splat(1)), f64x2.add(m, splat(1)));
  const z = f64x2.mul(s, s);
  // 2 / ln 2 (s + s^3/3 + ...)
  const tail = step(TWO_OVER_LN2 / 15, step(TWO_OVER_LN2 / 17, splat(TWO_OVER_LN2 / 19), z), z);
  const middle = step(TWO_OVER_LN2 / 9, step(TWO_OVER_LN2 / 11, step(TWO_OVER_LN2 / 13, tail, z), z), z);
  const series = step(
    TWO_OVER_LN2,
    step(TWO_OVER_LN2 / 3, step(TWO_OVER_LN2 / 5, step(TWO_OVER_LN2 / 7, middle, z), z), z),
    z,
  );
  return f64x2.add(k, f64x2.mul(s, series));
}

/** 2^t for -1022 <= t < 1024. */
@inline
function exp2Lanes(t: v128): v128 {
  const n = f64x2.nearest(t);
  const r = f64x2.mul(f64x2.sub(t, n), splat(LN2));
  const tail = step(1.0 / 3628800, step(1.0 / 39916800, splat(1.0 / 479001600), r), r);
  const middle = step(1.0 / 720, step(1.0 / 5040, step(1.0 / 40320, step(1.0 / 362880, tail, r), r), r), r);
  const series = step(0.5, step(1.0 / 6, step(1.0 / 24, step(1.0 / 120, middle, r), r), r), r);
  const m = f64x2.add(splat(1), f64x2.add(r, f64x2.mul(f64x2.mul(r, r), series)));
  // Adding 1.5 * 2^52 leaves n in the last bits, from where it goes to the exponent's.
  const whole = i64x2.shl(f64x2.add(n, splat(6755399441055744)), 52);
  return i64x2.add(m, whole);
}

const LN2: f64 = 0.6931471805599453;
const TWO_OVER_LN2: f64 = 2.8853900817779268;
