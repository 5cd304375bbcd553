// Layer norm and RMS norm: rows that share statistics, one gamma and beta per element. Each row is gathered and then mapped,
// while the first cache holds it.

import { bytesOf } from "../lanes";
import { COEFFICIENT_BYTES, MEAN, OFFSET, RSTD, settleRows } from "./coefficients";
import { correctTerms, endRow, GROUP_BYTES } from "./parameters";
import { mapRows } from "./row_map";
import { gatherRows, pitchOf, UNCENTRED, WANTS_INPUT, WANTS_PARAMETERS } from "./row_sums";
import { begin, SUMS_BYTES } from "./sums";

/** Short rows are taken so many at a time that they have about as many elements: a call takes as long as a short row does. */
const BATCH_ELEMENTS: i32 = 512;
/** And at most so many, a number that divides a block of parameters. */
const BATCH: i32 = 16;

/** Rows from this on outlast the first cache: of two, parts are gathered and mapped by turns. */
const LONG_ROW: i32 = 1025;
const TURN: i32 = 512;

/** A power of two. */
// prettier-ignore
@inline function batchOf(n: i32): i32 { return min(BATCH, max(1, 1 << (31 - clz(BATCH_ELEMENTS / n | 1)))); }

/**
 * All of it for one or more rows that are taken whole, from row `first` of the tensor on, a multiple of BATCH. dx may be dy or x;
 * scratch has room for the sums and the coefficients of BATCH rows.
 */
export function rowsBackward<T>(
  dx: usize,
  dy: usize,
  x: usize,
  mean: usize,
  rstd: usize,
  gamma: usize,
  parameters: usize,
  first: i32,
  rows: i32,
  n: i32,
  scratch: usize,
  flags: i32,
): void {
  const groups = flags & WANTS_PARAMETERS ? parameters : gamma;
  const pitch = pitchOf(flags);
  const coefficients = scratch + <usize>BATCH * SUMS_BYTES;
  const inverse = 1 / <f64>n;
  const stride = bytesOf<T>(n);
  const most = batchOf(n);
  const takesTurns = n >= LONG_ROW && (flags & WANTS_INPUT) != 0;
  for (let done = 0; done < rows; done += most) {
    const count = min(most, rows - done);
    begin(scratch, count);
    if (takesTurns && done > 0) {
      gatherAndMap<T>(scratch, dx - stride, dy, x, stride, groups, n, mean, rstd, coefficients, flags);
    } else gatherRows<T>(scratch, dy, x, stride, groups, n, mean, rstd, count, flags);
    settleRows<T>(coefficients, scratch, mean, rstd, count, inverse, (flags & UNCENTRED) != 0);
    if (flags & WANTS_PARAMETERS) {
      correctRows<T>(parameters, n, 0, dy, stride, n, coefficients, count);
      endRow<T>(parameters, n, first + done + count - 1);
    }
    if (flags & WANTS_INPUT && !takesTurns) mapRows<T>(dx, dy, x, stride, groups, n, coefficients, count, pitch);
    const bytes = <usize>count * stride;
    dx += bytes;
    dy += bytes;
    x += bytes;
    mean += bytesOf<T>(count);
    rstd += bytesOf<T>(count);
  }
  if (takesTurns) {
    mapRows<T>(dx - stride, dy - stride, x - stride, stride, groups, n, coefficients, 1, pitch);
  }
}

/** Gathers a row and maps the one before it, whose coefficients these are, by turns. */
function gatherAndMap<T>(
  sums: usize,
  dx: usize,
  dy: usize,
  x: usize,
  stride: usize,
  groups: usize,
  n: i32,
  mean: usize,
  rstd: usize,
  coefficients: usize,
  flags: i32,
): void {
  const pitch = pitchOf(flags);
  for (; n > 0; n -= TURN) {
    const count = min(n, TURN);
    gatherRows<T>(sums, dy, x, stride, groups, count, mean, rstd, 1, flags);
    mapRows<T>(dx, dy - stride, x - stride, stride, groups, count, coefficients, 1, pitch);
    dx += bytesOf<T>(TURN);
    dy += bytesOf<T>(TURN);
    x += bytesOf<T>(TURN);
    groups += (bytesOf<T>(TURN) / GROUP_BYTES) * pitch;
  }
}

/** Adds what rounding the means of rows has taken from `count` of their terms, from the `start`th on. */
function correctRows<T>(
  parameters: usize,
  columns: i32,
  start: i32,
  dy: usize,
  stride: usize,
  count: i32,
  coefficients: usize,
  rows: i32,
): void {
  for (; rows > 0; rows--) {
    const offset = load<T>(coefficients, OFFSET);
    if (offset != 0) correctTerms<T>(parameters, columns, start, dy, count, offset);
    dy += stride;
    coefficients += COEFFICIENT_BYTES;
  }
}

/**
 * The same for `columns` elements of rows `stride` bytes apart that are too long to be taken whole: their coefficients are
 * known, one after the other.
 */
export function stripBackward<T>(
  dx: usize,
  dy: usize,
  x: usize,
  stride: usize,
  gamma: usize,
  parameters: usize,
  first: i32,
  rows: i32,
  columns: i32,
  coefficients: usize,
  scratch: usize,
  flags: i32,
): void {
  const pitch = pitchOf(flags);
  const wantsTerms = (flags & WANTS_PARAMETERS) != 0;
  for (const end = first + rows; first < end; first++) {
    const mean = coefficients + MEAN;
    const rstd = coefficients + RSTD;
    let groups = wantsTerms ? parameters : gamma;
    for (let start = 0; start < columns; start += TURN) {
      const count = min(columns - start, TURN);
      const at = bytesOf<T>(start);
      if (wantsTerms) {
        gatherRows<T>(scratch, dy + at, x + at, stride, groups, count, mean, rstd, 1, WANTS_PARAMETERS);
        correctRows<T>(parameters, columns, start, dy + at, stride, count, coefficients, 1);
      }
      if (flags & WANTS_INPUT) mapRows<T>(dx + at, dy + at, x + at, stride, groups, count, coefficients, 1, pitch);
      groups += (bytesOf<T>(TURN) / GROUP_BYTES) * pitch;
    }
    if (wantsTerms) endRow<T>(parameters, columns, first);
    dx += stride;
    dy += stride;
    x += stride;
    coefficients += COEFFICIENT_BYTES;
  }
}
