// The first guess of every group's mean, from a few steps spread over the block.

import { elementBytes, loadElement, storeElement } from "../elements";
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
  const wide = isWide(state);
  if (width == 1) averageColumns(state, elementBytes(columns, wide), inverse, wide);
  else averageGroups(state, elementBytes(columns, wide), elementBytes(width, wide), inverse, wide);
  replicate(state, 1);
  clearBlock(state);
}


@inline
function averageColumns(state: usize, bytes: usize, inverse: f64, wide: bool): void {
  const shifts = shiftsOf(state);
  const sums = sumsOf(state);
  const factor = wide ? f64x2.splat(inverse) : f32x4.splat(<f32>inverse);
  for (let at: usize = 0; at < bytes; at += 16) {
    const sum = v128.load(sums + at);
    v128.store(shifts + at, wide ? f64x2.mul(sum, factor) : f32x4.mul(sum, factor));
  }
}


@inline
function averageGroups(state: usize, bytes: usize, groupBytes: usize, inverse: f64, wide: bool): void {
  const size = elementBytes(1, wide);
  const shifts = shiftsOf(state);
  const sums = sumsOf(state);
  let at: usize = 0;
  do {
    const end = at + groupBytes;
    let even: f64 = 0;
    let odd: f64 = 0;
    let from = at;
    for (; from + size < end; from += 2 * size) {
      even += loadElement(sums + from, wide);
      odd += loadElement(sums + from + size, wide);
    }
    if (from < end) even += loadElement(sums + from, wide);
    const k = (even + odd) * inverse;
    for (; at < end; at += size) storeElement(shifts + at, k, wide);
  } while (at < bytes);
}
