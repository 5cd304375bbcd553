// Group, instance and batch norm, channels first: runs of `span` elements of a channel, each with a mean and an rstd of its
// own. The sums of runs become coefficients in TypeScript: there are few, and groups of channels share statistics.

import { bytesOf } from "../lanes";
import { gradient } from "./row_map";
import { accumulate, normalised, scaledDeviation, sumOfG, sumOfGH, sumOfH, SUMS_BYTES, tiny } from "./sums";

/**
 * Adds the sums of runs to their accumulators, of which there is one after the other: whole runs, or parts of them,
 * `stride` elements apart.
 */
export function accumulateRuns<T>(
  sums: usize,
  dy: usize,
  x: usize,
  mean: usize,
  rstd: usize,
  runs: i32,
  count: i32,
  stride: i32,
): void {
  for (; runs > 0; runs--) {
    accumulate<T>(sums, dy, x, count, load<T>(mean), load<T>(rstd));
    sums += SUMS_BYTES;
    dy += bytesOf<T>(stride);
    x += bytesOf<T>(stride);
    mean += sizeof<T>();
    rstd += sizeof<T>();
  }
}

/** Leaves the sums of g, g * h and h of each run, float64 numbers, at the beginning of the accumulators. */
export function totalRuns<T>(sums: usize, runs: i32): void {
  let to = sums;
  for (; runs > 0; runs--) {
    const g = sumOfG<T>(sums);
    const gh = sumOfGH<T>(sums);
    const h = sumOfH<T>(sums);
    f64.store(to, g);
    f64.store(to, gh, 8);
    f64.store(to, h, 16);
    to += 24;
    sums += SUMS_BYTES;
  }
}

// Byte offsets of a run's coefficients, all of T, of which there is one after the other:
const MEAN: usize = 0;
/** What dy is multiplied by. */
const FACTOR: usize = 8;
const RSTD: usize = 16;
const SLOPE: usize = 24;
const CONSTANT: usize = 32;
const RUN_BYTES: usize = 40;

/** dx = dy * factor + (x - mean) * rstd * slope + constant, for each run; dx may be dy or x. */
export function mapRuns<T>(
  dx: usize,
  dy: usize,
  x: usize,
  coefficients: usize,
  runs: i32,
  count: i32,
  stride: i32,
): void {
  for (; runs > 0; runs--) {
    if (load<T>(coefficients, RSTD) < tiny<T>()) mapScaled<T>(dx, dy, x, coefficients, count);
    else mapRun<T>(dx, dy, x, coefficients, count);
    coefficients += RUN_BYTES;
    dx += bytesOf<T>(stride);
    dy += bytesOf<T>(stride);
    x += bytesOf<T>(stride);
  }
}


@inline
function mapRun<T>(dx: usize, dy: usize, x: usize, run: usize, count: i32): void {
  const whole = bytesOf<T>(count) & ~63;
  if (whole > 0) {
    const mean = v128.splat<T>(load<T>(run, MEAN));
    const factor = v128.splat<T>(load<T>(run, FACTOR));
    const rstd = v128.splat<T>(load<T>(run, RSTD));
    const slope = v128.splat<T>(load<T>(run, SLOPE));
    const constant = v128.splat<T>(load<T>(run, CONSTANT));
    const end = x + whole;
    do {
      mapVector<T>(dx, dy, x, mean, factor, rstd, slope, constant);
      mapVector<T>(dx + 16, dy + 16, x + 16, mean, factor, rstd, slope, constant);
      mapVector<T>(dx + 32, dy + 32, x + 32, mean, factor, rstd, slope, constant);
      mapVector<T>(dx + 48, dy + 48, x + 48, mean, factor, rstd, slope, constant);
      dx += 64;
      dy += 64;
      x += 64;
    } while (x != end);
  }
  for (let left = bytesOf<T>(count) - whole; left > 0; left -= sizeof<T>()) {
    mapElement<T>(dx, dy, run, <T>((load<T>(x) - load<T>(run, MEAN)) * load<T>(run, RSTD)));
    dx += sizeof<T>();
    dy += sizeof<T>();
    x += sizeof<T>();
  }
}

// prettier-ignore
@inline
function mapVector<T>(
  dx: usize, dy: usize, x: usize, mean: v128, factor: v128, rstd: v128, slope: v128, constant: v128,
): void {
  const h = normalised<T>(v128.load(x), mean, rstd);
  v128.store(dx, gradient<T>(v128.load(dy), h, factor, slope, constant));
}

/** A run with deviations that T cannot hold. */
function mapScaled<T>(dx: usize, dy: usize, x: usize, run: usize, count: i32): void {
  for (; count > 0; count--) {
    mapElement<T>(dx, dy, run, scaledDeviation<T>(load<T>(x), load<T>(run, MEAN), load<T>(run, RSTD)));
    dx += sizeof<T>();
    dy += sizeof<T>();
    x += sizeof<T>();
  }
}


@inline
function mapElement<T>(dx: usize, dy: usize, run: usize, h: T): void {
  store<T>(dx, <T>(load<T>(dy) * load<T>(run, FACTOR) + h * load<T>(run, SLOPE) + load<T>(run, CONSTANT)));
}
