// What the gradient of a group needs to know: with g = dy * gamma and h = (x - mean) * rstd, the sums of g, of g * h, and of
// h, which is what rounding the saved mean left over. A row may come in pieces: all but the last are whole blocks.

import { addWide, bytesOf, lanesOf, sumOfFour, sumOfPair, WIDE_BYTES, zeros } from "../lanes";

/** Elements that are summed in T before they go to wider accumulators. */
const BLOCK: i32 = 128;

// Accumulators, as addWide fills them. Byte offsets:
const SUM_G: usize = 0;
const SUM_GH: usize = WIDE_BYTES;
const SUM_H: usize = 2 * WIDE_BYTES;
export const SUMS_BYTES: usize = 3 * WIDE_BYTES;

/** Begins rows. Not by memory.fill, which takes longer than a short row does. */
@inline
export function begin(sums: usize, rows: i32): void {
  for (const end = sums + <usize>rows * SUMS_BYTES; sums != end; sums += 16) v128.store(sums, zeros());
}

/**
 * Below this rstd, differences from the mean may be too large for T: a quarter of each is taken then, which loses no digit
 * there. (No deviation is more than 2^15 standard deviations.)
 */
// prettier-ignore
@inline export function tiny<T>(): T { return <T>(sizeof<T>() == 8 ? 3.645304062398146e-304 : 1.925929944387236e-34); }
const QUARTER: f64 = 0.25;

/** Takes the next `count` elements, g being dy. */
export function accumulate<T>(sums: usize, dy: usize, x: usize, count: i32, mean: T, rstd: T): void {
  if (rstd < tiny<T>()) accumulateScaled<T>(sums, dy, x, count, mean, rstd);
  else accumulateRun<T>(sums, dy, x, count, mean, rstd);
}

/** Element by element, for deviations that T cannot hold. */
function accumulateScaled<T>(sums: usize, dy: usize, x: usize, count: i32, mean: T, rstd: T): void {
  for (; count > 0; count--) {
    const h = scaledDeviation<T>(load<T>(x), mean, rstd);
    const g = load<T>(dy);
    add<T>(sums, only<T>(g), only<T>(<T>(g * h)), only<T>(h));
    x += sizeof<T>();
    dy += sizeof<T>();
  }
}

/** (x - mean) * rstd where the difference may be too large for T. */
@inline
export function scaledDeviation<T>(x: T, mean: T, rstd: T): T {
  return <T>(<T>(x * <T>QUARTER - mean * <T>QUARTER) * <T>(rstd * 4));
}


@inline
function accumulateRun<T>(sums: usize, dy: usize, x: usize, count: i32, mean: T, rstd: T): void {
  const m = v128.splat<T>(mean);
  const r = v128.splat<T>(rstd);
  const quads = bytesOf<T>(count) & ~63;
  const end = x + quads;
  while (x != end) {
    const blockEnd = x + min(bytesOf<T>(BLOCK), end - x);
    let g = zeros();
    let gh = zeros();
    let h = zeros();
    do {
      const h0 = normalised<T>(v128.load(x), m, r);
      const h1 = normalised<T>(v128.load(x + 16), m, r);
      const h2 = normalised<T>(v128.load(x + 32), m, r);
      const h3 = normalised<T>(v128.load(x + 48), m, r);
      const g0 = v128.load(dy);
      const g1 = v128.load(dy + 16);
      const g2 = v128.load(dy + 32);
      const g3 = v128.load(dy + 48);
      h = v128.add<T>(h, sumOfFour<T>(h0, h1, h2, h3));
      g = v128.add<T>(g, sumOfFour<T>(g0, g1, g2, g3));
      gh = v128.add<T>(gh, productsOfFour<T>(g0, h0, g1, h1, g2, h2, g3, h3));
      x += 64;
      dy += 64;
    } while (x != blockEnd);
    add<T>(sums, g, gh, h);
  }
  let left = count - <i32>(quads >> alignof<T>());
  if (left == 0) return;
  // The last elements, fewer than a quad: a block of their own.
  let g = zeros();
  let gh = zeros();
  let h = zeros();
  for (; left >= lanesOf<T>(); left -= lanesOf<T>()) {
    const h0 = normalised<T>(v128.load(x), m, r);
    const g0 = v128.load(dy);
    h = v128.add<T>(h, h0);
    g = v128.add<T>(g, g0);
    gh = v128.add<T>(gh, v128.mul<T>(g0, h0));
    x += 16;
    dy += 16;
  }
  for (; left > 0; left--) {
    const h0 = <T>((load<T>(x) - mean) * rstd);
    const g0 = load<T>(dy);
    h = v128.add<T>(h, only<T>(h0));
    g = v128.add<T>(g, only<T>(g0));
    gh = v128.add<T>(gh, only<T>(<T>(g0 * h0)));
    x += sizeof<T>();
    dy += sizeof<T>();
  }
  add<T>(sums, g, gh, h);
}

/** A number in the first lane, zeros in the others. */
// prettier-ignore
@inline export function only<T>(value: T): v128 { return v128.replace_lane<T>(zeros(), 0, value); }

/** (x - mean) * rstd. */
// prettier-ignore
@inline
export function normalised<T>(x: v128, mean: v128, rstd: v128): v128 {
  return v128.mul<T>(v128.sub<T>(x, mean), rstd);
}

// prettier-ignore
@inline
function productsOfFour<T>(a: v128, p: v128, b: v128, q: v128, c: v128, r: v128, d: v128, s: v128): v128 {
  return sumOfFour<T>(v128.mul<T>(a, p), v128.mul<T>(b, q), v128.mul<T>(c, r), v128.mul<T>(d, s));
}


@inline
export function add<T>(sums: usize, g: v128, gh: v128, h: v128): void {
  addWide<T>(sums + SUM_G, g);
  addWide<T>(sums + SUM_GH, gh);
  addWide<T>(sums + SUM_H, h);
}

// prettier-ignore
@inline export function sumOfG<T>(sums: usize): f64 { return total<T>(sums + SUM_G); }
// prettier-ignore
@inline export function sumOfGH<T>(sums: usize): f64 { return total<T>(sums + SUM_GH); }
// prettier-ignore
@inline export function sumOfH<T>(sums: usize): f64 { return total<T>(sums + SUM_H); }

/** The sum that addWide has gathered. */
@inline
function total<T>(at: usize): f64 {
  const high = sumOfPair(v128.load(at));
  return sizeof<T>() == 8 ? high + sumOfPair(v128.load(at, 16)) : high;
}
