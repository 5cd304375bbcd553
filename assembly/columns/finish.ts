// From the sums of columns to the statistics of groups, and the repairs that groups may need.

import { finish as finishRow, RESCALE, SETTLED, smallestSafe } from "../finish";
import { bytesOf, lost, sumOfPair, zeros } from "../lanes";
import { storeStatistics, WANTS_MOMENTS, WANTS_STATISTICS } from "../rows";
import {
  ATTEMPTS as ROW_ATTEMPTS,
  K,
  LOW,
  MEAN as ROW_MEAN,
  rescale as rescaleRow,
  RSTD as ROW_RSTD,
  RSTD_OF_X as ROW_RSTD_OF_X,
  SCALE,
  SQUARES,
  SUM,
  VARIANCE as ROW_VARIANCE,
} from "../state";
import {
  ATTEMPTS,
  clearSums,
  COLUMNS,
  FOLD,
  GROUP_BYTES,
  groupOf,
  groupsOf,
  groupsIn,
  KIND,
  MEAN,
  MEAN_LOW,
  rowOf,
  RSTD,
  RSTD_OF_X,
  SCALED,
  scalesOf,
  shiftsOf,
  spread,
  sumsOf,
  VARIANCE,
  VERDICT,
  wideSquaresOf,
  wideSumsOf,
  WIDTH,
} from "./state";
import { endBlock, loadUpTo } from "./sums";

/**
 * Turns the sums into the statistics of every group of n elements: SETTLED, or else the verdicts that groups got, as bits.
 * With RESCALE among them, `magnitude` over the whole block and `rescale` follow, and then the block is summed again;
 * without, it is summed again at once. Groups that are settled come to the same again.
 */
export function finish<T>(state: usize, n: f64, eps: f64): i32 {
  endBlock<T>(state);
  const inverse = 1 / n;
  const columns = i32.load(state, COLUMNS);
  const width = i32.load(state, WIDTH);
  const ends = columns * i32.load(state, FOLD);
  const kind = i32.load(state, KIND);
  const plain = sizeof<T>() == 4 && !i32.load(state, SCALED);
  const wideSums = wideSumsOf(state);
  const wideSquares = wideSquaresOf(state);
  const shifts = shiftsOf(state);
  const row = rowOf(state);
  let record = groupsOf(state);
  let verdicts = SETTLED;
  let group = 0;
  for (let first = 0; first < columns; first += width) {
    addColumns<T>(wideSums, first, width, columns, ends, row + SUM);
    addColumns<T>(wideSquares, first, width, columns, ends, row + SQUARES);
    if (!plain || !settles<T>(record, row, load<T>(shifts + bytesOf<T>(first)), inverse, eps, kind)) {
      const verdict = finishGroup<T>(state, group, n, eps);
      i32.store(record, verdict, VERDICT);
      verdicts |= verdict;
    }
    group++;
    record += GROUP_BYTES;
  }
  if (verdicts != SETTLED) clearSums<T>(state);
  return verdicts;
}

/**
 * The total of the wide accumulators of a group's columns, copy by copy. f32: of the columns with even and with odd index
 * in the group, then of both. f64: in order, with a low part.
 */
@inline
function addColumns<T>(wide: usize, first: i32, width: i32, columns: i32, ends: i32, to: usize): void {
  if (sizeof<T>() == 8) {
    let high: f64 = 0;
    let low: f64 = 0;
    do {
      for (let column = first; column < first + width; column++) {
        const at = wide + ((<usize>(column >> 1)) << 5) + ((<usize>(column & 1)) << 3);
        const term = f64.load(at);
        const sum = high + term;
        low += lost(high, term, sum) + f64.load(at, 16);
        high = sum;
      }
      first += columns;
    } while (first < ends);
    f64.store(to, high);
    f64.store(to, low, LOW);
  } else {
    let lanes = zeros();
    do {
      let at = wide + ((<usize>first) << 3);
      const pairs = at + ((<usize>(width >> 1)) << 4);
      for (; at < pairs; at += 16) lanes = f64x2.add(lanes, v128.load(at));
      if (width & 1) lanes = f64x2.add(lanes, v128.load64_zero(at));
      first += columns;
    } while (first < ends);
    f64.store(to, sumOfPair(lanes));
  }
}

/**
 * Most groups are settled at once: for them, finishRow of float32 in short. The same steps in the same order. False, and
 * nothing done, for all others.
 */
@inline
function settles<T>(record: usize, row: usize, k: T, inverse: f64, eps: f64, kind: i32): bool {
  const squares = f64.load(row, SQUARES);
  const offset = kind ? 0 : f64.load(row, SUM) * inverse;
  const variance = squares * inverse - offset * offset;
  const radicand = variance + eps;
  if (!(squares < Infinity && radicand >= smallestSafe<T>() && offset * offset <= variance)) return false;
  const rstd = 1 / sqrt(radicand);
  f64.store(record, <f64>k + offset, MEAN);
  f64.store(record, rstd, RSTD);
  f64.store(record, variance, VARIANCE);
  f64.store(record, rstd, RSTD_OF_X);
  i32.store(record, SETTLED, VERDICT);
  return true;
}

/** A group's verdict, its sums being in the row; with a better shift, if that is what it needs. */
function finishGroup<T>(state: usize, group: i32, n: f64, eps: f64): i32 {
  const row = rowOf(state);
  const record = groupOf(state, group);
  const first = bytesOf<T>(group * i32.load(state, WIDTH));
  i32.store(row, i32.load(record, ATTEMPTS), ROW_ATTEMPTS);
  store<T>(row, load<T>(shiftsOf(state) + first), K);
  store<T>(row, load<T>(scalesOf(state) + first), SCALE);
  const verdict = finishRow<T>(row, n, eps);
  if (verdict == SETTLED) {
    f64.store(record, f64.load(row, ROW_MEAN), MEAN);
    f64.store(record, f64.load(row, ROW_MEAN + LOW), MEAN_LOW);
    f64.store(record, f64.load(row, ROW_RSTD), RSTD);
    f64.store(record, f64.load(row, ROW_VARIANCE), VARIANCE);
    f64.store(record, f64.load(row, ROW_RSTD_OF_X), RSTD_OF_X);
  } else if (verdict != RESCALE) beginGroup<T>(state, group);
  return verdict;
}

/** What a repair has put into the row becomes the group's. */
function beginGroup<T>(state: usize, group: i32): void {
  const row = rowOf(state);
  const scale = load<T>(row, SCALE);
  i32.store(groupOf(state, group), i32.load(row, ROW_ATTEMPTS), ATTEMPTS);
  spread<T>(state, shiftsOf(state), group, load<T>(row, K));
  spread<T>(state, scalesOf(state), group, scale);
  if (scale != 1) i32.store(state, 1, SCALED);
}

/** Takes the largest magnitude of every column, after RESCALE; called for all steps, in any pieces. */
export function magnitude<T>(state: usize, x: usize, steps: i32, stride: usize): void {
  const bytes = bytesOf<T>(i32.load(state, COLUMNS));
  const largest = sumsOf(state);
  for (; steps > 0; steps--) {
    for (let at: usize = 0; at < bytes; at += 16) {
      const value = v128.abs<T>(loadUpTo<T>(x + at, bytes - at));
      v128.store(largest + at, v128.max<T>(v128.load(largest + at), value));
    }
    x += stride;
  }
}

/** After magnitude: gives the groups that asked for it a scale. */
export function rescale<T>(state: usize): void {
  const width = i32.load(state, WIDTH);
  const groups = groupsIn(state);
  for (let group = 0; group < groups; group++) {
    const record = groupOf(state, group);
    if (i32.load(record, VERDICT) != RESCALE) continue;
    let largest: T = <T>0;
    const first = sumsOf(state) + bytesOf<T>(group * width);
    for (let c = 0; c < width; c++) largest = max<T>(largest, load<T>(first + bytesOf<T>(c)));
    i32.store(rowOf(state), i32.load(record, ATTEMPTS), ROW_ATTEMPTS);
    rescaleRow<T>(rowOf(state), largest);
    beginGroup<T>(state, group);
  }
  clearSums<T>(state);
}

/** Stores what the flags want of every group's statistics; `first` is the index of the first. */
export function statistics<T>(state: usize, mean: usize, rstd: usize, first: i32, flags: i32): void {
  if (!(flags & (WANTS_STATISTICS | WANTS_MOMENTS))) return;
  const row = rowOf(state);
  const width = i32.load(state, WIDTH);
  const groups = groupsIn(state);
  for (let group = 0; group < groups; group++) {
    const record = groupOf(state, group);
    f64.store(row, f64.load(record, MEAN), ROW_MEAN);
    f64.store(row, f64.load(record, VARIANCE), ROW_VARIANCE);
    f64.store(row, f64.load(record, RSTD_OF_X), ROW_RSTD_OF_X);
    store<T>(row, load<T>(scalesOf(state) + bytesOf<T>(group * width)), SCALE);
    storeStatistics<T>(row, mean, rstd, first + group, flags);
  }
}
