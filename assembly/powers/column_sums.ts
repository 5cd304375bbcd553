// Sums of |x|^p and largest magnitudes of columns: `steps` steps, `stride` bytes apart, of contiguous elements. They may
// come in pieces: all but the last are multiples of BLOCK_STEPS.

import { addToPairs, bytesOf, lanesOf, loadPart, sumOfFour, zeros } from "../lanes";
import { AGAIN, COLUMNS, largestAt, P, PAIRS, unitsAt } from "./column_state";
import { addPowers } from "./power";
import { loadOne, loadTwo, simple } from "./sums";

/** Steps whose powers are added in float64 before they go to the pairs. */
const BLOCK_STEPS: i32 = 8;

/** Takes the next `steps` steps. */
export function accumulateColumns<T>(state: usize, x: usize, steps: i32, stride: usize): void {
  const p = f64.load(state, P);
  if (p == Infinity) columnMagnitudes<T>(state, x, steps, stride);
  else if (i32.load(state, AGAIN)) accumulateAgain<T>(state, x, steps, stride, p);
  else if (p == 2) accumulateSquares<T>(state, x, steps, stride);
  else if (p == 1) accumulateMagnitudes<T>(state, x, steps, stride);
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
  for (; steps >= BLOCK_STEPS; steps -= BLOCK_STEPS) {
    addBlock<T>(state + PAIRS, x, columns, stride, square);
    x += stride * BLOCK_STEPS;
  }
  if (steps > 0) addSteps<T>(state + PAIRS, x, columns, steps, stride, square);
}

/** Eight steps. */
@inline
function addBlock<T>(pairs: usize, x: usize, columns: i32, stride: usize, square: bool): void {
  let below = x + 4 * stride;
  for (; columns >= 2; columns -= 2) {
    const first = sumOfFour<f64>(
      simple(loadTwo<T>(x), square),
      simple(loadTwo<T>(x + stride), square),
      simple(loadTwo<T>(x + 2 * stride), square),
      simple(loadTwo<T>(x + 3 * stride), square),
    );
    const second = sumOfFour<f64>(
      simple(loadTwo<T>(below), square),
      simple(loadTwo<T>(below + stride), square),
      simple(loadTwo<T>(below + 2 * stride), square),
      simple(loadTwo<T>(below + 3 * stride), square),
    );
    addToPairs(pairs, f64x2.add(first, second));
    x += bytesOf<T>(2);
    below += bytesOf<T>(2);
    pairs += 32;
  }
  if (columns == 0) return;
  let sum = zeros();
  for (let half = 0; half < 2; half++) {
    const part = sumOfFour<f64>(
      simple(loadOne<T>(x), square),
      simple(loadOne<T>(x + stride), square),
      simple(loadOne<T>(x + 2 * stride), square),
      simple(loadOne<T>(x + 3 * stride), square),
    );
    sum = f64x2.add(sum, part);
    x = below;
  }
  addToPairs(pairs, sum);
}

/** The last steps, fewer than eight, one by one. */
@inline
function addSteps<T>(pairs: usize, x: usize, columns: i32, steps: i32, stride: usize, square: bool): void {
  for (; columns >= 2; columns -= 2) {
    let sum = simple(loadTwo<T>(x), square);
    let at = x;
    for (let step = 1; step < steps; step++) {
      at += stride;
      sum = f64x2.add(sum, simple(loadTwo<T>(at), square));
    }
    addToPairs(pairs, sum);
    x += bytesOf<T>(2);
    pairs += 32;
  }
  if (columns == 0) return;
  let sum = zeros();
  for (; steps > 0; steps--) {
    sum = f64x2.add(sum, simple(loadOne<T>(x), square));
    x += stride;
  }
  addToPairs(pairs, sum);
}

/** Any p, step by step. */
function accumulatePowers<T>(state: usize, x: usize, steps: i32, stride: usize, p: f64): void {
  for (; steps > 0; steps--) {
    let pairs = state + PAIRS;
    let at = x;
    for (let left = i32.load(state, COLUMNS); left > 0; left -= 2) {
      addPowers<T>(pairs, left == 1 ? loadOne<T>(at) : loadTwo<T>(at), p);
      at += bytesOf<T>(2);
      pairs += 32;
    }
    x += stride;
  }
}

/** The same of the columns that are summed again, in units of their largest magnitudes. */
function accumulateAgain<T>(state: usize, x: usize, steps: i32, stride: usize, p: f64): void {
  for (; steps > 0; steps--) {
    let pairs = state + PAIRS;
    let units = unitsAt(state);
    let at = x;
    for (let left = i32.load(state, COLUMNS); left > 0; left -= 2) {
      const unit = v128.load(units);
      const active = f64x2.gt(unit, zeros());
      if (v128.any_true(active)) {
        // Other columns add zeros, which leaves their sums.
        const v = f64x2.div(left == 1 ? loadOne<T>(at) : loadTwo<T>(at), unit);
        addPowers<T>(pairs, v128.and(v, active), p);
      }
      at += bytesOf<T>(2);
      pairs += 32;
      units += 16;
    }
    x += stride;
  }
}

/** Takes `steps` steps into the largest magnitudes; NaN stays. */
export function columnMagnitudes<T>(state: usize, x: usize, steps: i32, stride: usize): void {
  for (; steps >= 4; steps -= 4) {
    fourMagnitudes<T>(state, x, x + stride, x + 2 * stride, x + 3 * stride);
    x += 4 * stride;
  }
  for (; steps > 0; steps--) {
    fourMagnitudes<T>(state, x, x, x, x);
    x += stride;
  }
}

/** Takes four steps. */
function fourMagnitudes<T>(state: usize, a: usize, b: usize, c: usize, d: usize): void {
  const columns = i32.load(state, COLUMNS);
  const left = columns & (lanesOf<T>() - 1);
  let largest = largestAt(state);
  const end = largest + bytesOf<T>(columns - left);
  while (largest != end) {
    const first = larger<T>(v128.abs<T>(v128.load(a)), v128.abs<T>(v128.load(b)));
    const second = larger<T>(v128.abs<T>(v128.load(c)), v128.abs<T>(v128.load(d)));
    v128.store(largest, larger<T>(v128.load(largest), larger<T>(first, second)));
    a += 16;
    b += 16;
    c += 16;
    d += 16;
    largest += 16;
  }
  if (left == 0) return;
  const first = larger<T>(v128.abs<T>(loadPart<T>(a, left)), v128.abs<T>(loadPart<T>(b, left)));
  const second = larger<T>(v128.abs<T>(loadPart<T>(c, left)), v128.abs<T>(loadPart<T>(d, left)));
  // Behind the last column there is room for a vector, and nothing but zeros is added to what it holds.
  v128.store(largest, larger<T>(v128.load(largest), larger<T>(first, second)));
}

/** Of magnitudes, compared as integers: so NaN is the largest, which x86 has no instruction for. */
@inline
function larger<T>(a: v128, b: v128): v128 {
  return sizeof<T>() == 4 ? i32x4.max_s(a, b) : v128.bitselect(a, b, i64x2.gt_s(a, b));
}
