// Local response norm of whole tensors: strips of columns, for channels that are steps of `span` contiguous elements; and
// tiles of rows, for contiguous channels, which are transposed so that they become such strips.

import { bytesOf, lanesOf } from "../lanes";
import { storeParameters } from "./parameters";
import { normalizeStrip, stripBytes } from "./windows";

// `shift` is 2 for float32 and 3 for float64: what is not in an inner loop is compiled once for both.

// prettier-ignore
@inline function lanes(shift: i32): i32 { return 16 >> shift; }

/** Bytes of a strip's sums and ring, if that leaves it wide enough: they are to stay in the caches. */
const STRIP_BYTES: usize = 65536;
/** Bytes of a tile of rows and of its strip, likewise. */
const TILE_BYTES: usize = 49152;
const NARROWEST: i32 = 16;
const WIDEST: i32 = 1024;

/** Channels of a window on one side: beyond the tensor there is nothing. */
// prettier-ignore
@inline function within(reach: i32, channels: i32): i32 { return min(reach, channels - 1); }

/** As many columns as fit into `bytes`, a multiple of 16. */
// prettier-ignore
@inline function fitting(bytes: usize, each: usize): i32 { return max(NARROWEST, min(WIDEST, <i32>(bytes / each) & ~15)); }

function stripOf(shift: i32, span: i32, window: i32): i32 {
  return min(span & ~(lanes(shift) - 1), fitting(STRIP_BYTES, stripBytes(shift, 1, window)));
}

function tileOf(shift: i32, rows: i32, channels: i32, window: i32): i32 {
  const whole = (rows + lanes(shift) - 1) & ~(lanes(shift) - 1);
  return min(whole, fitting(TILE_BYTES, ((<usize>channels) << shift) + stripBytes(shift, 1, window)));
}

/** Bytes of scratch that columns take. */
export function columnsScratch(shift: i32, channels: i32, span: i32, before: i32, after: i32): usize {
  const window = within(before, channels) + 1 + within(after, channels);
  const width = max(lanes(shift), stripOf(shift, span, window));
  return stripBytes(shift, width, window) + <usize>channels * 16;
}

/** Bytes of scratch that rows take. */
export function rowsScratch(shift: i32, rows: i32, channels: i32, before: i32, after: i32): usize {
  const window = within(before, channels) + 1 + within(after, channels);
  const tile = tileOf(shift, rows, channels, window);
  return stripBytes(shift, tile, window) + ((<usize>tile) << shift) * channels;
}

/** `blocks` blocks of `channels` channels of `span` contiguous elements; out may be x. */
export function columns(
  shift: i32,
  out: usize,
  x: usize,
  blocks: i32,
  channels: i32,
  span: i32,
  before: i32,
  after: i32,
  size: f64,
  alpha: f64,
  beta: f64,
  k: f64,
  scratch: usize,
): void {
  const stride = (<usize>span) << shift;
  if (beta == 0) return memory.copy(out, x, stride * channels * blocks);
  before = within(before, channels);
  after = within(after, channels);
  const window = before + 1 + after;
  const whole = span & ~(lanes(shift) - 1);
  const strip = stripOf(shift, span, window);
  const tile = scratch + stripBytes(shift, max(strip, lanes(shift)), window);
  storeParameters(shift, scratch, window, size, alpha, beta, k);
  for (; blocks > 0; blocks--) {
    for (let column = 0; column < whole; column += strip) {
      const at = (<usize>column) << shift;
      normalizeStrip(shift, out + at, x + at, channels, stride, min(strip, whole - column), before, after, scratch);
    }
    if (whole < span) {
      // What is left is less than a vector: it goes through one.
      const at = (<usize>whole) << shift;
      memory.fill(tile, 0, <usize>channels * 16);
      copySteps(tile, 16, x + at, stride, channels, stride - at);
      normalizeStrip(shift, tile, tile, channels, 16, lanes(shift), before, after, scratch);
      copySteps(out + at, stride, tile, 16, channels, stride - at);
    }
    x += stride * channels;
    out += stride * channels;
  }
}

function copySteps(to: usize, toStride: usize, from: usize, fromStride: usize, steps: i32, bytes: usize): void {
  for (; steps > 0; steps--) {
    memory.copy(to, from, bytes);
    to += toStride;
    from += fromStride;
  }
}

/** `rows` rows of `channels` contiguous channels; out may be x. */
export function rows(
  shift: i32,
  out: usize,
  x: usize,
  rows: i32,
  channels: i32,
  before: i32,
  after: i32,
  size: f64,
  alpha: f64,
  beta: f64,
  k: f64,
  scratch: usize,
): void {
  const row = (<usize>channels) << shift;
  if (beta == 0) return memory.copy(out, x, row * rows);
  before = within(before, channels);
  after = within(after, channels);
  const window = before + 1 + after;
  const width = tileOf(shift, rows, channels, window);
  const stride = (<usize>width) << shift;
  const tile = scratch + stripBytes(shift, width, window);
  storeParameters(shift, scratch, window, size, alpha, beta, k);
  for (let first = 0; first < rows; first += width) {
    const count = min(width, rows - first);
    if (count < width) memory.fill(tile, 0, stride * channels);
    // Copied first: memory streams, where four rows at a time would wait for each of their lines.
    if (out != x) memory.copy(out, x, row * count);
    transposeAny(shift, tile, stride, out, row, count, channels);
    normalizeStrip(shift, tile, tile, channels, stride, width, before, after, scratch);
    transposeAny(shift, out, row, tile, stride, channels, count);
    x += row * width;
    out += row * width;
  }
}

// prettier-ignore
@inline
function transposeAny(shift: i32, to: usize, toStride: usize, from: usize, fromStride: usize, rows: i32, columns: i32): void {
  if (shift == 2) transpose<f32>(to, toStride, from, fromStride, rows, columns);
  else transpose<f64>(to, toStride, from, fromStride, rows, columns);
}

/** to[j][i] = from[i][j] for `rows` rows i of `columns` elements j; strides are bytes. */
function transpose<T>(to: usize, toStride: usize, from: usize, fromStride: usize, rows: i32, columns: i32): void {
  const lanes = lanesOf<T>();
  for (let i = 0; i < rows; i += lanes) {
    for (let j = 0; j < columns; j += lanes) {
      const source = from + fromStride * i + bytesOf<T>(j);
      const target = to + toStride * j + bytesOf<T>(i);
      if (i + lanes <= rows && j + lanes <= columns) transposeSquare<T>(target, toStride, source, fromStride);
      else transposePart<T>(target, toStride, source, fromStride, min(lanes, rows - i), min(lanes, columns - j));
    }
  }
}


@inline
function transposeSquare<T>(to: usize, toStride: usize, from: usize, fromStride: usize): void {
  const a = v128.load(from);
  const b = v128.load(from + fromStride);
  if (sizeof<T>() == 8) {
    v128.store(to, v128.shuffle<i64>(a, b, 0, 2));
    v128.store(to + toStride, v128.shuffle<i64>(a, b, 1, 3));
    return;
  }
  const c = v128.load(from + 2 * fromStride);
  const d = v128.load(from + 3 * fromStride);
  const lowAB = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const lowCD = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const highAB = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const highCD = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(lowAB, lowCD, 0, 2));
  v128.store(to + toStride, v128.shuffle<i64>(lowAB, lowCD, 1, 3));
  v128.store(to + 2 * toStride, v128.shuffle<i64>(highAB, highCD, 0, 2));
  v128.store(to + 3 * toStride, v128.shuffle<i64>(highAB, highCD, 1, 3));
}

// prettier-ignore
function transposePart<T>(to: usize, toStride: usize, from: usize, fromStride: usize, rows: i32, columns: i32): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      store<T>(to + toStride * j + bytesOf<T>(i), load<T>(from + fromStride * i + bytesOf<T>(j)));
    }
  }
}
