// normalize over rows of contiguous elements, and what a row in pieces needs: begin, accumulate, finish, map. If finish
// says RESCALE: magnitude, rescale, and if that says so accumulate once more; then finish again.

import { bytesOf, lost, zeros } from "../lanes";
import { factorsOf, isPlain } from "./finish";
import {
  begin,
  FACTOR,
  HIGH,
  isSafe,
  isUnit,
  LARGEST,
  LOW,
  P,
  RESCALE,
  SCALE,
  SETTLED,
  STATE_BYTES,
  UNIT,
} from "./state";
import { accumulate, magnitude } from "./sums";

/** Rows that are summed, then finished, then mapped together, so that none waits for its own root and division. */
const BATCH: i32 = 8;
/** Bytes of a batch, so that it stays in the first cache. */
const BATCH_BYTES: usize = 16384;

/** `rows` rows of n elements, float64 if wide; out may be x. */
// prettier-ignore
export function normalizeRows(out: usize, x: usize, rows: i32, n: i32, p: f64, eps: f64, scratch: usize, wide: bool): void {
  const stride = <usize>n << (wide ? 3 : 2);
  const batch = stride * BATCH <= BATCH_BYTES ? BATCH : 1;
  while (rows > 0) {
    const end = scratch + <usize>min(batch, rows) * STATE_BYTES;
    let at = x;
    for (let state = scratch; state < end; state += STATE_BYTES) {
      begin(state, p);
      accumulateAny(state, at, n, wide);
      at += stride;
    }
    at = x;
    for (let state = scratch; state < end; state += STATE_BYTES) {
      if (finish(state, eps, wide) == RESCALE) sumAgain(state, at, n, eps, wide);
      at += stride;
    }
    for (let state = scratch; state < end; state += STATE_BYTES) {
      if (wide) map<f64>(out, x, n, state);
      else map<f32>(out, x, n, state);
      x += stride;
      out += stride;
    }
    rows -= batch;
  }
}

function accumulateAny(state: usize, x: usize, n: i32, wide: bool): void {
  if (wide) accumulate<f64>(state, x, n);
  else accumulate<f32>(state, x, n);
}

function sumAgain(state: usize, x: usize, n: i32, eps: f64, wide: bool): void {
  if (wide) magnitude<f64>(state, x, n);
  else magnitude<f32>(state, x, n);
  if (rescale(state)) accumulateAny(state, x, n, wide);
  finish(state, eps, wide);
}

/** Begins the sums again, in units of the largest magnitude; false if there is nothing to sum. */
export function rescale(state: usize): bool {
  const largest = f64.load(state, LARGEST);
  v128.store(state, zeros(), HIGH);
  v128.store(state, zeros(), LOW);
  f64.store(state, isUnit(largest) ? largest : NaN, UNIT);
  return isUnit(largest);
}

/** Turns sums into the coefficients of the map, or says that the row must be summed again. */
export function finish(state: usize, eps: f64, wide: bool): i32 {
  const p = f64.load(state, P);
  const first = f64.load(state, HIGH);
  const second = f64.load(state, HIGH + 8);
  const highs = first + second;
  const lows = lost(first, second, highs) + (f64.load(state, LOW) + f64.load(state, LOW + 8));
  const sum = highs + lows;
  const rescaled = f64.load(state, UNIT) != 0;
  if (!rescaled && p != Infinity && !isSafe(sum, p, wide)) return RESCALE;
  const largest = f64.load(state, LARGEST);
  if (!rescaled && (p == 2 || p == 1 || p == Infinity)) {
    // Most rows: the bits are those of factorsOf.
    const norm = p == 2 ? sqrt(sum) : p == 1 ? sum : largest;
    const divisor = eps > norm ? eps : norm;
    if (isPlain(f64x2.splat(divisor), wide)) {
      const factor = 1 / divisor;
      f64.store(state, 1, SCALE);
      f64.store(state, wide ? factor : <f64>(<f32>factor), FACTOR);
      return SETTLED;
    }
  }
  const factors = factorsOf(sum, lost(highs, lows, sum), p, largest, rescaled, eps, wide);
  f64.store(state, f64x2.extract_lane(factors, 0), SCALE);
  f64.store(state, f64x2.extract_lane(factors, 1), FACTOR);
  return SETTLED;
}

/** out = (x * scale) * factor for `count` elements; out may be x. */
export function map<T>(out: usize, x: usize, count: i32, state: usize): void {
  const scale = <T>f64.load(state, SCALE);
  const factor = <T>f64.load(state, FACTOR);
  if (scale == 1) mapPlain<T>(out, x, count, factor);
  else mapScaled<T>(out, x, count, scale, factor);
}


@inline
function mapPlain<T>(out: usize, x: usize, count: i32, factor: T): void {
  const f = v128.splat<T>(factor);
  const whole = bytesOf<T>(count) & ~63;
  if (whole > 0) {
    const end = x + whole;
    do {
      v128.store(out, v128.mul<T>(v128.load(x), f));
      v128.store(out + 16, v128.mul<T>(v128.load(x + 16), f));
      v128.store(out + 32, v128.mul<T>(v128.load(x + 32), f));
      v128.store(out + 48, v128.mul<T>(v128.load(x + 48), f));
      x += 64;
      out += 64;
    } while (x != end);
  }
  for (let left = bytesOf<T>(count) - whole; left > 0; left -= sizeof<T>()) {
    store<T>(out, <T>(load<T>(x) * factor));
    x += sizeof<T>();
    out += sizeof<T>();
  }
}

function mapScaled<T>(out: usize, x: usize, count: i32, scale: T, factor: T): void {
  for (; count > 0; count--) {
    store<T>(out, <T>(<T>(load<T>(x) * scale) * factor));
    x += sizeof<T>();
    out += sizeof<T>();
  }
}
