// Rows whose squares leave the range of T are normalised scaled by a power of two, which is exact.

import { lanesOf, zeros } from "./lanes";

/** The largest magnitude among `count` elements; NaN if one is NaN. */
export function largestMagnitude<T>(x: usize, count: i32): T {
  let lanes = zeros();
  for (; count >= lanesOf<T>(); count -= lanesOf<T>()) {
    lanes = v128.max<T>(lanes, v128.abs<T>(v128.load(x)));
    x += 16;
  }
  let largest = largestLane<T>(lanes);
  for (; count > 0; count--) {
    largest = max<T>(largest, abs<T>(load<T>(x)));
    x += sizeof<T>();
  }
  return largest;
}


@inline
function largestLane<T>(v: v128): T {
  const first = max<T>(v128.extract_lane<T>(v, 0), v128.extract_lane<T>(v, 1));
  if (sizeof<T>() == 8) return first;
  return max<T>(first, <T>max<f32>(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)));
}

/** out = x * scale for `count` elements; out may be x. */
export function scaleInto<T>(out: usize, x: usize, count: i32, scale: T): void {
  const factor = v128.splat<T>(scale);
  for (; count >= lanesOf<T>(); count -= lanesOf<T>()) {
    v128.store(out, v128.mul<T>(v128.load(x), factor));
    x += 16;
    out += 16;
  }
  for (; count > 0; count--) {
    store<T>(out, <T>(load<T>(x) * scale));
    x += sizeof<T>();
    out += sizeof<T>();
  }
}
