// Gradients of gamma and beta: sums over rows, for each element of a row. Rows are added in T in blocks, blocks in float64
// in chunks, and chunks in order, so that the sum is the same however many take part. Of float64, the sums of blocks and chunks
// are pairs of float64.
//
// For `columns` elements of a row, one after the other: block of weight, block of bias (of T); chunk of weight, chunk of
// bias; total of weight, total of bias.

import { addToPairs, bytesOf } from "../lanes";

/** Rows that are added in T. */
export const BLOCK_ROWS: i32 = 64;
/** Rows whose blocks are added from zero on: what one thread would do at least. */
export const CHUNK_ROWS: i32 = 4096;

/** Columns that there is room for: whole vectors. */
// prettier-ignore
@inline export function roomOf(columns: i32): i32 { return (columns + 3) & ~3; }
// prettier-ignore
@inline function blockBytes<T>(columns: i32): usize { return bytesOf<T>(2 * roomOf(columns)); }
/** Of a chunk, or of a total: a float64 per column, twice for float64. */
// prettier-ignore
@inline function wideBytes<T>(columns: i32): usize { return (<usize>(2 * roomOf(columns)) << 3) * (sizeof<T>() / 4); }
// prettier-ignore
@inline export function biasOffset<T>(columns: i32): usize { return bytesOf<T>(roomOf(columns)); }

export function parameterBytes<T>(columns: i32): usize {
  return blockBytes<T>(columns) + 2 * wideBytes<T>(columns);
}

export function beginParameters<T>(sums: usize, columns: i32): void {
  memory.fill(sums, 0, parameterBytes<T>(columns));
}

/** To be called after row `row`, which was the last that the block has taken: ends what ends there. */
@inline
export function endRow<T>(sums: usize, columns: i32, row: i32): void {
  if (((row + 1) & (BLOCK_ROWS - 1)) == 0) endBlock<T>(sums, columns, ((row + 1) & (CHUNK_ROWS - 1)) == 0);
}

/** Adds the block to the chunk, and the chunk to the total where that ends, too; they begin again. */
export function endBlock<T>(sums: usize, columns: i32, chunkEnds: bool): void {
  const chunk = sums + blockBytes<T>(columns);
  addBlock<T>(chunk, sums, 2 * roomOf(columns));
  memory.fill(sums, 0, blockBytes<T>(columns));
  if (!chunkEnds) return;
  const bytes = wideBytes<T>(columns);
  addWides<T>(chunk + bytes, chunk, 2 * roomOf(columns));
  memory.fill(chunk, 0, bytes);
}

/** Adds numbers of T to float64 numbers, or pairs of them. */
function addBlock<T>(to: usize, block: usize, count: i32): void {
  for (; count > 0; count -= 2) {
    if (sizeof<T>() == 8) {
      addToPairs(to, v128.load(block));
      to += 32;
      block += 16;
    } else {
      v128.store(to, f64x2.add(v128.load(to), f64x2.promote_low_f32x4(v128.load64_zero(block))));
      to += 16;
      block += 8;
    }
  }
}

function addWides<T>(to: usize, from: usize, count: i32): void {
  for (; count > 0; count -= 2) {
    if (sizeof<T>() == 8) {
      addToPairs(to, v128.load(from));
      v128.store(to + 16, f64x2.add(v128.load(to + 16), v128.load(from + 16)));
      to += 32;
      from += 32;
    } else {
      v128.store(to, f64x2.add(v128.load(to), v128.load(from)));
      to += 16;
      from += 16;
    }
  }
}

/** Ends all, and leaves the totals at the returned address: float64 numbers, those of weight and then those of bias. */
export function endParameters<T>(sums: usize, columns: i32): usize {
  endBlock<T>(sums, columns, true);
  const totals = sums + blockBytes<T>(columns) + wideBytes<T>(columns);
  if (sizeof<T>() == 4) return totals;
  let at = totals;
  for (let pair = totals; pair != totals + wideBytes<T>(columns); pair += 32) {
    v128.store(at, f64x2.add(v128.load(pair), v128.load(pair + 16)));
    at += 16;
  }
  return totals;
}
