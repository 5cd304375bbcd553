// What `normalize` keeps of columns while they pass: state.ts for each of them, side by side.
//
// A header, and then for each two columns a pair of float64 vectors, high and low; the columns' largest magnitudes, T;
// float64 units; the maps' scales and factors, T. Columns are counted up to an even number.

// Byte offsets in the header:
/** float64: p. */
export const P: usize = 0;
/** int32: how many columns. */
export const COLUMNS: usize = 8;
/** int32: whether columns are being summed again. */
export const AGAIN: usize = 12;
/** int32: whether all scales are 1. */
export const PLAIN: usize = 16;
export const PAIRS: usize = 32;

/** The unit of a column whose sums left the range. Settled columns have 0, and those that none can help have NaN. */
export const UNSAFE: f64 = -1;

/** Bytes of the state of `columns` columns. */
// prettier-ignore
export function columnStateBytes(columns: i32): usize { return PAIRS + 6 * spanOf(columns); }

/** Bytes of one float64 per column. */
// prettier-ignore
@inline function spanOf(columns: i32): usize { return <usize>((columns + 1) & ~1) << 3; }

// prettier-ignore
@inline export function largestAt(state: usize): usize { return state + PAIRS + 2 * spanOf(i32.load(state, COLUMNS)); }
// prettier-ignore
@inline export function unitsAt(state: usize): usize { return state + PAIRS + 3 * spanOf(i32.load(state, COLUMNS)); }
// prettier-ignore
@inline export function scalesAt(state: usize): usize { return state + PAIRS + 4 * spanOf(i32.load(state, COLUMNS)); }
// prettier-ignore
@inline export function factorsAt(state: usize): usize { return state + PAIRS + 5 * spanOf(i32.load(state, COLUMNS)); }

/** The address of a column's high sum; the low one is 16 bytes on. */
// prettier-ignore
@inline export function sumAt(state: usize, column: i32): usize { return state + PAIRS + (<usize>(column >> 1) << 5) + (<usize>(column & 1) << 3); }

/** Begins `columns` columns, in units of 1. */
export function beginColumns(state: usize, columns: i32, p: f64): void {
  f64.store(state, p, P);
  i32.store(state, columns, COLUMNS);
  i32.store(state, 0, AGAIN);
  const units = unitsAt(state);
  memory.fill(state + PAIRS, 0, units - state - PAIRS);
  for (let at = units; at < scalesAt(state); at += 16) v128.store(at, f64x2.splat(1));
}
