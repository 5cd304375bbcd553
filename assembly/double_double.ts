// Double-doubles: unevaluated sums high + low of two float64, some 106 bits. As a value one is a v128 with high in lane 0
// and low in lane 1; high is then the sum rounded.

// prettier-ignore
@inline export function high(a: v128): f64 { return f64x2.extract_lane(a, 0); }
// prettier-ignore
@inline export function low(a: v128): f64 { return f64x2.extract_lane(a, 1); }

/** a + b as high + low, where |a| >= |b| or a is 0: Dekker's FastTwoSum. */
@inline
export function pair(a: f64, b: f64): v128 {
  const sum = a + b;
  return f64x2.replace_lane(f64x2.splat(sum), 1, b - (sum - a));
}

/** 2^27 + 1: a product with it splits 53 bits into 26 and 26. */
const SPLITTER: f64 = 134217729;

/** What a * b rounds away, where product is a * b rounded: Dekker's TwoProduct, after Veltkamp's split. */
@inline
export function lostInProduct(a: f64, b: f64, product: f64): f64 {
  const wideA = a * SPLITTER;
  const wideB = b * SPLITTER;
  const highA = wideA - (wideA - a);
  const highB = wideB - (wideB - b);
  const lowA = a - highA;
  const lowB = b - highB;
  return highA * highB - product + highA * lowB + lowA * highB + lowA * lowB;
}

/** The same of two lanes' squares. */
@inline
export function lostInSquares(a: v128, square: v128): v128 {
  const wide = f64x2.mul(a, f64x2.splat(SPLITTER));
  const high = f64x2.sub(wide, f64x2.sub(wide, a));
  const low = f64x2.sub(a, high);
  const cross = f64x2.mul(high, low);
  const rest = f64x2.add(f64x2.sub(f64x2.mul(high, high), square), f64x2.add(cross, cross));
  return f64x2.add(rest, f64x2.mul(low, low));
}

/** a * b. */
@inline
export function times(a: v128, b: v128): v128 {
  return product(a, b);
}

// A function of its own behind an inlined one: asc warns of vectors as arguments of functions that files export.
function product(a: v128, b: v128): v128 {
  const rounded = high(a) * high(b);
  return pair(rounded, lostInProduct(high(a), high(b), rounded) + (high(a) * low(b) + low(a) * high(b)));
}
