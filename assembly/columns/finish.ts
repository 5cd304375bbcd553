// From the sums of columns to the statistics of groups, and the repairs that groups may need.

import { finish as finishRow, RESCALE, SETTLED, smallestSafe } from "../finish";
import { elementBytes, loadElement, storeElement } from "../elements";
import { bytesOf, lostInSum, sumOfPair, zeros } from "../lanes";
import { storeStatistics, WANTS_MOMENTS, WANTS_STATISTICS } from "../rows";
import {
  ATTEMPTS,
  K,
  LOW,
  MEAN,
  rescale as rescaleRow,
  RSTD,
  RSTD_OF_X,
  SCALE,
  SQUARES,
  SUM,
  VARIANCE,
} from "../state";
import {
  arrayBytes,
  attemptsOf,
  clearSums,
  COLUMNS,
  FOLD,
  groupsIn,
  isWide,
  KIND,
  lowsOf,
  meansOf,
  rowOf,
  rstdsOf,
  rstdsOfXOf,
  SCALED,
  scalesOf,
  shiftsOf,
  sumsOf,
  variancesOf,
  WANTS_SCALE,
  wideSquaresOf,
  wideSumsOf,
  WIDTH,
} from "./state";
import { endBlock } from "./sums";

/**
 * Turns the sums into the statistics of every group of n elements: SETTLED, or else the verdicts that groups got, as bits.
 * With RESCALE among them, `magnitude` over the whole block and `rescale` follow, and then the block is summed again;
 * without, it is summed again at once. Groups that are settled come to the same again.
 */
export function finish(state: usize, n: f64, eps: f64): i32 {
  endBlock(state);
  const inverse = 1 / n;
  const groups = groupsIn(state);
  const quick = !isWide(state) && !i32.load(state, SCALED);
  let verdicts = SETTLED;
  let group = 0;
  do {
    const last = min(group + 1, groups - 1);
    if (!quick || !settlesPair(state, group, last, inverse, eps)) {
      verdicts |= finishGroup(state, group, n, eps);
      if (last > group) verdicts |= finishGroup(state, last, n, eps);
    }
    group += 2;
  } while (group < groups);
  if (verdicts != SETTLED) clearSums(state);
  return verdicts;
}

/**
 * Most groups of float32 settle at once: finishRow in short, for two groups in the lanes of a float64 vector. The same
 * steps in the same order. False, and nothing of worth done, for all others.
 */
@inline
function settlesPair(state: usize, first: i32, second: i32, inverse: f64, eps: f64): bool {
  const row = rowOf(state);
  const over = f64x2.splat(inverse);
  const at = (<usize>first) << 3;
  let sums: v128, squares: v128;
  if (i32.load(state, WIDTH) == 1 && i32.load(state, FOLD) == 1) {
    // A column for a group, and no copies: the accumulators are the totals.
    sums = v128.load(wideSumsOf(state) + at);
    squares = v128.load(wideSquaresOf(state) + at);
  } else {
    addColumns(state, first, row + SUM);
    addColumns(state, second, row + SUM + 8);
    sums = v128.load(row, SUM);
    squares = v128.load(row, SQUARES);
  }
  const offset = i32.load(state, KIND) ? zeros() : f64x2.mul(sums, over);
  const squared = f64x2.mul(offset, offset);
  const variance = f64x2.sub(f64x2.mul(squares, over), squared);
  const radicand = f64x2.add(variance, f64x2.splat(eps));
  const rstd = f64x2.div(f64x2.splat(1), f64x2.sqrt(radicand));
  v128.store(meansOf(state) + at, f64x2.add(shiftsOfPair(state, first, second), offset));
  v128.store(rstdsOf(state) + at, rstd);
  v128.store(variancesOf(state) + at, variance);
  const inRange = v128.and(
    f64x2.lt(squares, f64x2.splat(Infinity)),
    f64x2.ge(radicand, f64x2.splat(smallestSafe<f32>())),
  );
  return i64x2.all_true(v128.and(inRange, f64x2.le(squared, variance)));
}


@inline
function shiftsOfPair(state: usize, first: i32, second: i32): v128 {
  const width = i32.load(state, WIDTH);
  const shifts = shiftsOf(state);
  const a = v128.load32_zero(shifts + bytesOf<f32>(first * width));
  return f64x2.promote_low_f32x4(v128.load_lane<f32>(shifts + bytesOf<f32>(second * width), a, 1));
}

/** A group's statistics, or its verdict; with a better shift, if that is what it needs. */
function finishGroup(state: usize, group: i32, n: f64, eps: f64): i32 {
  const row = rowOf(state);
  const at = (<usize>group) << 3;
  const wide = isWide(state);
  const first = elementBytes(group * i32.load(state, WIDTH), wide);
  if (wide) sumColumns<f64>(state, group, row + SUM);
  else addColumns(state, group, row + SUM);
  i32.store(row, i32.load(attemptsOf(state) + at) | i32.load(state, KIND), ATTEMPTS);
  storeElement(row + K, loadElement(shiftsOf(state) + first, wide), wide);
  storeElement(row + SCALE, loadElement(scalesOf(state) + first, wide), wide);
  const verdict = wide ? finishRow<f64>(row, n, eps) : finishRow<f32>(row, n, eps);
  if (verdict == RESCALE) i32.store(attemptsOf(state) + at, i32.load(row, ATTEMPTS) | WANTS_SCALE);
  else if (verdict != SETTLED) beginGroup(state, group);
  else {
    f64.store(meansOf(state) + at, f64.load(row, MEAN));
    f64.store(rstdsOf(state) + at, f64.load(row, RSTD));
    f64.store(variancesOf(state) + at, f64.load(row, VARIANCE));
    if (wide) {
      f64.store(lowsOf(state) + at, f64.load(row, MEAN + LOW));
      f64.store(rstdsOfXOf(state) + at, f64.load(row, RSTD_OF_X));
    }
  }
  return verdict;
}

/** sumColumns, of float32. */
function addColumns(state: usize, group: i32, to: usize): void {
  sumColumns<f32>(state, group, to);
}

/**
 * Stores the totals of the wide accumulators of a group's columns, sums at `to` and squares 16 bytes on: copy by copy,
 * f32 those of even and those of odd place in the group, then both; f64 in order, with a low part.
 */
@inline
function sumColumns<T>(state: usize, group: i32, to: usize): void {
  const width = i32.load(state, WIDTH);
  const columns = i32.load(state, COLUMNS);
  const end = columns * i32.load(state, FOLD);
  let wide = wideSumsOf(state);
  for (let half = 0; half < 2; half++) {
    let total = zeros();
    let low: f64 = 0;
    let column = group * width;
    do {
      if (sizeof<T>() == 8) {
        for (let c = column; c < column + width; c++) {
          const at = wide + ((<usize>(c >> 1)) << 5) + ((<usize>(c & 1)) << 3);
          const term = v128.load64_zero(at);
          const sum = f64x2.add(total, term);
          low += f64x2.extract_lane(lostInSum(total, term, sum), 0) + f64.load(at, 16);
          total = sum;
        }
      } else {
        let at = wide + ((<usize>column) << 3);
        const pairs = at + ((<usize>(width >> 1)) << 4);
        for (; at < pairs; at += 16) total = f64x2.add(total, v128.load(at));
        if (width & 1) total = f64x2.add(total, v128.load64_zero(at));
      }
      column += columns;
    } while (column < end);
    if (sizeof<T>() == 8) {
      f64.store(to, f64x2.extract_lane(total, 0));
      f64.store(to, low, LOW);
    } else f64.store(to, sumOfPair(total));
    wide += 2 * arrayBytes(state);
    to += SQUARES - SUM;
  }
}

/** What a repair has put into the row becomes the group's, in every copy of its columns. */
function beginGroup(state: usize, group: i32): void {
  const row = rowOf(state);
  const wide = isWide(state);
  const k = loadElement(row + K, wide);
  const scale = loadElement(row + SCALE, wide);
  i32.store(attemptsOf(state) + ((<usize>group) << 3), i32.load(row, ATTEMPTS));
  if (scale != 1) i32.store(state, 1, SCALED);
  const columns = i32.load(state, COLUMNS);
  const width = i32.load(state, WIDTH);
  const end = columns * i32.load(state, FOLD);
  for (let first = group * width; first < end; first += columns) {
    for (let column = first; column < first + width; column++) {
      storeElement(shiftsOf(state) + elementBytes(column, wide), k, wide);
      storeElement(scalesOf(state) + elementBytes(column, wide), scale, wide);
    }
  }
}

/** Takes the largest magnitude of every column, after RESCALE; called for all steps, in any pieces. */
export function magnitude(state: usize, x: usize, steps: i32, stride: usize): void {
  const wide = isWide(state);
  const size = elementBytes(1, wide);
  const bytes = elementBytes(i32.load(state, COLUMNS), wide);
  const largest = sumsOf(state);
  for (; steps > 0; steps--) {
    for (let at: usize = 0; at < bytes; at += size) {
      storeElement(largest + at, max<f64>(loadElement(largest + at, wide), abs<f64>(loadElement(x + at, wide))), wide);
    }
    x += stride;
  }
}

/** After magnitude: gives the groups that asked for it a scale. */
export function rescale(state: usize): void {
  const wide = isWide(state);
  const size = elementBytes(1, wide);
  const bytes = elementBytes(i32.load(state, WIDTH), wide);
  const row = rowOf(state);
  const groups = groupsIn(state);
  let from = sumsOf(state);
  for (let group = 0; group < groups; group++) {
    const end = from + bytes;
    const attempts = i32.load(attemptsOf(state) + ((<usize>group) << 3));
    if (attempts & WANTS_SCALE) {
      let largest: f64 = 0;
      for (let at = from; at < end; at += size) largest = max<f64>(largest, loadElement(at, wide));
      i32.store(row, attempts, ATTEMPTS);
      if (wide) rescaleRow<f64>(row, largest);
      else rescaleRow<f32>(row, <f32>largest);
      beginGroup(state, group);
    }
    from = end;
  }
  clearSums(state);
}

/** Stores what the flags want of every group's statistics; `first` is the index of the first. */
export function statistics(state: usize, mean: usize, rstd: usize, first: i32, flags: i32): void {
  if (!(flags & (WANTS_STATISTICS | WANTS_MOMENTS))) return;
  const wide = isWide(state);
  const row = rowOf(state);
  const width = i32.load(state, WIDTH);
  const groups = groupsIn(state);
  for (let group = 0; group < groups; group++) {
    const at = (<usize>group) << 3;
    f64.store(row, f64.load(meansOf(state) + at), MEAN);
    f64.store(row, f64.load(rstdsOf(state) + at), RSTD);
    f64.store(row, f64.load(variancesOf(state) + at), VARIANCE);
    if (wide) f64.store(row, f64.load(rstdsOfXOf(state) + at), RSTD_OF_X);
    storeElement(row + SCALE, loadElement(scalesOf(state) + elementBytes(group * width, wide), wide), wide);
    if (wide) storeStatistics<f64>(row, mean, rstd, first + group, flags);
    else storeStatistics<f32>(row, mean, rstd, first + group, flags);
  }
}
