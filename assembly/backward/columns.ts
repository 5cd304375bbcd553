// The same for channels that come last: steps of contiguous columns, each column with a mean and an rstd of its own.

import { addWideLanes, bytesOf, lanesOf, loadPart, sumOfFour, zeros } from "../lanes";
import { gradient } from "./row_map";
import { normalised, scaledDeviation, tiny } from "./sums";

/** Steps whose terms are added in T before they go to wider accumulators. */
const BLOCK_STEPS: i32 = 8;

// Arrays per column, one after the other: the accumulators of g, of g * h and of h, as addWideLanes fills them; and of T,
// each with room for whole vectors of four: mean, rstd, and the map's factor, slope and constant.

// prettier-ignore
@inline function roomOf(columns: i32): i32 { return (columns + 3) & ~3; }
// prettier-ignore
@inline function wideBytes<T>(columns: i32): usize { return <usize>(roomOf(columns) * (sizeof<T>() == 8 ? 16 : 8)); }
// prettier-ignore
@inline function arrayBytes<T>(columns: i32): usize { return bytesOf<T>(roomOf(columns)); }

/** Bytes of the state of `columns` columns. */
export function columnsBytes<T>(columns: i32): usize {
  return 3 * wideBytes<T>(columns) + 5 * arrayBytes<T>(columns) + 16;
}

/** Where the means are, which the caller stores, and then rstds, factors, slopes and constants. */
export function columnsMeans<T>(columns: i32): usize {
  return 3 * wideBytes<T>(columns);
}

/** Forgets the sums. */
export function beginColumns<T>(state: usize, columns: i32): void {
  memory.fill(state, 0, 3 * wideBytes<T>(columns));
}

/** Takes the next `steps` steps, `stride` elements apart; all but the last are whole blocks. */
export function accumulateColumns<T>(state: usize, dy: usize, x: usize, steps: i32, stride: i32, columns: i32): void {
  const apart = bytesOf<T>(stride);
  const scaled = needScale<T>(state, columns);
  const sink = state + columnsBytes<T>(columns) - 16;
  while (steps > 0) {
    const block = min(steps, BLOCK_STEPS);
    if (stride == columns) {
      touch(sink, dy, apart * block);
      touch(sink, x, apart * block);
    }
    if (scaled) accumulateBlock<T>(state, dy, x, block, apart, columns, true);
    else accumulateBlock<T>(state, dy, x, block, apart, columns, false);
    dy += apart * block;
    x += apart * block;
    steps -= block;
  }
}

/**
 * Reads one element of each line, in order: the hardware prefetches that, but not what jumps from step to step. What was
 * read has to go somewhere, or the compiler would leave it out.
 */
@inline
function touch(sink: usize, from: usize, bytes: usize): void {
  let seen: i32 = 0;
  for (let at = from; at < from + bytes; at += 64) seen |= i32.load(at);
  i32.store(sink, seen);
}

/** Whether some column has deviations that T cannot hold. Then all are multiplied by a power of two, most by 1. */
function needScale<T>(state: usize, columns: i32): bool {
  let rstds = state + columnsMeans<T>(columns) + arrayBytes<T>(columns);
  for (; columns > 0; columns--) {
    if (load<T>(rstds) < tiny<T>()) return true;
    rstds += sizeof<T>();
  }
  return false;
}

/** (x - mean) * rstd, in units of a quarter where rstd is tiny. */
@inline
function deviation<T>(x: v128, mean: v128, rstd: v128, scaled: bool): v128 {
  if (!scaled) return normalised<T>(x, mean, rstd);
  const isTiny = v128.lt<T>(rstd, v128.splat<T>(tiny<T>()));
  const one = v128.splat<T>(<T>1);
  const scale = v128.bitselect(v128.splat<T>(<T>0.25), one, isTiny);
  const unscale = v128.bitselect(v128.splat<T>(<T>4), one, isTiny);
  return normalised<T>(v128.mul<T>(x, scale), v128.mul<T>(mean, scale), v128.mul<T>(rstd, unscale));
}


@inline
function accumulateBlock<T>(
  state: usize,
  dy: usize,
  x: usize,
  steps: i32,
  apart: usize,
  columns: i32,
  scaled: bool,
): void {
  const wide = wideBytes<T>(columns);
  let means = state + columnsMeans<T>(columns);
  const rstds = arrayBytes<T>(columns);
  for (let left = columns; left > 0; left -= lanesOf<T>()) {
    const mean = v128.load(means);
    const rstd = v128.load(means + rstds);
    let g = zeros();
    let gh = zeros();
    let h = zeros();
    let atDy = dy;
    let atX = x;
    let more = steps;
    if (left >= lanesOf<T>()) {
      // Four steps as a tree: a sum waits for itself once.
      for (; more >= 4; more -= 4) {
        const g0 = v128.load(atDy);
        const h0 = deviation<T>(v128.load(atX), mean, rstd, scaled);
        const g1 = v128.load(atDy + apart);
        const h1 = deviation<T>(v128.load(atX + apart), mean, rstd, scaled);
        atDy += 2 * apart;
        atX += 2 * apart;
        const g2 = v128.load(atDy);
        const h2 = deviation<T>(v128.load(atX), mean, rstd, scaled);
        const g3 = v128.load(atDy + apart);
        const h3 = deviation<T>(v128.load(atX + apart), mean, rstd, scaled);
        atDy += 2 * apart;
        atX += 2 * apart;
        g = v128.add<T>(g, sumOfFour<T>(g0, g1, g2, g3));
        h = v128.add<T>(h, sumOfFour<T>(h0, h1, h2, h3));
        const products = sumOfFour<T>(
          v128.mul<T>(g0, h0),
          v128.mul<T>(g1, h1),
          v128.mul<T>(g2, h2),
          v128.mul<T>(g3, h3),
        );
        gh = v128.add<T>(gh, products);
      }
    }
    for (; more > 0; more--) {
      // Behind the last column there is room in the state, for sums that nobody reads.
      const g0 = left < lanesOf<T>() ? loadPart<T>(atDy, left) : v128.load(atDy);
      const x0 = left < lanesOf<T>() ? loadPart<T>(atX, left) : v128.load(atX);
      const h0 = deviation<T>(x0, mean, rstd, scaled);
      g = v128.add<T>(g, g0);
      gh = v128.add<T>(gh, v128.mul<T>(g0, h0));
      h = v128.add<T>(h, h0);
      atDy += apart;
      atX += apart;
    }
    addWideLanes<T>(state, g);
    addWideLanes<T>(state + wide, gh);
    addWideLanes<T>(state + 2 * wide, h);
    state += 32;
    means += 16;
    dy += 16;
    x += 16;
  }
}

/** Leaves the sums of g, of g * h and of h, float64 numbers, three for each column, at `totals`. */
export function totalColumns<T>(totals: usize, state: usize, columns: i32): void {
  const wide = wideBytes<T>(columns);
  for (let column = 0; column < columns; column++) {
    for (let sum: usize = 0; sum < 3; sum++) {
      f64.store(totals, totalOf<T>(state + sum * wide, column));
      totals += 8;
    }
  }
}


@inline
function totalOf<T>(wide: usize, column: i32): f64 {
  if (sizeof<T>() == 4) return f64.load(wide + ((<usize>column) << 3));
  const at = wide + ((<usize>(column >> 1)) << 5) + ((<usize>(column & 1)) << 3);
  return f64.load(at) + f64.load(at, 16);
}

/** dx = dy * factor + (x - mean) * rstd * slope + constant, for each column its own; dx may be dy or x. */
export function mapColumns<T>(
  dx: usize,
  dy: usize,
  x: usize,
  state: usize,
  steps: i32,
  stride: i32,
  columns: i32,
): void {
  const apart = bytesOf<T>(stride);
  const means = state + columnsMeans<T>(columns);
  const array = arrayBytes<T>(columns);
  const scaled = needScale<T>(state, columns);
  for (; steps > 0; steps--) {
    if (scaled) mapStep<T>(dx, dy, x, means, array, columns, true);
    else mapStep<T>(dx, dy, x, means, array, columns, false);
    dx += apart;
    dy += apart;
    x += apart;
  }
}


@inline
function mapStep<T>(dx: usize, dy: usize, x: usize, means: usize, array: usize, columns: i32, scaled: bool): void {
  const pairs = bytesOf<T>(columns) & ~31;
  if (pairs > 0) {
    const end = x + pairs;
    do {
      mapVector<T>(dx, dy, x, means, array, scaled);
      mapVector<T>(dx + 16, dy + 16, x + 16, means + 16, array, scaled);
      dx += 32;
      dy += 32;
      x += 32;
      means += 32;
    } while (x != end);
  }
  let left = columns - <i32>(pairs >> alignof<T>());
  if (left >= lanesOf<T>()) {
    mapVector<T>(dx, dy, x, means, array, scaled);
    dx += 16;
    dy += 16;
    x += 16;
    means += 16;
    left -= lanesOf<T>();
  }
  for (; left > 0; left--) {
    const rstd = load<T>(means + array);
    const h =
      rstd < tiny<T>()
        ? scaledDeviation<T>(load<T>(x), load<T>(means), rstd)
        : <T>((load<T>(x) - load<T>(means)) * rstd);
    const y = <T>(
      (load<T>(dy) * load<T>(means + 2 * array) + h * load<T>(means + 3 * array) + load<T>(means + 4 * array))
    );
    store<T>(dx, y);
    dx += sizeof<T>();
    dy += sizeof<T>();
    x += sizeof<T>();
    means += sizeof<T>();
  }
}


@inline
function mapVector<T>(dx: usize, dy: usize, x: usize, means: usize, array: usize, scaled: bool): void {
  const h = deviation<T>(v128.load(x), v128.load(means), v128.load(means + array), scaled);
  const factor = v128.load(means + 2 * array);
  const slope = v128.load(means + 3 * array);
  v128.store(dx, gradient<T>(v128.load(dy), h, factor, slope, v128.load(means + 4 * array)));
}
