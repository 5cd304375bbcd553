// normalize over columns: `blocks` blocks of `steps` steps of `columns` contiguous elements, where every column of a
// block is a group. Also what columns in pieces need; see rows.ts.

import { bytesOf, lost } from "../lanes";
import { accumulateColumns, columnMagnitudes } from "./column_sums";
import {
  AGAIN,
  beginColumns,
  COLUMNS,
  columnStateBytes,
  factorsAt,
  largestAt,
  P,
  PLAIN,
  scalesAt,
  sumAt,
  unitsAt,
  UNSAFE,
} from "./column_state";
import { factorsOf, isPlain } from "./finish";
import { areSafe, isSafe, isUnit, RESCALE, SETTLED } from "./state";
import { loadTwo } from "./sums";

/**
 * Bytes of a step of a strip, the columns that are taken at a time. Narrower strips, that would be mapped while they are
 * still in the second cache, gain nothing: their steps lie too far apart.
 */
const STRIP_BYTES: i32 = 4096;

// `wide` says that x is float64: what is not in an inner loop is compiled once for both types.

// prettier-ignore
function stripOf(columns: i32, wide: bool): i32 { return min(columns, STRIP_BYTES >> (wide ? 3 : 2)); }

/** Bytes of scratch that normalizeColumns takes: 32 + 48 for each column of a strip, so 49,184 at most. */
export function normalizeColumnsScratch(columns: i32, wide: bool): usize {
  return columnStateBytes(stripOf(columns, wide));
}

/** out may be x. */
export function normalizeColumns(
  out: usize,
  x: usize,
  blocks: i32,
  steps: i32,
  columns: i32,
  p: f64,
  eps: f64,
  scratch: usize,
  wide: bool,
): void {
  const shift = wide ? 3 : 2;
  const strip = stripOf(columns, wide);
  const stride = (<usize>columns) << shift;
  for (; blocks > 0; blocks--) {
    for (let column = 0; column < columns; column += strip) {
      const at = (<usize>column) << shift;
      beginColumns(scratch, min(strip, columns - column), p);
      if (wide) normalizeStrip<f64>(out + at, x + at, steps, stride, eps, scratch);
      else normalizeStrip<f32>(out + at, x + at, steps, stride, eps, scratch);
    }
    x += stride * steps;
    out += stride * steps;
  }
}

function normalizeStrip<T>(out: usize, x: usize, steps: i32, stride: usize, eps: f64, state: usize): void {
  accumulateColumns<T>(state, x, steps, stride);
  if (finishColumns<T>(state, eps) == RESCALE) {
    columnMagnitudes<T>(state, x, steps, stride);
    if (rescaleColumns(state, sizeof<T>() == 8)) accumulateColumns<T>(state, x, steps, stride);
    finishColumns<T>(state, eps);
  }
  mapColumns<T>(out, x, steps, stride, state);
}

/** Begins the sums of columns that are not settled again, in units of their largest magnitudes; false if none has one. */
export function rescaleColumns(state: usize, wide: bool): bool {
  const columns = i32.load(state, COLUMNS);
  const largest = largestAt(state);
  let unit = unitsAt(state);
  let any = false;
  i32.store(state, 1, AGAIN);
  for (let column = 0; column < columns; column++) {
    if (f64.load(unit) == UNSAFE) {
      const magnitude = loadAny(largest, column, wide);
      f64.store(unit, isUnit(magnitude) ? magnitude : NaN);
      f64.store(sumAt(state, column), 0);
      f64.store(sumAt(state, column), 0, 16);
      any = any || isUnit(magnitude);
    } else f64.store(unit, 0);
    unit += 8;
  }
  return any;
}

/** Turns sums into the coefficients of the map, or says that some columns must be summed again. */
export function finishColumns<T>(state: usize, eps: f64): i32 {
  const columns = i32.load(state, COLUMNS);
  const p = f64.load(state, P);
  const simple = !i32.load(state, AGAIN) && (p == 1 || p == 2 || p == Infinity);
  let verdict = SETTLED;
  let plain = true;
  for (let column = 0; column < columns; column += 2) {
    if (simple && finishTwo<T>(state, column, p, eps)) continue;
    plain = false;
    verdict |= finishOne(state, column, p, eps, sizeof<T>() == 8);
    if (column + 1 < columns) verdict |= finishOne(state, column + 1, p, eps, sizeof<T>() == 8);
  }
  i32.store(state, plain, PLAIN);
  return verdict;
}

/** Settles two columns whose norms and sums are ordinary; false if they are not. The bits are those of finishOne. */
@inline
function finishTwo<T>(state: usize, column: i32, p: f64, eps: f64): bool {
  let norm: v128;
  if (p == Infinity) norm = loadTwo<T>(largestAt(state) + bytesOf<T>(column));
  else {
    const sum = f64x2.add(v128.load(sumAt(state, column)), v128.load(sumAt(state, column), 16));
    if (sizeof<T>() == 8 && !areSafe(sum)) return false;
    norm = p == 2 ? f64x2.sqrt(sum) : sum;
  }
  const divisor = f64x2.pmax(norm, f64x2.splat(eps));
  if (!isPlain(divisor, sizeof<T>() == 8)) return false;
  const factor = f64x2.div(f64x2.splat(1), divisor);
  const scales = scalesAt(state) + bytesOf<T>(column);
  const factors = factorsAt(state) + bytesOf<T>(column);
  if (sizeof<T>() == 8) {
    v128.store(scales, f64x2.splat(1));
    v128.store(factors, factor);
  } else {
    v128.store64_lane(scales, f32x4.splat(1), 0);
    v128.store64_lane(factors, f32x4.demote_f64x2_zero(factor), 0);
  }
  return true;
}

function finishOne(state: usize, column: i32, p: f64, eps: f64, wide: bool): i32 {
  const again = i32.load(state, AGAIN) != 0;
  const unit = unitsAt(state) + ((<usize>column) << 3);
  if (again && f64.load(unit) == 0) return SETTLED;
  const high = f64.load(sumAt(state, column));
  const low = f64.load(sumAt(state, column), 16);
  const sum = high + low;
  if (!again && p != Infinity && !isSafe(sum, p, wide)) {
    f64.store(unit, UNSAFE);
    return RESCALE;
  }
  const largest = loadAny(largestAt(state), column, wide);
  const factors = factorsOf(sum, lost(high, low, sum), p, largest, again, eps, wide);
  storeAny(scalesAt(state), column, f64x2.extract_lane(factors, 0), wide);
  storeAny(factorsAt(state), column, f64x2.extract_lane(factors, 1), wide);
  return SETTLED;
}

// Of an array of either type:

// prettier-ignore
function loadAny(at: usize, index: i32, wide: bool): f64 {
  return wide ? f64.load(at + (<usize>index << 3)) : <f64>f32.load(at + (<usize>index << 2));
}
// prettier-ignore
function storeAny(at: usize, index: i32, value: f64, wide: bool): void {
  if (wide) f64.store(at + (<usize>index << 3), value);
  else f32.store(at + (<usize>index << 2), <f32>value);
}

/** out = (x * scale) * factor, for each column its own; out may be x. */
export function mapColumns<T>(out: usize, x: usize, steps: i32, stride: usize, state: usize): void {
  const columns = i32.load(state, COLUMNS);
  const plain = i32.load(state, PLAIN) != 0;
  const scales = scalesAt(state);
  const factors = factorsAt(state);
  const whole = bytesOf<T>(columns) & ~15;
  const end = bytesOf<T>(columns);
  for (; steps > 0; steps--) {
    if (plain) mapPlain<T>(out, x, whole, scales, factors);
    else mapScaled<T>(out, x, whole, scales, factors);
    for (let at = whole; at < end; at += sizeof<T>()) {
      store<T>(out + at, <T>(<T>(load<T>(x + at) * load<T>(scales + at)) * load<T>(factors + at)));
    }
    x += stride;
    out += stride;
  }
}

/** All scales are 1, which a product with them would not change. */
function mapPlain<T>(out: usize, x: usize, bytes: usize, scales: usize, factors: usize): void {
  const end = x + (bytes & ~63);
  while (x != end) {
    v128.store(out, v128.mul<T>(v128.load(x), v128.load(factors)));
    v128.store(out + 16, v128.mul<T>(v128.load(x + 16), v128.load(factors + 16)));
    v128.store(out + 32, v128.mul<T>(v128.load(x + 32), v128.load(factors + 32)));
    v128.store(out + 48, v128.mul<T>(v128.load(x + 48), v128.load(factors + 48)));
    x += 64;
    out += 64;
    scales += 64;
    factors += 64;
  }
  mapScaled<T>(out, x, bytes & 63, scales, factors);
}

function mapScaled<T>(out: usize, x: usize, bytes: usize, scales: usize, factors: usize): void {
  for (; bytes > 0; bytes -= 16) {
    v128.store(out, v128.mul<T>(v128.mul<T>(v128.load(x), v128.load(scales)), v128.load(factors)));
    x += 16;
    out += 16;
    scales += 16;
    factors += 16;
  }
}
