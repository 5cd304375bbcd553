// Whole tensors: blocks of steps of contiguous columns, statistics per group of adjacent columns.

import { HAS_BETA, HAS_GAMMA } from "../affine";
import { RESCALE, SETTLED } from "../finish";
import { bytesOf } from "../lanes";
import { coefficients, stepCoefficients } from "./coefficients";
import { finish, magnitude, rescale, statistics } from "./finish";
import { mapOfColumns, mapOfSteps } from "./map";
import { streams } from "./maps";
import { samplesOf, shift } from "./shift";
import { begin, groupsIn, groupsWithin, STRIP, stateBytes } from "./state";
import { accumulate } from "./sums";

/** A flag of columnsNorm: steps have a gamma and a beta each, not columns. */
export const BY_STEPS: i32 = 128;

/** Bytes of a state at most, unless one group needs more. */
const STATE_LIMIT: usize = 1 << 18;

/** How many columns have their statistics at a time. */
export function stripOf<T>(columns: i32, width: i32): i32 {
  return min(columns, width * groupsWithin<T>(STATE_LIMIT, width));
}

/** Bytes of scratch for columnsNorm. */
export function scratchBytes<T>(columns: i32, width: i32): usize {
  const strip = stripOf<T>(columns, width);
  return stateBytes<T>(strip, width, strip < columns ? STRIP : 0);
}

/** gamma and beta are per column, or with BY_STEPS per step. */
// prettier-ignore
export function columnsNorm<T>(out: usize, x: usize, gamma: usize, beta: usize, mean: usize, rstd: usize, blocks: i32, steps: i32, columns: i32, width: i32, eps: f64, state: usize, flags: i32): void {
  const stride = bytesOf<T>(columns);
  const strip = stripOf<T>(columns, width);
  const blockBytes = <usize>steps * stride;
  const streaming = streams(<f64>blocks * <f64>steps, stride);
  const gammas = flags & HAS_GAMMA ? gamma : 0;
  const betas = flags & HAS_BETA ? beta : 0;
  if (strip < columns) flags |= STRIP;
  let group = 0;
  for (; blocks > 0; blocks--) {
    for (let first = 0; first < columns; first += strip) {
      const at = bytesOf<T>(first);
      begin<T>(state, min(strip, columns - first), width, flags);
      momentsOfBlock<T>(state, x + at, steps, width, stride, eps);
      statistics<T>(state, mean, rstd, group, flags);
      group += groupsIn(state);
      if (flags & BY_STEPS) {
        stepCoefficients<T>(state);
        mapOfSteps<T>(out + at, x + at, state, gammas, betas, steps, stride, streaming);
      } else {
        coefficients<T>(state, gamma + at, beta + at, flags);
        mapOfColumns<T>(out + at, x + at, state, steps, stride, streaming);
      }
    }
    x += blockBytes;
    out += blockBytes;
  }
}

/** Statistics of the columns of `steps` steps in memory, from the first guess to the last repair. */
function momentsOfBlock<T>(state: usize, x: usize, steps: i32, width: i32, stride: usize, eps: f64): void {
  const samples = samplesOf(steps, width);
  shift<T>(state, x, samples, <usize>(steps / samples) * stride);
  accumulate<T>(state, x, steps, stride);
  const n = <f64>steps * <f64>width;
  let verdicts = finish<T>(state, n, eps);
  while (verdicts != SETTLED) {
    if (verdicts & RESCALE) {
      magnitude<T>(state, x, steps, stride);
      rescale<T>(state);
    }
    accumulate<T>(state, x, steps, stride);
    verdicts = finish<T>(state, n, eps);
  }
}
