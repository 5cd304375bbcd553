// The second half of a row's gradient.

import { bytesOf } from "../lanes";
import { COEFFICIENT_BYTES, CONSTANT, MEAN, RSTD, SLOPE } from "./coefficients";
import { GROUP_BYTES } from "./parameters";
import { normalised, scaledDeviation, tiny } from "./sums";

/**
 * dx = g * rstd + h * slope + constant, for `count` elements of rows `stride` bytes apart, whose coefficients follow each other;
 * dx may be dy or x. `groups` as in gatherRows, `pitch` bytes apart.
 */
export function mapRows<T>(
  dx: usize,
  dy: usize,
  x: usize,
  stride: usize,
  groups: usize,
  count: i32,
  coefficients: usize,
  rows: i32,
  pitch: usize,
): void {
  for (; rows > 0; rows--) {
    mapRow<T>(dx, dy, x, groups, count, coefficients, pitch);
    dx += stride;
    dy += stride;
    x += stride;
    coefficients += COEFFICIENT_BYTES;
  }
}


@inline
function mapRow<T>(dx: usize, dy: usize, x: usize, groups: usize, count: i32, coefficients: usize, pitch: usize): void {
  const rstd = load<T>(coefficients, RSTD);
  const whole = rstd < tiny<T>() ? <usize>0 : bytesOf<T>(count) & ~(GROUP_BYTES - 1);
  if (whole > 0) {
    const mean = splatOf<T>(coefficients + MEAN);
    const rstds = v128.splat<T>(rstd);
    const slope = splatOf<T>(coefficients + SLOPE);
    const constant = splatOf<T>(coefficients + CONSTANT);
    // Two addresses that move, and none that is wanted after the loop: V8 would keep it on the stack, and loop through that.
    let gamma = groups;
    let at = x;
    const toDx = dx - x;
    const toDy = dy - x;
    const end = x + (whole & ~GROUP_BYTES);
    while (at != end) {
      const toGamma = gamma + pitch;
      mapGroup<T>(at + toDx, at + toDy, at, gamma, mean, rstds, slope, constant);
      mapGroup<T>(at + toDx + 32, at + toDy + 32, at + 32, toGamma, mean, rstds, slope, constant);
      at += 64;
      gamma = toGamma + pitch;
    }
    if (whole & GROUP_BYTES) mapGroup<T>(at + toDx, at + toDy, at, gamma, mean, rstds, slope, constant);
  }
  for (let at = whole; at < bytesOf<T>(count); at += sizeof<T>()) {
    const h = deviation<T>(load<T>(x + at), load<T>(coefficients, MEAN), rstd);
    const g = <T>(load<T>(dy + at) * load<T>(placeOf(groups, at, pitch)));
    store<T>(dx + at, <T>(g * rstd + h * load<T>(coefficients, SLOPE) + load<T>(coefficients, CONSTANT)));
  }
}

/** A coefficient in every lane. */
// prettier-ignore
@inline function splatOf<T>(at: usize): v128 { return v128.splat<T>(load<T>(at)); }

/** Where in groups the element is whose bytes are the `at`th of a row. */
// prettier-ignore
@inline
function placeOf(groups: usize, at: usize, pitch: usize): usize {
  return groups + (at / GROUP_BYTES) * pitch + (at & (GROUP_BYTES - 1));
}

// prettier-ignore
@inline
function deviation<T>(x: T, mean: T, rstd: T): T {
  return rstd < tiny<T>() ? scaledDeviation<T>(x, mean, rstd) : <T>((x - mean) * rstd);
}

// prettier-ignore
@inline
function mapGroup<T>(
  dx: usize, dy: usize, x: usize, gamma: usize, mean: v128, rstd: v128, slope: v128, constant: v128,
): void {
  mapVector<T>(dx, dy, x, gamma, mean, rstd, slope, constant);
  mapVector<T>(dx + 16, dy + 16, x + 16, gamma + 16, mean, rstd, slope, constant);
}

// prettier-ignore
@inline
function mapVector<T>(
  dx: usize, dy: usize, x: usize, gamma: usize, mean: v128, rstd: v128, slope: v128, constant: v128,
): void {
  const h = normalised<T>(v128.load(x), mean, rstd);
  v128.store(dx, gradient<T>(v128.mul<T>(v128.load(dy), v128.load(gamma)), h, rstd, slope, constant));
}

/** g * rstd + h * slope + constant. */
// prettier-ignore
@inline
export function gradient<T>(g: v128, h: v128, rstd: v128, slope: v128, constant: v128): v128 {
  return v128.add<T>(v128.add<T>(v128.mul<T>(g, rstd), v128.mul<T>(h, slope)), constant);
}
