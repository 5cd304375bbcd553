// The sums of columns: the same steps for every column, so their order does not depend on the number of columns.
//
// Four steps at a time, a quad, are added as a tree to the open block's accumulators, which lie in the first cache; a
// block is 64 steps. Steps that no quad has room for, at the end of a piece, are added one by one.

import { elementBytes } from "../elements";
import { addWideLanes, bytesOf, firstLanes, loadPart, squaresOfFour, sumOfFour, zeros } from "../lanes";
import {
  arrayBytes,
  COLUMNS,
  FOLD,
  isWide,
  OPEN,
  SCALED,
  scalesOf,
  shiftsOf,
  squaresOf,
  sumsOf,
  wideSumsOf,
} from "./state";

/** Steps that an accumulator of T takes before it is emptied into a wide one. */
const BLOCK: i32 = 64;
/** Steps per turn. */
const QUAD: i32 = 4;

/** Takes the next steps, `stride` bytes apart. All but the last of a piece come in multiples of a quad of folded steps. */
export function accumulate(state: usize, x: usize, steps: i32, stride: usize): void {
  const fold = i32.load(state, FOLD);
  const columns = i32.load(state, COLUMNS);
  if (fold == 1) return accumulateSteps(state, x, steps, columns, stride);
  const whole = steps / fold;
  const foldedStride = elementBytes(columns * fold, isWide(state));
  accumulateSteps(state, x, whole, columns * fold, foldedStride);
  const rest = steps - whole * fold;
  if (rest > 0) accumulateSteps(state, x + <usize>whole * foldedStride, 1, columns * rest, 0);
}

export function accumulateSteps(state: usize, x: usize, steps: i32, columns: i32, stride: usize): void {
  while (steps > 0) {
    const open = i32.load(state, OPEN);
    const part = min(steps, BLOCK - open);
    if (isWide(state)) accumulatePart<f64>(state, x, part, columns, stride);
    else accumulatePart<f32>(state, x, part, columns, stride);
    i32.store(state, open + part, OPEN);
    if (open + part == BLOCK) endBlock(state);
    x += <usize>part * stride;
    steps -= part;
  }
}

/** Steps that fit the open block. */
function accumulatePart<T>(state: usize, x: usize, steps: i32, columns: i32, stride: usize): void {
  const bytes = bytesOf<T>(columns);
  // Ragged columns, and scaled ones, go with care.
  const plain: usize = i32.load(state, SCALED) ? 0 : bytes & ~15;
  for (; steps >= QUAD; steps -= QUAD) {
    if (plain > 0) addQuad<T>(state, x, plain, stride);
    if (plain < bytes) addCarefully<T>(state, x, plain, bytes, stride, QUAD);
    x += <usize>QUAD * stride;
  }
  for (; steps > 0; steps--) {
    if (plain > 0) addStep<T>(state, x, plain);
    if (plain < bytes) addCarefully<T>(state, x, plain, bytes, stride, 1);
    x += stride;
  }
}


@inline
function addQuad<T>(state: usize, x: usize, bytes: usize, stride: usize): void {
  const array = arrayBytes(state);
  let at = shiftsOf(state);
  const end = x + bytes;
  do {
    const k = v128.load(at);
    const a = v128.sub<T>(v128.load(x), k);
    const b = v128.sub<T>(v128.load(x + stride), k);
    const c = v128.sub<T>(v128.load(x + 2 * stride), k);
    const d = v128.sub<T>(v128.load(x + 3 * stride), k);
    const s = at + 2 * array;
    const q = s + array;
    v128.store(s, v128.add<T>(v128.load(s), sumOfFour<T>(a, b, c, d)));
    v128.store(q, v128.add<T>(v128.load(q), squaresOfFour<T>(a, b, c, d)));
    at += 16;
    x += 16;
  } while (x != end);
}


@inline
function addStep<T>(state: usize, x: usize, bytes: usize): void {
  const array = arrayBytes(state);
  let at = shiftsOf(state);
  const end = x + bytes;
  do {
    const d = v128.sub<T>(v128.load(x), v128.load(at));
    const s = at + 2 * array;
    const q = s + array;
    v128.store(s, v128.add<T>(v128.load(s), d));
    v128.store(q, v128.add<T>(v128.load(q), v128.mul<T>(d, d)));
    at += 16;
    x += 16;
  } while (x != end);
}

/** One step or a quad, of the columns from byte `from` to byte `end`: as addQuad, in two pairs. */
// prettier-ignore
function addCarefully<T>(state: usize, x: usize, from: usize, end: usize, stride: usize, steps: i32): void {
  for (let at = from; at < end; at += 16) {
    const left = end - at;
    let s = zeros();
    let q = zeros();
    let previous = zeros();
    for (let step = 0; step < steps; step++) {
      const d = deviation<T>(state, x + at + <usize>step * stride, at, left);
      const both = v128.add<T>(previous, d);
      const squares = v128.add<T>(v128.mul<T>(previous, previous), v128.mul<T>(d, d));
      // Even steps wait for the next, but for the only one.
      const isLast = (step & 1) | (steps & 1);
      s = isLast ? v128.add<T>(s, both) : s;
      q = isLast ? v128.add<T>(q, squares) : q;
      previous = isLast ? zeros() : d;
    }
    const sums = sumsOf(state) + at;
    const squares = squaresOf(state) + at;
    v128.store(sums, v128.add<T>(v128.load(sums), s));
    v128.store(squares, v128.add<T>(v128.load(squares), q));
  }
}

/** d of the columns from byte `at` on, whose elements are at x; what is not there must not deviate. */
function deviation<T>(state: usize, x: usize, at: usize, left: usize): v128 {
  const scale = v128.load(scalesOf(state) + at);
  const k = v128.load(shiftsOf(state) + at);
  if (left >= 16) return v128.sub<T>(v128.mul<T>(v128.load(x), scale), k);
  const count = <i32>(left >> alignof<T>());
  return v128.and(v128.sub<T>(v128.mul<T>(loadPart<T>(x, count), scale), k), firstLanes<T>(count));
}

/** Empties the open block into the wide accumulators. A piece whose next is somewhere else ends with this. */
export function endBlock(state: usize): void {
  if (i32.load(state, OPEN) == 0) return;
  i32.store(state, 0, OPEN);
  if (isWide(state)) emptyBlock<f64>(state);
  else emptyBlock<f32>(state);
}


@inline
function emptyBlock<T>(state: usize): void {
  const bytes = arrayBytes(state);
  const sums = sumsOf(state);
  const wide = wideSumsOf(state);
  // Squares follow sums, the narrow and the wide.
  for (let at: usize = 0; at < 2 * bytes; at += 16) {
    addWideLanes<T>(wide + 2 * at, v128.load(sums + at));
    v128.store(sums + at, zeros());
  }
}
