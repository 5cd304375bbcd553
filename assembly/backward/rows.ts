// Layer norm and RMS norm: rows that share statistics, one gamma and beta per element. Rows go by twos, so that the sums of
// gamma's and beta's gradients are loaded and stored half as often.

import { bytesOf } from "../lanes";
import { COEFFICIENT_BYTES, CONSTANT, MEAN, OFFSET, RSTD, settle, SLOPE } from "./coefficients";
import { biasOffset, endRow } from "./parameters";
import { accumulateWithGamma, begin, normalised, scaledDeviation, SUMS_BYTES, tiny } from "./sums";

// flags
export const WANTS_INPUT: i32 = 1;
export const WANTS_PARAMETERS: i32 = 2;
export const UNCENTRED: i32 = 4;
/** Rows may go by twos. Where memory is the limit, writing two at once takes longer. */
export const BY_TWOS: i32 = 8;

/**
 * Elements of rows that are summed before they are mapped, an even number of them: the coefficients of short rows take as
 * long as the rows do, and two rows are mapped together.
 */
const BATCH: i32 = 2048;
const MOST_ROWS: i32 = 16;

/** Bytes of scratch that rowsBackward takes: 736. */
export const ROWS_SCRATCH: usize = SUMS_BYTES + <usize>MOST_ROWS * COEFFICIENT_BYTES;

/** The coefficients of `rows` rows of n elements. */
export function settleRows<T>(
  coefficients: usize,
  dy: usize,
  x: usize,
  mean: usize,
  rstd: usize,
  gamma: usize,
  rows: i32,
  n: i32,
  scratch: usize,
  flags: i32,
): void {
  const inverse = 1 / <f64>n;
  for (; rows > 0; rows--) {
    const m: T = flags & UNCENTRED ? <T>0 : load<T>(mean);
    begin(scratch);
    accumulateWithGamma<T>(scratch, dy, x, gamma, n, m, load<T>(rstd));
    settle<T>(coefficients, scratch, inverse, m, load<T>(rstd), (flags & UNCENTRED) != 0);
    coefficients += COEFFICIENT_BYTES;
    dy += bytesOf<T>(n);
    x += bytesOf<T>(n);
    mean += sizeof<T>();
    rstd += sizeof<T>();
  }
}

/** All of it for rows that are taken whole, from row `first` of the tensor on, which is even. dx may be dy or x. */
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
  const coefficients = scratch + SUMS_BYTES;
  const batch = max(2, min(MOST_ROWS, BATCH / n) & ~1);
  while (rows > 0) {
    const count = min(batch, rows);
    settleRows<T>(coefficients, dy, x, mean, rstd, gamma, count, n, scratch, flags);
    mapRows<T>(dx, dy, x, bytesOf<T>(n), gamma, parameters, first, count, n, coefficients, flags);
    const bytes = bytesOf<T>(count * n);
    dx += bytes;
    dy += bytes;
    x += bytes;
    mean += bytesOf<T>(count);
    rstd += bytesOf<T>(count);
    first += count;
    rows -= count;
  }
}

/** The second sweep over `columns` elements of rows `stride` bytes apart, from row `first` of the tensor on, which is even. */
export function mapRows<T>(
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
  flags: i32,
): void {
  const wanted = flags & (WANTS_INPUT | WANTS_PARAMETERS);
  const byTwos = (flags & (WANTS_PARAMETERS | BY_TWOS)) == (WANTS_PARAMETERS | BY_TWOS);
  for (const last = first + rows; first < last; first++) {
    if (load<T>(coefficients, RSTD) < tiny<T>()) {
      const bias = biasOffset<T>(columns);
      mapElements<T>(dx, dy, x, gamma, parameters, bias, columns, coefficients, wanted);
    } else if (byTwos && !(first & 1) && first + 1 < last && areCentred<T>(coefficients)) {
      const both = wanted != WANTS_PARAMETERS;
      if (both) mapTwoRows<T>(dx, dy, x, stride, gamma, parameters, columns, coefficients, true);
      else mapTwoRows<T>(dx, dy, x, stride, gamma, parameters, columns, coefficients, false);
      dx += stride;
      dy += stride;
      x += stride;
      coefficients += COEFFICIENT_BYTES;
      first++;
    } else if (wanted == WANTS_INPUT) mapRow<T>(dx, dy, x, gamma, parameters, columns, coefficients, true, false);
    else if (wanted == WANTS_PARAMETERS) mapRow<T>(dx, dy, x, gamma, parameters, columns, coefficients, false, true);
    else mapRow<T>(dx, dy, x, gamma, parameters, columns, coefficients, true, true);
    if (flags & WANTS_PARAMETERS) endRow<T>(parameters, columns, first);
    dx += stride;
    dy += stride;
    x += stride;
    coefficients += COEFFICIENT_BYTES;
  }
}

/** Whether neither of two rows has an offset, and the second one no deviations that T cannot hold. */
@inline
function areCentred<T>(row: usize): bool {
  const other = row + COEFFICIENT_BYTES;
  return load<T>(row, OFFSET) == 0 && load<T>(other, OFFSET) == 0 && !(load<T>(other, RSTD) < tiny<T>());
}

/**
 * Two rows without offsets: the sums of gamma's and beta's gradients are loaded and stored half as often, and the
 * coefficients of both still fit the registers.
 */
@inline
function mapTwoRows<T>(
  dx: usize,
  dy: usize,
  x: usize,
  stride: usize,
  gamma: usize,
  weight: usize,
  columns: i32,
  row: usize,
  input: bool,
): void {
  const other = row + COEFFICIENT_BYTES;
  const bias = biasOffset<T>(columns);
  const whole = bytesOf<T>(columns) & ~15;
  if (whole > 0) {
    const mean = splatOf<T>(row + MEAN);
    const rstd = splatOf<T>(row + RSTD);
    const slope = splatOf<T>(row + SLOPE);
    const constant = splatOf<T>(row + CONSTANT);
    const otherMean = splatOf<T>(other + MEAN);
    const otherRstd = splatOf<T>(other + RSTD);
    const otherSlope = splatOf<T>(other + SLOPE);
    const otherConstant = splatOf<T>(other + CONSTANT);
    const end = x + whole;
    do {
      const dy0 = v128.load(dy);
      const h0 = normalised<T>(v128.load(x), mean, rstd);
      const w0 = v128.mul<T>(dy0, h0);
      const dy1 = v128.load(dy + stride);
      const h1 = normalised<T>(v128.load(x + stride), otherMean, otherRstd);
      const w1 = v128.mul<T>(dy1, h1);
      if (input) {
        const g = v128.load(gamma);
        v128.store(dx, gradient<T>(v128.mul<T>(dy0, g), h0, rstd, slope, constant));
        v128.store(dx + stride, gradient<T>(v128.mul<T>(dy1, g), h1, otherRstd, otherSlope, otherConstant));
        dx += 16;
        gamma += 16;
      }
      v128.store(weight, v128.add<T>(v128.load(weight), v128.add<T>(w0, w1)));
      v128.store(weight + bias, v128.add<T>(v128.load(weight + bias), v128.add<T>(dy0, dy1)));
      x += 16;
      dy += 16;
      weight += 16;
    } while (x != end);
  }
  const left = columns - <i32>(whole >> alignof<T>());
  if (left == 0) return;
  const wanted = (input ? WANTS_INPUT : 0) | WANTS_PARAMETERS;
  mapElements<T>(dx, dy, x, gamma, weight, bias, left, row, wanted);
  mapElements<T>(dx + stride, dy + stride, x + stride, gamma, weight, bias, left, other, wanted);
}

/** A coefficient in every lane. */
// prettier-ignore
@inline function splatOf<T>(at: usize): v128 { return v128.splat<T>(load<T>(at)); }


@inline
function mapRow<T>(
  dx: usize,
  dy: usize,
  x: usize,
  gamma: usize,
  weight: usize,
  columns: i32,
  row: usize,
  input: bool,
  parameters: bool,
): void {
  const bias = biasOffset<T>(columns);
  const whole = bytesOf<T>(columns) & ~31;
  if (whole > 0) {
    const mean = splatOf<T>(row + MEAN);
    const rstd = splatOf<T>(row + RSTD);
    const slope = splatOf<T>(row + SLOPE);
    const constant = splatOf<T>(row + CONSTANT);
    const offset = splatOf<T>(row + OFFSET);
    const end = x + whole;
    do {
      mapVector<T>(dx, dy, x, gamma, weight, bias, mean, rstd, slope, constant, offset, input, parameters);
      mapVector<T>(
        dx + 16,
        dy + 16,
        x + 16,
        gamma + 16,
        weight + 16,
        bias,
        mean,
        rstd,
        slope,
        constant,
        offset,
        input,
        parameters,
      );
      if (input) {
        dx += 32;
        gamma += 32;
      }
      if (parameters) weight += 32;
      x += 32;
      dy += 32;
    } while (x != end);
  }
  const left = columns - <i32>(whole >> alignof<T>());
  const wanted = (input ? WANTS_INPUT : 0) | (parameters ? WANTS_PARAMETERS : 0);
  if (left > 0) mapElements<T>(dx, dy, x, gamma, weight, bias, left, row, wanted);
}

/** Elements one by one: the last ones of a row, or all of one with deviations that T cannot hold. */
function mapElements<T>(
  dx: usize,
  dy: usize,
  x: usize,
  gamma: usize,
  weight: usize,
  bias: usize,
  count: i32,
  row: usize,
  wanted: i32,
): void {
  const mean = load<T>(row, MEAN);
  const rstd = load<T>(row, RSTD);
  for (; count > 0; count--) {
    const dy0 = load<T>(dy);
    const x0 = load<T>(x);
    const h = rstd < tiny<T>() ? scaledDeviation<T>(x0, mean, rstd) : <T>((x0 - mean) * rstd);
    if (wanted & WANTS_PARAMETERS) {
      store<T>(weight, <T>(load<T>(weight) + <T>(dy0 * (h + load<T>(row, OFFSET)))));
      store<T>(weight + bias, <T>(load<T>(weight + bias) + dy0));
    }
    if (wanted & WANTS_INPUT) {
      const g = <T>(dy0 * load<T>(gamma));
      store<T>(dx, <T>(g * rstd + h * load<T>(row, SLOPE) + load<T>(row, CONSTANT)));
    }
    dx += sizeof<T>();
    dy += sizeof<T>();
    x += sizeof<T>();
    gamma += sizeof<T>();
    weight += sizeof<T>();
  }
}


@inline
function mapVector<T>(
  dx: usize,
  dy: usize,
  x: usize,
  gamma: usize,
  weight: usize,
  bias: usize,
  mean: v128,
  rstd: v128,
  slope: v128,
  constant: v128,
  offset: v128,
  input: bool,
  parameters: bool,
): void {
  const dy0 = v128.load(dy);
  const h = normalised<T>(v128.load(x), mean, rstd);
  if (input) v128.store(dx, gradient<T>(v128.mul<T>(dy0, v128.load(gamma)), h, rstd, slope, constant));
  if (parameters) {
    v128.store(weight, v128.add<T>(v128.load(weight), v128.mul<T>(dy0, v128.add<T>(h, offset))));
    v128.store(weight + bias, v128.add<T>(v128.load(weight + bias), dy0));
  }
}

/** g * rstd + h * slope + constant. */
// prettier-ignore
@inline
export function gradient<T>(g: v128, h: v128, rstd: v128, slope: v128, constant: v128): v128 {
  return v128.add<T>(v128.add<T>(v128.mul<T>(g, rstd), v128.mul<T>(h, slope)), constant);
}
