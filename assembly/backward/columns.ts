// The same for channels that come last: steps of contiguous columns, each column with a mean and an rstd of its own.

import { addWideLanes, bytesOf, lanesOf, loadPart, zeros } from "../lanes";
import { gradient } from "./row_map";
import { normalised, scaledDeviation, tiny } from "./sums";

/** Steps whose terms are added in T before they go to wider accumulators. */
const BLOCK_STEPS: i32 = 16;

// For each vector of columns a group of five, side by side as one stream for the hardware to prefetch: mean, rstd, and the
// sums of g, of g * h and of h, in whose place the map has its factor, slope and constant. After all groups: the same sums in
// float64 (float64: pairs), as addWideLanes fills them.
const RSTD: usize = 16;
const G: usize = 32;
const GH: usize = 48;
const H: usize = 64;
const FACTOR: usize = 32;
const SLOPE: usize = 48;
const CONSTANT: usize = 64;
const GROUP_BYTES: usize = 80;
/** Of a group: three accumulators of four float64 or two pairs. */
const WIDE_BYTES: usize = 96;

// prettier-ignore
@inline function groupsOf<T>(columns: i32): usize { return (bytesOf<T>(columns) + 15) >> 4; }

/** Bytes of the state of `columns` columns. */
export function columnsBytes<T>(columns: i32): usize {
  return groupsOf<T>(columns) * (GROUP_BYTES + WIDE_BYTES);
}

// prettier-ignore
@inline function wideOf<T>(state: usize, columns: i32): usize { return state + groupsOf<T>(columns) * GROUP_BYTES; }

/** Forgets the sums, and the statistics beside them, which the caller stores then. */
export function beginColumns<T>(state: usize, columns: i32): void {
  memory.fill(state, 0, columnsBytes<T>(columns));
}

/** Takes the next `steps` steps, `stride` elements apart; all but the last are whole blocks. */
export function accumulateColumns<T>(state: usize, dy: usize, x: usize, steps: i32, stride: i32, columns: i32): void {
  const apart = bytesOf<T>(stride);
  const scaled = needScale<T>(state, columns);
  while (steps > 0) {
    const block = min(steps, BLOCK_STEPS);
    for (let step = 0; step < block; step++) {
      if (scaled) accumulateStep<T>(state, dy, x, columns, true);
      else accumulateStep<T>(state, dy, x, columns, false);
      dy += apart;
      x += apart;
    }
    steps -= block;
    endBlock<T>(state, columns);
  }
}

/**
 * Whether some column has deviations that T cannot hold. Then the sums multiply all by a power of two, most by 1, and the map takes
 * columns one by one.
 */
function needScale<T>(state: usize, columns: i32): bool {
  for (let column = 0; column < columns; column++) {
    if (load<T>(placeOf<T>(state, column), RSTD) < tiny<T>()) return true;
  }
  return false;
}

/** Where the numbers of a column begin. */
// prettier-ignore
@inline
function placeOf<T>(state: usize, column: i32): usize {
  return state + <usize>(column / lanesOf<T>()) * GROUP_BYTES + bytesOf<T>(column % lanesOf<T>());
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

/** Adds the terms of a step to the sums in T. One step at a time: of more, the hardware would not prefetch each. */
@inline
function accumulateStep<T>(state: usize, dy: usize, x: usize, columns: i32, scaled: bool): void {
  const toDy = dy - x;
  const end = x + (bytesOf<T>(columns) & ~15);
  while (x != end) {
    add<T>(state, v128.load(x + toDy), v128.load(x), scaled);
    x += 16;
    state += GROUP_BYTES;
  }
  // Behind the last column there is room for sums that nobody reads.
  const left = columns % lanesOf<T>();
  if (left > 0) add<T>(state, loadPart<T>(x + toDy, left), loadPart<T>(x, left), scaled);
}


@inline
function add<T>(state: usize, g: v128, x: v128, scaled: bool): void {
  const h = deviation<T>(x, v128.load(state), v128.load(state + RSTD), scaled);
  v128.store(state + G, v128.add<T>(v128.load(state + G), g));
  v128.store(state + GH, v128.add<T>(v128.load(state + GH), v128.mul<T>(g, h)));
  v128.store(state + H, v128.add<T>(v128.load(state + H), h));
}

/** Adds the sums in T to the wider ones; they begin again. */
function endBlock<T>(state: usize, columns: i32): void {
  let wide = wideOf<T>(state, columns);
  for (const end = wide; state != end; state += GROUP_BYTES) {
    for (let sum: usize = G; sum <= H; sum += 16) {
      addWideLanes<T>(wide, v128.load(state + sum));
      v128.store(state + sum, zeros());
      wide += 32;
    }
  }
}

/** Leaves the sums of g, of g * h and of h, float64 numbers, three for each column, at `totals`. */
export function totalColumns<T>(totals: usize, state: usize, columns: i32): void {
  const wide = wideOf<T>(state, columns);
  for (let column = 0; column < columns; column++) {
    let at = wide + <usize>(column / lanesOf<T>()) * WIDE_BYTES + ((<usize>(column % lanesOf<T>())) << 3);
    for (let sum = 0; sum < 3; sum++) {
      f64.store(totals, sizeof<T>() == 4 ? f64.load(at) : f64.load(at) + f64.load(at, 16));
      totals += 8;
      at += 32;
    }
  }
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
  const whole = needScale<T>(state, columns) ? 0 : columns & ~(lanesOf<T>() - 1);
  for (; steps > 0; steps--) {
    mapStep<T>(dx, dy, x, state, columns, whole);
    dx += apart;
    dy += apart;
    x += apart;
  }
}

/** The first `whole` columns by vectors, the others one by one. */
@inline
function mapStep<T>(dx: usize, dy: usize, x: usize, state: usize, columns: i32, whole: i32): void {
  const toDx = dx - x;
  const toDy = dy - x;
  let group = state;
  const end = x + bytesOf<T>(whole);
  while (x != end) {
    const h = normalised<T>(v128.load(x), v128.load(group), v128.load(group + RSTD));
    const slope = v128.load(group + SLOPE);
    const constant = v128.load(group + CONSTANT);
    v128.store(x + toDx, gradient<T>(v128.load(x + toDy), h, v128.load(group + FACTOR), slope, constant));
    x += 16;
    group += GROUP_BYTES;
  }
  for (let column = whole; column < columns; column++) {
    const at = placeOf<T>(state, column);
    const rstd = load<T>(at, RSTD);
    const mean = load<T>(at);
    const h = rstd < tiny<T>() ? scaledDeviation<T>(load<T>(x), mean, rstd) : <T>((load<T>(x) - mean) * rstd);
    store<T>(x + toDx, <T>(load<T>(x + toDy) * load<T>(at, FACTOR) + h * load<T>(at, SLOPE) + load<T>(at, CONSTANT)));
    x += sizeof<T>();
  }
}
