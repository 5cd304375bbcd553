// Gradients of gamma and beta: sums over rows, for each element of a row. Rows are added in T in blocks, blocks in float64
// in chunks, and chunks in order, so that the sum is the same however many take part. Of float64, the sums of blocks and chunks
// are pairs of float64.
//
// The elements of a row come in groups of 32 bytes. Each has 32 bytes of gamma, of the block of gamma's gradient and of the
// block of beta's, side by side: three arrays apart would be two more streams for the hardware to prefetch, and rows from memory
// took a third longer. After all groups: chunk of weight, chunk of bias; total of weight, total of bias.

import { addToPairs, addWideLanes, bytesOf, lanesOf, loadPart, zeros } from "../lanes";

/** Rows that are added in T: of one number 64 times the sum may err by 16.5 u, of 32 times by 8.5. */
const BLOCK_ROWS: i32 = 32;
/** Rows whose blocks are added from zero on: what one thread would do at least. */
const CHUNK_ROWS: i32 = 4096;

/** Bytes of a row's elements that make a group. */
export const GROUP_BYTES: usize = 32;
/** From one group to the next where they hold sums, and from gamma to these. */
export const PITCH: usize = 96;
export const WEIGHT: usize = 32;
export const BIAS: usize = 64;
/** Of a chunk or a total, for a group: four pairs of float64 or eight float64. */
const WIDE_GROUP_BYTES: usize = 64;

// prettier-ignore
@inline function groupsOf<T>(columns: i32): usize { return (bytesOf<T>(columns) + GROUP_BYTES - 1) / GROUP_BYTES; }
/** Of a chunk or a total, of weight and bias. */
// prettier-ignore
@inline function wideBytes<T>(columns: i32): usize { return 2 * WIDE_GROUP_BYTES * groupsOf<T>(columns); }
// prettier-ignore
@inline function chunkOf<T>(sums: usize, columns: i32): usize { return sums + PITCH * groupsOf<T>(columns); }

export function parameterBytes<T>(columns: i32): usize {
  return PITCH * groupsOf<T>(columns) + 2 * wideBytes<T>(columns);
}

/** Begins all sums, beside copies of gamma. */
export function beginParameters<T>(sums: usize, gamma: usize, columns: i32): void {
  memory.fill(sums, 0, parameterBytes<T>(columns));
  for (let left = bytesOf<T>(columns); left > 0; sums += PITCH) {
    const bytes = min(left, GROUP_BYTES);
    memory.copy(sums, gamma, bytes);
    gamma += bytes;
    left -= bytes;
  }
}

/** Adds the two vectors of a group to what is beside its gamma: the block of WEIGHT or of BIAS. */
@inline
export function addToBlock<T>(block: usize, term0: v128, term1: v128): void {
  v128.store(block, v128.add<T>(v128.load(block), term0));
  v128.store(block + 16, v128.add<T>(v128.load(block + 16), term1));
}

/**
 * Adds dy * offset to the chunk of weight, for `count` elements from the `start`th on: what the terms of a row lack whose mean
 * was rounded. Not to the block, where as many more roundings would show.
 */
export function correctTerms<T>(sums: usize, columns: i32, start: i32, dy: usize, count: i32, offset: T): void {
  const offsets = v128.splat<T>(offset);
  let chunk = chunkOf<T>(sums, columns) + 2 * bytesOf<T>(start);
  const end = dy + (bytesOf<T>(count) & ~15);
  while (dy != end) {
    addWideLanes<T>(chunk, v128.mul<T>(v128.load(dy), offsets));
    dy += 16;
    chunk += 32;
  }
  const left = count % lanesOf<T>();
  if (left > 0) addWideLanes<T>(chunk, v128.mul<T>(loadPart<T>(dy, left), offsets));
}

/** To be called after row `row`, which was the last that the block has taken: ends what ends there. */
@inline
export function endRow<T>(sums: usize, columns: i32, row: i32): void {
  if (((row + 1) & (BLOCK_ROWS - 1)) == 0) endBlock<T>(sums, columns, ((row + 1) & (CHUNK_ROWS - 1)) == 0);
}

/** Adds the block to the chunk, and the chunk to the total where that ends, too; they begin again. */
function endBlock<T>(sums: usize, columns: i32, chunkEnds: bool): void {
  const chunk = chunkOf<T>(sums, columns);
  const bytes = wideBytes<T>(columns);
  for (let at: usize = 0; at < bytes / 2; at += WIDE_GROUP_BYTES) {
    addGroup<T>(chunk + at, sums + WEIGHT);
    addGroup<T>(chunk + bytes / 2 + at, sums + BIAS);
    sums += PITCH;
  }
  if (!chunkEnds) return;
  addWides<T>(chunk + bytes, chunk, bytes);
  memory.fill(chunk, 0, bytes);
}

/** Adds a group of a block to float64 numbers, or pairs of them; it begins again. */
@inline
function addGroup<T>(to: usize, group: usize): void {
  for (const end = group + GROUP_BYTES; group != end; group += 16) {
    addWideLanes<T>(to, v128.load(group));
    v128.store(group, zeros());
    to += WIDE_GROUP_BYTES / 2;
  }
}

/** Adds float64 numbers, or pairs of them. */
function addWides<T>(to: usize, from: usize, bytes: usize): void {
  for (const end = from + bytes; from != end; from += 32) {
    if (sizeof<T>() == 8) addToPairs(to, v128.load(from));
    else v128.store(to, f64x2.add(v128.load(to), v128.load(from)));
    v128.store(to + 16, f64x2.add(v128.load(to + 16), v128.load(from + 16)));
    to += 32;
  }
}

/** Ends all, and leaves the totals at the returned address: float64 numbers of whole groups, those of weight and then those of bias. */
export function endParameters<T>(sums: usize, columns: i32): usize {
  endBlock<T>(sums, columns, true);
  const bytes = wideBytes<T>(columns);
  const totals = chunkOf<T>(sums, columns) + bytes;
  if (sizeof<T>() == 4) return totals;
  let to = totals;
  for (let pair = totals; pair != totals + bytes; pair += 32) {
    v128.store(to, sumsOfPairs(v128.load(pair), v128.load(pair + 16)));
    to += 16;
  }
  return totals;
}

/** Pairs, rounded. What an infinity rounds away is NaN, and no part of it. */
@inline
function sumsOfPairs(high: v128, low: v128): v128 {
  const isFinite = f64x2.eq(f64x2.sub(high, high), zeros());
  return f64x2.add(high, v128.and(low, isFinite));
}
