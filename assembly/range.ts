// Rows whose squares leave float32's range are normalised scaled by a power of two, which is exact.

import { load4, mul4, SHIFT, store4, zero4 } from "./lanes";

/** The largest magnitude among `count` elements; NaN if one is NaN. */
export function largestMagnitude(x: usize, count: i32): f32 {
  let lanes = zero4();
  for (; count >= 4; count -= 4) {
    lanes = f32x4.max(lanes, f32x4.abs(load4(x)));
    x += 16;
  }
  let largest = max<f32>(
    max<f32>(f32x4.extract_lane(lanes, 0), f32x4.extract_lane(lanes, 1)),
    max<f32>(f32x4.extract_lane(lanes, 2), f32x4.extract_lane(lanes, 3)),
  );
  for (; count > 0; count--) {
    largest = max<f32>(largest, abs<f32>(f32.load(x)));
    x += 1 << SHIFT;
  }
  return largest;
}

/** out = x * scale for `count` elements; out may be x. */
export function scaleInto(out: usize, x: usize, count: i32, scale: f32): void {
  const factor = f32x4.splat(scale);
  for (; count >= 4; count -= 4) {
    store4(out, mul4(load4(x), factor));
    x += 16;
    out += 16;
  }
  for (; count > 0; count--) {
    f32.store(out, f32.load(x) * scale);
    x += 1 << SHIFT;
    out += 1 << SHIFT;
  }
}
