// Whole tensors: blocks of steps of contiguous columns, statistics per group of adjacent columns.

import { HAS_BETA, HAS_GAMMA } from "../affine";
import { elementBytes } from "../elements";
import { RESCALE, SETTLED } from "../finish";
import { coefficients, stepCoefficients } from "./coefficients";
import { finish, magnitude, rescale, statistics } from "./finish";
import { mapOfColumns, mapOfSteps } from "./map";
import { streams } from "./maps";
import { samplesOf, shift } from "./shift";
import { begin, groupsIn, groupsWithin, STRIP, stateBytes } from "./state";
import { accumulate } from "./sums";

/** A flag of columnsNorm: steps have a gamma and a beta each, not columns. */
const BY_STEPS: i32 = 128;

/** Bytes of a state at most, unless one group needs more. */
const STATE_LIMIT: usize = 1 << 18;

/** How many columns have their statistics at a time. */
function stripOf(columns: i32, width: i32, wide: bool): i32 {
  return min(columns, width * groupsWithin(STATE_LIMIT, width, wide));
}

/** Bytes of scratch for columnsNorm. */
export function scratchBytes(columns: i32, width: i32, wide: bool): usize {
  const strip = stripOf(columns, width, wide);
  return stateBytes(strip, width, strip < columns ? STRIP : 0, wide);
}

/** gamma and beta are per column, or with BY_STEPS per step; wide says that all is float64. */
// prettier-ignore
export function columnsNorm(out: usize, x: usize, gamma: usize, beta: usize, mean: usize, rstd: usize, blocks: i32, steps: i32, columns: i32, width: i32, eps: f64, state: usize, flags: i32, wide: bool): void {
  const stride = elementBytes(columns, wide);
  const strip = stripOf(columns, width, wide);
  const blockBytes = <usize>steps * stride;
  const streaming = streams(<f64>blocks * <f64>steps, stride);
  const gammas = flags & HAS_GAMMA ? gamma : 0;
  const betas = flags & HAS_BETA ? beta : 0;
  if (strip < columns) flags |= STRIP;
  let group = 0;
  for (; blocks > 0; blocks--) {
    for (let first = 0; first < columns; first += strip) {
      const at = elementBytes(first, wide);
      begin(state, min(strip, columns - first), width, flags, wide);
      momentsOfBlock(state, x + at, steps, width, stride, eps);
      statistics(state, mean, rstd, group, flags);
      group += groupsIn(state);
      if (flags & BY_STEPS) {
        stepCoefficients(state);
        mapOfSteps(out + at, x + at, state, gammas, betas, steps, stride, streaming);
      } else {
        coefficients(state, gamma + at, beta + at, flags);
        mapOfColumns(out + at, x + at, state, steps, stride, streaming);
      }
    }
    x += blockBytes;
    out += blockBytes;
  }
}

/** Statistics of the columns of `steps` steps in memory, from the first guess to the last repair. */
function momentsOfBlock(state: usize, x: usize, steps: i32, width: i32, stride: usize, eps: f64): void {
  const samples = samplesOf(steps, width);
  shift(state, x, samples, <usize>(steps / samples) * stride);
  accumulate(state, x, steps, stride);
  const n = <f64>steps * <f64>width;
  let verdicts = finish(state, n, eps);
  while (verdicts != SETTLED) {
    if (verdicts & RESCALE) {
      magnitude(state, x, steps, stride);
      rescale(state);
    }
    accumulate(state, x, steps, stride);
    verdicts = finish(state, n, eps);
  }
}
