// Layer norm and RMS norm of short float32 rows (one block at most), where the work per row is as large as the work per element.
//
// Rows go in batches, in three phases: the sums of every row; then the statistics, two rows in the lanes of a float64
// vector; then the maps, two rows for one load of gamma and beta. So no map waits for its row's square root and
// division. The arithmetic and its order are those of moments.ts: a row has the same bits on either path.
//
// The first sums take no shift. A batch with rows that need one sums those rows again and maps with residuals; a batch
// with a row whose squares leave float32's range goes row by row, as long rows do.

import { HAS_GAMMA, mapVectorized, PARAMETERS } from "./affine";
import { max0, residualOf, smallestSafe } from "./finish";
import { bytesOf, squaresOfFour, sumOfFour, widen, zeros } from "./lanes";
import { accumulateBlocks, accumulateTail, quadOf, tailOf } from "./moments";
import { mapPairAffine, mapPairQuads } from "./pairs";
import { mapRow, momentsOfRow, prescaled, storeStatistics, WANTS_STATISTICS } from "./rows";
import { begin, K, LANES, LANES_SQUARED, STATE_BYTES, UNCENTRED } from "./state";

/** Rows in a batch: enough to overlap their latencies, few enough to stay in the first cache. Even. */
const BATCH: i32 = 16;

// What the phases hand over, a slot for each row of the batch, behind one full state for repairs. Byte offsets:
const CENTRE: usize = 0; // float32; this and the next two as mapPairQuads reads them
const SCALE: usize = 4; // float32
const RESIDUAL: usize = 8; // float32
const SUMS: usize = 16; // float64 sum, float64 sum of squares
const SLOT: usize = 32;

export function shortRows(
  out: usize,
  x: usize,
  gamma: usize,
  beta: usize,
  mean: usize,
  rstd: usize,
  rows: i32,
  n: i32,
  eps: f64,
  scratch: usize,
  flags: i32,
): void {
  const stride = bytesOf<f32>(n);
  const inverse = 1 / <f64>n;
  const slots = scratch + STATE_BYTES;
  begin<f32>(scratch, 0, 1, 0);
  for (let first = 0; first < rows; first += BATCH) {
    const count = min(BATCH, rows - first);
    const end = slots + <usize>count * SLOT;
    sumBatch(x, n, scratch, slots, end);
    // A negative eps shrinks the deviation that residuals are measured against.
    if (finishBatch(inverse, eps, slots, end, flags) && eps >= 0) {
      if (flags & WANTS_STATISTICS) storeSlots(mean, rstd, slots, end, flags);
      mapBatch(out, x, gamma, beta, n, slots, end, flags & PARAMETERS);
    } else if (shiftBatch(x, n, inverse, eps, scratch, slots, end, flags)) {
      if (flags & WANTS_STATISTICS) storeSlots(mean, rstd, slots, end, flags);
      mapBatchWithResiduals(out, x, gamma, beta, n, slots, end, flags & PARAMETERS);
    } else rowByRow(out, x, gamma, beta, mean, rstd, n, count, eps, scratch, flags);
    x += stride * <usize>count;
    out += stride * <usize>count;
    mean += bytesOf<f32>(count);
    rstd += bytesOf<f32>(count);
  }
}


@inline
function sumBatch(x: usize, n: i32, state: usize, slot: usize, end: usize): void {
  const stride = bytesOf<f32>(n);
  do {
    sumRow(x, n, state, slot);
    x += stride;
    slot += SLOT;
  } while (slot < end);
}

/** The sums of one row's elements. */
@inline
function sumRow(x: usize, n: i32, state: usize, slot: usize): void {
  const tail = tailOf<f32>(n);
  const quadBytes = bytesOf<f32>(n - tail);
  const pairBytes = quadBytes & ~127;
  let s = zeros();
  let q = zeros();
  let p = x;
  if (pairBytes > 0) {
    const pairEnd = x + pairBytes;
    do {
      const a = v128.load(p);
      const b = v128.load(p + 16);
      const c = v128.load(p + 32);
      const d = v128.load(p + 48);
      s = f32x4.add(s, sumOfFour<f32>(a, b, c, d));
      q = f32x4.add(q, squaresOfFour<f32>(a, b, c, d));
      const e = v128.load(p + 64);
      const f = v128.load(p + 80);
      const g = v128.load(p + 96);
      const h = v128.load(p + 112);
      s = f32x4.add(s, sumOfFour<f32>(e, f, g, h));
      q = f32x4.add(q, squaresOfFour<f32>(e, f, g, h));
      p += 128;
    } while (p != pairEnd);
  }
  if (pairBytes < quadBytes) {
    const a = v128.load(p);
    const b = v128.load(p + 16);
    const c = v128.load(p + 32);
    const d = v128.load(p + 48);
    s = f32x4.add(s, sumOfFour<f32>(a, b, c, d));
    q = f32x4.add(q, squaresOfFour<f32>(a, b, c, d));
  }
  if (tail > 0) storeWithTail(slot, s, q, state, x + quadBytes, tail);
  else v128.store(slot, sumsOfPairs(widen(s), widen(q)), SUMS);
}

/** The sums of one row's d = x - k. */
@inline
function sumShifted(x: usize, n: i32, state: usize, slot: usize, k: f32): void {
  const tail = tailOf<f32>(n);
  f32.store(state, k, K);
  v128.store(state, zeros(), LANES);
  v128.store(state, zeros(), LANES_SQUARED);
  if (n > tail) accumulateBlocks<f32>(state, x, n - tail);
  if (tail > 0) accumulateTail<f32>(state, x + bytesOf<f32>(n - tail), tail);
  storeSums(slot, state);
}

/** Adds a row's last n % 16 elements, a block of their own, to the sums of its quads. */
@inline
function storeWithTail(slot: usize, s: v128, q: v128, state: usize, x: usize, count: i32): void {
  v128.store(state, widen(s), LANES);
  v128.store(state, widen(q), LANES_SQUARED);
  accumulateTail<f32>(state, x, count);
  storeSums(slot, state);
}


@inline
function storeSums(slot: usize, state: usize): void {
  v128.store(slot, sumsOfPairs(v128.load(state, LANES), v128.load(state, LANES_SQUARED)), SUMS);
}

/** moments.finish for a batch. False if a row has to be summed again with a shift or a scale. */
@inline
function finishBatch(inverse: f64, eps: f64, slot: usize, end: usize, flags: i32): bool {
  const over = f64x2.splat(inverse);
  const bias = f64x2.splat(eps);
  const centred = i64x2.splat(flags & UNCENTRED ? 0 : -1);
  let settled = i64x2.splat(-1);
  // A row alone in its pair is paired with itself.
  v128.store(end, v128.load(end - SLOT, SUMS), SUMS);
  do {
    settled = v128.and(settled, finishPair(slot, over, bias, centred));
    slot += 2 * SLOT;
  } while (slot < end);
  return i64x2.all_true(settled);
}

/** The sum of a's two float64 lanes, and of b's. */
@inline
function sumsOfPairs(a: v128, b: v128): v128 {
  return f64x2.add(v128.shuffle<i64>(a, b, 0, 2), v128.shuffle<i64>(a, b, 1, 3));
}

/**
 * Fills two slots; the lanes of its result say which of the rows are settled. Those are within one standard deviation
 * of zero, so they have no residual.
 */
@inline
function finishPair(slot: usize, inverse: v128, eps: v128, centred: v128): v128 {
  const sums0 = v128.load(slot, SUMS);
  const sums1 = v128.load(slot + SLOT, SUMS);
  const squares = v128.shuffle<i64>(sums0, sums1, 1, 3);
  const mean = f64x2.mul(v128.and(v128.shuffle<i64>(sums0, sums1, 0, 2), centred), inverse);
  const offset = f64x2.mul(mean, mean);
  const variance = f64x2.sub(f64x2.mul(squares, inverse), offset);
  // A variance below zero is below the offset too, and so not settled.
  const radicand = f64x2.add(variance, eps);
  const rstd = f64x2.div(f64x2.splat(1), f64x2.sqrt(radicand));
  const coefficients = v128.shuffle<f32>(f32x4.demote_f64x2_zero(mean), f32x4.demote_f64x2_zero(rstd), 0, 4, 1, 5);
  v128.store_lane<i64>(slot, coefficients, 0, CENTRE);
  v128.store_lane<i64>(slot + SLOT, coefficients, 1, CENTRE);
  const inRange = v128.and(
    f64x2.lt(squares, f64x2.splat(Infinity)),
    f64x2.ge(radicand, f64x2.splat(smallestSafe<f32>())),
  );
  return v128.and(inRange, f64x2.le(offset, variance));
}

/** Sums rows again that need a shift, and finishes all of a batch. False if a row needs a scale. */
// prettier-ignore
function shiftBatch(x: usize, n: i32, inverse: f64, eps: f64, state: usize, slot: usize, end: usize, flags: i32): bool {
  for (; slot < end; slot += SLOT) {
    if (!shiftRow(x, n, inverse, eps, state, slot, flags)) return false;
    x += bytesOf<f32>(n);
  }
  begin<f32>(state, 0, 1, 0);
  return true;
}

/** moments.finish for one row from the sums in its slot: the same steps in the same order. */
// prettier-ignore
@inline
function shiftRow(x: usize, n: i32, inverse: f64, eps: f64, state: usize, slot: usize, flags: i32): bool {
  let k: f32 = 0;
  let offset = flags & UNCENTRED ? 0 : f64.load(slot, SUMS) * inverse;
  let squares = f64.load(slot, SUMS + 8);
  let variance = squares * inverse - offset * offset;
  if (!(squares < Infinity && max0(variance) + eps >= smallestSafe<f32>())) return false;
  if (offset * offset > variance) {
    k = <f32>offset;
    sumShifted(x, n, state, slot, k);
    offset = f64.load(slot, SUMS) * inverse;
    squares = f64.load(slot, SUMS + 8);
    variance = squares * inverse - offset * offset;
    if (!(squares < Infinity && max0(variance) + eps >= smallestSafe<f32>())) return false;
  }
  const mean = <f64>k + offset;
  const rstd = 1 / sqrt(max0(variance) + eps);
  f32.store(slot, <f32>mean, CENTRE);
  f32.store(slot, <f32>rstd, SCALE);
  f32.store(slot, residualOf<f32>(mean, 0, max0(variance), rstd), RESIDUAL);
  return true;
}

/** The way of a batch in which a row needs a scale. */
function rowByRow(
  out: usize,
  x: usize,
  gamma: usize,
  beta: usize,
  mean: usize,
  rstd: usize,
  n: i32,
  count: i32,
  eps: f64,
  state: usize,
  flags: i32,
): void {
  const stride = bytesOf<f32>(n);
  for (let row = 0; row < count; row++) {
    momentsOfRow<f32>(state, x, n, eps, flags);
    storeStatistics<f32>(state, mean, rstd, row, flags);
    mapRow<f32>(out, prescaled<f32>(state, out, x, n), gamma, beta, n, state, flags & PARAMETERS);
    x += stride;
    out += stride;
  }
  begin<f32>(state, 0, 1, 0);
}

/** Without a scale, a row's mean is its centre and rstd its slope, to the bit. */
function storeSlots(mean: usize, rstd: usize, slot: usize, end: usize, flags: i32): void {
  do {
    if (!(flags & UNCENTRED)) f32.store(mean, f32.load(slot, CENTRE));
    f32.store(rstd, f32.load(slot, SCALE));
    mean += sizeof<f32>();
    rstd += sizeof<f32>();
    slot += SLOT;
  } while (slot < end);
}

// prettier-ignore
function mapBatch(out: usize, x: usize, gamma: usize, beta: usize, n: i32, slot: usize, end: usize, parameters: i32): void {
  mapSlots(out, x, gamma, beta, n, slot, end, parameters, false);
}

// prettier-ignore
@inline
function mapBatchWithResiduals(out: usize, x: usize, gamma: usize, beta: usize, n: i32, slot: usize, end: usize, parameters: i32): void {
  mapSlots(out, x, gamma, beta, n, slot, end, parameters, true);
}

// prettier-ignore
@inline
function mapSlots(out: usize, x: usize, gamma: usize, beta: usize, n: i32, slot: usize, end: usize, parameters: i32, residuals: bool): void {
  const stride = bytesOf<f32>(n);
  const inPairs = n >= quadOf<f32>();
  if (parameters == PARAMETERS && inPairs) {
    for (; slot + SLOT < end; slot += 2 * SLOT) {
      mapPair(out, x, gamma, beta, n, slot, residuals, true);
      x += 2 * stride;
      out += 2 * stride;
    }
  } else if (!residuals && parameters == HAS_GAMMA && inPairs) {
    for (; slot + SLOT < end; slot += 2 * SLOT) {
      mapPair(out, x, gamma, beta, n, slot, residuals, false);
      x += 2 * stride;
      out += 2 * stride;
    }
  }
  for (; slot < end; slot += SLOT) {
    mapSlot(out, x, gamma, beta, n, slot, parameters, residuals);
    x += stride;
    out += stride;
  }
}

// prettier-ignore
@inline
function mapPair(out: usize, x: usize, gamma: usize, beta: usize, n: i32, slot: usize, residuals: bool, hasBeta: bool): void {
  const tail = tailOf<f32>(n);
  const stride = bytesOf<f32>(n);
  const bytes = bytesOf<f32>(n - tail);
  if (residuals) mapPairAffine(out, x, gamma, beta, bytes, stride, slot, slot + SLOT, SCALE);
  else mapPairQuads(out, x, gamma, beta, bytes, stride, slot, slot + SLOT, SCALE, false, hasBeta);
  if (tail > 0) mapPairTail(out, x, gamma, beta, n, slot, hasBeta ? PARAMETERS : HAS_GAMMA, residuals);
}

// prettier-ignore
function mapPairTail(out: usize, x: usize, gamma: usize, beta: usize, n: i32, slot: usize, parameters: i32, residuals: bool): void {
  const tail = tailOf<f32>(n);
  const done = bytesOf<f32>(n - tail);
  const stride = bytesOf<f32>(n);
  mapSlot(out + done, x + done, gamma + done, beta + done, tail, slot, parameters, residuals);
  mapSlot(out + stride + done, x + stride + done, gamma + done, beta + done, tail, slot + SLOT, parameters, residuals);
}

/** The map of `count` elements with the coefficients of a slot. */
// prettier-ignore
@inline
function mapSlot(out: usize, x: usize, gamma: usize, beta: usize, count: i32, slot: usize, parameters: i32, residuals: bool): void {
  const residual: f32 = residuals ? f32.load(slot, RESIDUAL) : -0.0;
  mapVectorized<f32>(out, x, gamma, beta, count, f32.load(slot, CENTRE), f32.load(slot, SCALE), residual, parameters);
}
