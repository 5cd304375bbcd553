// Rows whose squares leave the range of T are normalised scaled by a power of two, which is exact.

import { bytesOf, sumOfFour, sumOfPair, zeros } from "./lanes";

/**
 * The largest magnitude among `count` elements; NaN if one is NaN. WebAssembly's own maximum takes eight instructions on
 * x86, for the sake of NaN and -0. Magnitudes of float32 compare as integers, NaN the largest; those of float64 are
 * compared without regard to NaN, which their sum tells of: magnitudes add up to NaN only if one is.
 */
export function largestMagnitude<T>(x: usize, count: i32): T {
  const end = x + (bytesOf<T>(count) & ~63);
  let largest = zeros();
  let sum = zeros();
  while (x != end) {
    const a = v128.abs<T>(v128.load(x));
    const b = v128.abs<T>(v128.load(x + 16));
    const c = v128.abs<T>(v128.load(x + 32));
    const d = v128.abs<T>(v128.load(x + 48));
    largest = larger<T>(largest, larger<T>(larger<T>(a, b), larger<T>(c, d)));
    if (sizeof<T>() == 8) sum = f64x2.add(sum, sumOfFour<f64>(a, b, c, d));
    x += 64;
  }
  let result = largestLane<T>(largest);
  for (count &= <i32>(64 / sizeof<T>()) - 1; count > 0; count--) {
    result = max<T>(result, abs<T>(load<T>(x)));
    x += sizeof<T>();
  }
  const total = sumOfPair(sum);
  return total == total ? result : <T>NaN;
}


@inline
function larger<T>(a: v128, b: v128): v128 {
  return sizeof<T>() == 4 ? i32x4.max_s(a, b) : f64x2.pmax(a, b);
}


@inline
function largestLane<T>(v: v128): T {
  const halves = larger<T>(v, v128.shuffle<i64>(v, v, 1, 0));
  if (sizeof<T>() == 8) return <T>f64x2.extract_lane(halves, 0);
  return <T>max<f32>(f32x4.extract_lane(halves, 0), f32x4.extract_lane(halves, 1));
}

/** out = x * scale for `count` elements; out may be x. So rare that it goes one by one. */
export function scaleInto<T>(out: usize, x: usize, count: i32, scale: T): void {
  for (; count > 0; count--) {
    store<T>(out, <T>(load<T>(x) * scale));
    x += sizeof<T>();
    out += sizeof<T>();
  }
}
