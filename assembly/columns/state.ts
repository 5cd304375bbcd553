// Statistics per group of adjacent columns: x is seen as steps of contiguous columns, and a group is `width` columns of
// every step. A block of steps may arrive in pieces; what is known of it so far lies in a state:
//
//   header     the sizes below
//   row        the state of a row (../state.ts), for one group at a time: rows know repairs and statistics
//   shifts     T per column: k of its group; then the map's centre
//   scales     T per column: the power of two its group is multiplied with
//   sums       T per column: the open block's sum of d = x * scale - k; then the map's slope or scale
//   squares    T per column: the open block's sum of d^2; then the map's residual or bias
//   wide sums, wide squares    a wide accumulator per vector of columns: the sums of all blocks that are closed
//   attempts   i32 per group, 8 bytes apart: the repairs already tried
//   means, rstds, variances; of f64 lows and rstds of x    float64 per group, as in the state of a row
//
// Narrow steps are folded: `fold` of them are taken for one step of `fold` times as many columns, so that vectors are full
// whatever the number of columns. The copies of a group's columns are added when it is finished.
//
// T is float32 or float64, as the state tells. Functions that are not inner loops are compiled once for both.

import { elementBytes } from "../elements";
import { zeros } from "../lanes";
import { STATE_BYTES as ROW_BYTES, UNCENTRED } from "../state";

// The header, i32 each. Byte offsets:
export const COLUMNS: usize = 0;
export const WIDTH: usize = 4;
export const FOLD: usize = 8;
/** Steps, folded, that the open block has taken. */
export const OPEN: usize = 12;
/** UNCENTRED or 0. */
export const KIND: usize = 16;
/** Whether any scale is not 1. */
export const SCALED: usize = 20;
/** Bytes of one array of T per column, and of one of 8 bytes per group: multiples of 16. */
const ARRAY_BYTES: usize = 24;
const GROUPS_BYTES: usize = 28;
/** Whether T is float64. */
const WIDE: usize = 32;
const HEADER_BYTES: usize = 48;

/** Not a repair, but that finish asked for one: an attempt beside those of a row. */
export const WANTS_SCALE: i32 = 64;

/** A flag of begin: the columns are a strip of longer steps, so steps do not follow each other and cannot be folded. */
export const STRIP: i32 = 32;

/** Steps of fewer columns than this are folded, unless they are strips. */
const NARROW: i32 = 64;
/** Columns that folded steps have at least. */
const FOLDED: i32 = 16;

/** How many steps of `columns` columns are taken for one. */
export function foldOf(columns: i32, flags: i32, wide: bool): i32 {
  let fold = 1;
  if (columns >= NARROW || flags & STRIP) return fold;
  while (columns * fold < FOLDED || (columns * fold) & (wide ? 1 : 3)) fold *= 2;
  return fold;
}

// prettier-ignore
@inline function padded(bytes: usize): usize { return (bytes + 15) & ~15; }
// prettier-ignore
@inline export function arrayBytes(state: usize): usize { return <usize>i32.load(state, ARRAY_BYTES); }
// prettier-ignore
@inline export function rowOf(state: usize): usize { return state + HEADER_BYTES; }
// prettier-ignore
@inline export function shiftsOf(state: usize): usize { return rowOf(state) + ROW_BYTES; }
// prettier-ignore
@inline export function scalesOf(state: usize): usize { return shiftsOf(state) + arrayBytes(state); }
// prettier-ignore
@inline export function sumsOf(state: usize): usize { return shiftsOf(state) + 2 * arrayBytes(state); }
// prettier-ignore
@inline export function squaresOf(state: usize): usize { return shiftsOf(state) + 3 * arrayBytes(state); }
// prettier-ignore
@inline export function wideSumsOf(state: usize): usize { return shiftsOf(state) + 4 * arrayBytes(state); }
// prettier-ignore
@inline export function wideSquaresOf(state: usize): usize { return shiftsOf(state) + 6 * arrayBytes(state); }
// prettier-ignore
@inline export function attemptsOf(state: usize): usize { return shiftsOf(state) + 8 * arrayBytes(state); }
// prettier-ignore
@inline export function meansOf(state: usize): usize { return attemptsOf(state) + groupsBytes(state); }
// prettier-ignore
@inline export function rstdsOf(state: usize): usize { return attemptsOf(state) + 2 * groupsBytes(state); }
// prettier-ignore
@inline export function variancesOf(state: usize): usize { return attemptsOf(state) + 3 * groupsBytes(state); }
// prettier-ignore
@inline export function lowsOf(state: usize): usize { return attemptsOf(state) + 4 * groupsBytes(state); }
// prettier-ignore
@inline export function rstdsOfXOf(state: usize): usize { return attemptsOf(state) + 5 * groupsBytes(state); }
// prettier-ignore
@inline function groupsBytes(state: usize): usize { return <usize>i32.load(state, GROUPS_BYTES); }
// prettier-ignore
@inline export function isWide(state: usize): bool { return i32.load(state, WIDE) != 0; }
// prettier-ignore
@inline export function groupsIn(state: usize): i32 { return i32.load(state, COLUMNS) / i32.load(state, WIDTH); }

/** Arrays of T per column, and of 8 bytes per group. */
const ARRAYS: i32 = 8;
// prettier-ignore
@inline function groupArrays(wide: bool): i32 { return wide ? 6 : 4; }

/** Bytes of a state. */
export function stateBytes(columns: i32, width: i32, flags: i32, wide: bool): usize {
  const arrays = <usize>ARRAYS * padded(elementBytes(columns * foldOf(columns, flags, wide), wide));
  return HEADER_BYTES + ROW_BYTES + arrays + <usize>groupArrays(wide) * padded((<usize>(columns / width)) << 3);
}

/** How many groups of `width` columns of a strip have a state of no more than `bytes` bytes; 1 at least. */
export function groupsWithin(bytes: usize, width: i32, wide: bool): i32 {
  const padding = (<usize>(ARRAYS + groupArrays(wide))) << 4;
  const group = <usize>ARRAYS * elementBytes(width, wide) + ((<usize>groupArrays(wide)) << 3);
  return max(1, <i32>((bytes - HEADER_BYTES - ROW_BYTES - padding) / group));
}

/** Begins a block's statistics. Of the flags, UNCENTRED and STRIP matter. */
export function begin(state: usize, columns: i32, width: i32, flags: i32, wide: bool): void {
  const fold = foldOf(columns, flags, wide);
  i32.store(state, columns, COLUMNS);
  i32.store(state, width, WIDTH);
  i32.store(state, fold, FOLD);
  i32.store(state, 0, OPEN);
  i32.store(state, flags & UNCENTRED, KIND);
  i32.store(state, 0, SCALED);
  i32.store(state, <i32>padded(elementBytes(columns * fold, wide)), ARRAY_BYTES);
  i32.store(state, wide, WIDE);
  i32.store(state, <i32>padded((<usize>groupsIn(state)) << 3), GROUPS_BYTES);
  fill(rowOf(state), meansOf(state) - rowOf(state), zeros());
  // The lanes behind the last column have scale 1 as well.
  fill(scalesOf(state), arrayBytes(state), wide ? f64x2.splat(1) : f32x4.splat(1));
}

/** Forgets the sums, and keeps shifts and scales. */
export function clearSums(state: usize): void {
  fill(wideSumsOf(state), 4 * arrayBytes(state), zeros());
  clearBlock(state);
}

/** Forgets the sums of the open block. */
export function clearBlock(state: usize): void {
  i32.store(state, 0, OPEN);
  fill(sumsOf(state), 2 * arrayBytes(state), zeros());
}

/** Sets `bytes` bytes, a multiple of 16, not 0. */
function fill(at: usize, bytes: usize, vector: v128): void {
  const end = at + bytes;
  do {
    v128.store(at, vector);
    at += 16;
  } while (at != end);
}

/** Copies what the first columns of the first `arrays` arrays hold to all their copies. */
export function replicate(state: usize, arrays: i32): void {
  const bytes = elementBytes(i32.load(state, COLUMNS), isWide(state));
  const copies = i32.load(state, FOLD);
  let array = shiftsOf(state);
  for (; arrays > 0; arrays--) {
    for (let copy = 1; copy < copies; copy++) memory.copy(array + <usize>copy * bytes, array, bytes);
    array += arrayBytes(state);
  }
}
