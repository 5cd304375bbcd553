// The reduction: mean and variance of a row, in one pass over memory and as accurate as a wider type.
//
// With a shift k near the mean, d = x - k is exact or nearly so, and
//   mean = k + (sum d) / n,   variance = (sum d^2) / n - (mean - k)^2
// loses nothing to cancellation. Chan, Golub, LeVeque 1983, "Algorithms for computing the sample variance".
//
// The order of additions depends on the row's length alone (docs/numerics.md): quads of four vectors, blocks of 128
// elements in T, then wide accumulators; chunks of 64 blocks whose totals are added in order; what is left after the
// last whole quad is a block of its own. A row may therefore arrive in pieces, cut at any multiple of a block.

import {
  addWide,
  bytesOf,
  firstLanes,
  lanesOf,
  loadPart,
  loadSplat,
  squaresOfFour,
  sumOfFour,
  widen,
  zeros,
} from "./lanes";
import { advance, BLOCK, K, LANES, LANES_SQUARED, room, SCALE } from "./state";

/** Elements per pass of an inner loop: four vectors. */
// prettier-ignore
@inline export function quadOf<T>(): i32 { return 4 * lanesOf<T>(); }
/** Elements of `count` beyond the last whole quad. */
// prettier-ignore
@inline export function tailOf<T>(count: i32): i32 { return count & (quadOf<T>() - 1); }

// prettier-ignore
@inline
function deviation<T>(x: v128, k: v128, scale: v128, scaled: bool): v128 {
  return v128.sub<T>(scaled ? v128.mul<T>(x, scale) : x, k);
}

/** Sums of whole quads: `count` is a multiple of a quad that fits the open chunk. */
@inline
function accumulateQuads<T>(state: usize, x: usize, count: i32, scaled: bool): void {
  const k = loadSplat<T>(state + K);
  const scale = loadSplat<T>(state + SCALE);
  let lanes = v128.load(state, LANES);
  let squared = v128.load(state, LANES_SQUARED);
  const end = x + bytesOf<T>(count);
  // Loops test at their end: V8 then keeps what does not change outside of them. And they test for equality, because
  // the end of a row at the end of 4 GiB is address 0.
  do {
    const blockEnd = x + min(bytesOf<T>(BLOCK), end - x);
    let s = zeros();
    let q = zeros();
    do {
      const a = deviation<T>(v128.load(x), k, scale, scaled);
      const b = deviation<T>(v128.load(x + 16), k, scale, scaled);
      const c = deviation<T>(v128.load(x + 32), k, scale, scaled);
      const d = deviation<T>(v128.load(x + 48), k, scale, scaled);
      s = v128.add<T>(s, sumOfFour<T>(a, b, c, d));
      q = v128.add<T>(q, squaresOfFour<T>(a, b, c, d));
      x += 64;
    } while (x != blockEnd);
    if (sizeof<T>() == 8) {
      addWide<T>(state + LANES, s);
      addWide<T>(state + LANES_SQUARED, q);
    } else {
      lanes = f64x2.add(lanes, widen(s));
      squared = f64x2.add(squared, widen(q));
    }
  } while (x != end);
  if (sizeof<T>() == 8) return;
  v128.store(state, lanes, LANES);
  v128.store(state, squared, LANES_SQUARED);
}

// Functions of their own, not two inlined arms: Binaryen would fold those into one loop that tests `scaled` at every vector.

/** Whole quads without a scale, that fit the open chunk; what is open is not counted. */
export function accumulateBlocks<T>(state: usize, x: usize, count: i32): void {
  accumulateQuads<T>(state, x, count, false);
}

function accumulateScaled<T>(state: usize, x: usize, count: i32): void {
  accumulateQuads<T>(state, x, count, true);
}

/** The last elements of a row, fewer than a quad: a block of their own. */
export function accumulateTail<T>(state: usize, x: usize, count: i32): void {
  const k = loadSplat<T>(state + K);
  const scale = loadSplat<T>(state + SCALE);
  let s = zeros();
  let q = zeros();
  for (; count >= lanesOf<T>(); count -= lanesOf<T>()) {
    const d = deviation<T>(v128.load(x), k, scale, true);
    s = v128.add<T>(s, d);
    q = v128.add<T>(q, v128.mul<T>(d, d));
    x += 16;
  }
  if (count > 0) {
    // What is beyond the row must not deviate.
    const d = v128.and(deviation<T>(loadPart<T>(x, count), k, scale, true), firstLanes<T>(count));
    s = v128.add<T>(s, d);
    q = v128.add<T>(q, v128.mul<T>(d, d));
  }
  addWide<T>(state + LANES, s);
  addWide<T>(state + LANES_SQUARED, q);
}

/** Takes the next `count` elements of a row. A piece that does not end the row is a multiple of a block. */
export function accumulate<T>(state: usize, x: usize, count: i32): void {
  const plain = load<T>(state, SCALE) == 1;
  const tail = tailOf<T>(count);
  let quads = count - tail;
  while (quads > 0) {
    const part = min(quads, room(state));
    if (plain) accumulateBlocks<T>(state, x, part);
    else accumulateScaled<T>(state, x, part);
    advance<T>(state, part);
    x += bytesOf<T>(part);
    quads -= part;
  }
  if (tail > 0) {
    accumulateTail<T>(state, x, tail);
    advance<T>(state, tail);
  }
}
