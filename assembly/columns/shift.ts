// The first guess of every group's mean, from a few steps spread over the block.

import { bytesOf } from "../lanes";
import { clearBlock, COLUMNS, KIND, replicate, shiftsOf, sumsOf, WIDTH } from "./state";
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
export function shift<T>(state: usize, x: usize, samples: i32, stride: usize): void {
  if (i32.load(state, KIND) || samples == 0) return;
  const columns = i32.load(state, COLUMNS);
  const bytes = bytesOf<T>(i32.load(state, WIDTH));
  // With shifts of zero, a block's sums are the sums of x.
  accumulateSteps<T>(state, x, samples, columns, stride);
  const inverse = 1 / (<f64>samples * <f64>i32.load(state, WIDTH));
  const shifts = shiftsOf(state);
  const end = bytesOf<T>(columns);
  let at: usize = 0;
  do {
    const next = at + bytes;
    let sum: f64 = 0;
    for (let from = sumsOf(state) + at; from < sumsOf(state) + next; from += sizeof<T>()) sum += <f64>load<T>(from);
    const k = <T>(sum * inverse);
    for (; at < next; at += sizeof<T>()) store<T>(shifts + at, k);
  } while (at < end);
  replicate<T>(state, shifts);
  clearBlock<T>(state);
}
