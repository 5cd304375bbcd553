// The first guess of every group's mean, from a few steps spread over the block.

import { bytesOf } from "../lanes";
import { clearBlock, COLUMNS, isWide, KIND, replicate, shiftsOf, sumsOf, WIDTH } from "./state";
import { accumulateSteps } from "./sums";

/** Steps sampled at least, of blocks that have as many. */
const STEPS: i32 = 4;
/**
 * Elements sampled at least of a group. One bad guess among many groups costs all of them a second sweep, so guesses have
 * to be good: the mean of 16 normal numbers is hardly ever further off than one standard deviation.
 */
const ELEMENTS: i32 = 16;

/** How many steps are sampled: step i * floor(steps / samples), i = 0, 1, ... */
export function samplesOf(steps: i32, width: i32): i32 {
  return min(steps, max(STEPS, (ELEMENTS + width - 1) / width));
}

/** Sets every group's shift from `samples` steps, `stride` bytes apart. Called after begin. */
export function shift(state: usize, x: usize, samples: i32, stride: usize): void {
  if (i32.load(state, KIND) || samples == 0) return;
  const columns = i32.load(state, COLUMNS);
  // With shifts of zero, a block's sums are the sums of x.
  accumulateSteps(state, x, samples, columns, stride);
  const width = i32.load(state, WIDTH);
  const inverse = 1 / (<f64>samples * <f64>width);
  if (isWide(state)) average<f64>(state, columns, width, inverse);
  else average<f32>(state, columns, width, inverse);
  replicate(state, 1);
  clearBlock(state);
}


@inline
function average<T>(state: usize, columns: i32, width: i32, inverse: f64): void {
  if (width == 1) averageColumns<T>(state, bytesOf<T>(columns), <T>inverse);
  else averageGroups<T>(state, bytesOf<T>(columns), bytesOf<T>(width), inverse);
}


@inline
function averageColumns<T>(state: usize, bytes: usize, inverse: T): void {
  const shifts = shiftsOf(state);
  const sums = sumsOf(state);
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(shifts + at, v128.mul<T>(v128.load(sums + at), v128.splat<T>(inverse)));
  }
}


@inline
function averageGroups<T>(state: usize, bytes: usize, groupBytes: usize, inverse: f64): void {
  const shifts = shiftsOf(state);
  const sums = sumsOf(state);
  let at: usize = 0;
  do {
    const end = at + groupBytes;
    let even: f64 = 0;
    let odd: f64 = 0;
    let from = at;
    for (; from + sizeof<T>() < end; from += 2 * sizeof<T>()) {
      even += <f64>load<T>(sums + from);
      odd += <f64>load<T>(sums + from + sizeof<T>());
    }
    if (from < end) even += <f64>load<T>(sums + from);
    const k = <T>((even + odd) * inverse);
    for (; at < end; at += sizeof<T>()) store<T>(shifts + at, k);
  } while (at < bytes);
}
