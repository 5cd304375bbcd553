// Sums of |x|^p and largest magnitudes of columns: `steps` steps, `stride` bytes apart, of contiguous elements. They may
// come in pieces: all but the last are multiples of BLOCK_STEPS.

import { addToPairs, bytesOf, lanesOf, loadPart, zeros } from "../lanes";
import { AGAIN, COLUMNS, largestAt, P, PAIRS, unitsAt } from "./column_state";
import { addPowers } from "./power";
import { loadOne, loadTwo, simple } from "./sums";

/** Steps whose powers are added in float64 before they go to the pairs. */
const BLOCK_STEPS: i32 = 8;

/** Takes the next `steps` steps. */
export function accumulateColumns<T>(state: usize, x: usize, steps: i32, stride: usize): void {
  const p = f64.load(state, P);
  if (p == Infinity) columnMagnitudes<T>(state, x, steps, stride);
  else if (p == 2 && !i32.load(state, AGAIN)) accumulateSquares<T>(state, x, steps, stride);
  else if (p == 1 && !i32.load(state, AGAIN)) accumulateMagnitudes<T>(state, x, steps, stride);
  else accumulatePowers<T>(state, x, steps, stride, p);
}

function accumulateSquares<T>(state: usize, x: usize, steps: i32, stride: usize): void {
  accumulateSimple<T>(state, x, steps, stride, true);
}

function accumulateMagnitudes<T>(state: usize, x: usize, steps: i32, stride: usize): void {
  accumulateSimple<T>(state, x, steps, stride, false);
}


@inline
function accumulateSimple<T>(state: usize, x: usize, steps: i32, stride: usize, square: bool): void {
  const columns = i32.load(state, COLUMNS);
  while (steps > 0) {
    const block = min(steps, BLOCK_STEPS);
    let pairs = state + PAIRS;
    let at = x;
    let left = columns;
    for (; left >= 4; left -= 4) {
      let step = at;
      let first = simple(loadTwo<T>(step), square);
      let second = simple(loadTwo<T>(step + bytesOf<T>(2)), square);
      for (let more = block - 1; more > 0; more--) {
        step += stride;
        first = f64x2.add(first, simple(loadTwo<T>(step), square));
        second = f64x2.add(second, simple(loadTwo<T>(step + bytesOf<T>(2)), square));
      }
      addToPairs(pairs, first);
      addToPairs(pairs + 32, second);
      at += bytesOf<T>(4);
      pairs += 64;
    }
    for (; left > 0; left -= 2) {
      let step = at;
      let sum = zeros();
      for (let more = block; more > 0; more--) {
        sum = f64x2.add(sum, simple(left == 1 ? loadOne<T>(step) : loadTwo<T>(step), square));
        step += stride;
      }
      addToPairs(pairs, sum);
      at += bytesOf<T>(2);
      pairs += 32;
    }
    x += stride * block;
    steps -= block;
  }
}

/**
 * Any p, step by step, in units of each column; columns whose unit is not positive are left alone. This serves columns
 * that are summed again, and the unit of the others is 1.
 */
function accumulatePowers<T>(state: usize, x: usize, steps: i32, stride: usize, p: f64): void {
  for (; steps > 0; steps--) {
    let pairs = state + PAIRS;
    let units = unitsAt(state);
    let at = x;
    for (let left = i32.load(state, COLUMNS); left > 0; left -= 2) {
      const unit = v128.load(units);
      const active = f64x2.gt(unit, zeros());
      // Inactive columns add zeros, which leaves their sums.
      const v = f64x2.div(left == 1 ? loadOne<T>(at) : loadTwo<T>(at), unit);
      if (v128.any_true(active)) addPowers<T>(pairs, v128.and(v, active), p);
      at += bytesOf<T>(2);
      pairs += 32;
      units += 16;
    }
    x += stride;
  }
}

/** Takes `steps` steps into the largest magnitudes; NaN stays. */
export function columnMagnitudes<T>(state: usize, x: usize, steps: i32, stride: usize): void {
  const columns = i32.load(state, COLUMNS);
  const left = columns & (lanesOf<T>() - 1);
  for (; steps > 0; steps--) {
    let largest = largestAt(state);
    let at = x;
    for (const end = at + bytesOf<T>(columns - left); at != end; at += 16) {
      v128.store(largest, larger<T>(v128.load(largest), v128.abs<T>(v128.load(at))));
      largest += 16;
    }
    // Behind the last column there is room for a vector, and the lanes that go there are zeros.
    if (left > 0) v128.store(largest, larger<T>(v128.load(largest), v128.abs<T>(loadPart<T>(at, left))));
    x += stride;
  }
}

/** Of magnitudes, compared as integers: so NaN is the largest, which x86 has no instruction for. */
@inline
function larger<T>(a: v128, b: v128): v128 {
  return sizeof<T>() == 4 ? i32x4.max_s(a, b) : v128.bitselect(a, b, i64x2.gt_s(a, b));
}
