// The maps with the coefficients of a state.

import { bytesOf, storePart } from "../lanes";
import { mapColumns } from "./maps";
import { mapSteps } from "./map_steps";
import { COLUMNS, FOLD, SCALED, scalesOf, shiftsOf, squaresOf, sumsOf } from "./state";
import { loadUpTo } from "./sums";

/** After coefficients: gamma and beta per column. */
export function mapOfColumns<T>(out: usize, x: usize, state: usize, steps: i32, stride: usize, streaming: bool): void {
  const source = prescaled<T>(out, x, state, steps, stride);
  const columns = i32.load(state, COLUMNS);
  const fold = i32.load(state, FOLD);
  if (fold == 1) return mapBy<T>(out, source, state, steps, columns, stride, streaming);
  const whole = steps / fold;
  const folded = bytesOf<T>(columns * fold);
  mapBy<T>(out, source, state, whole, columns * fold, folded, streaming);
  const done = <usize>whole * folded;
  mapBy<T>(out + done, source + done, state, 1, columns * (steps - whole * fold), 0, streaming);
}

// prettier-ignore
function mapBy<T>(out: usize, x: usize, state: usize, steps: i32, columns: i32, stride: usize, streaming: bool): void {
  mapColumns<T>(out, x, shiftsOf(state), sumsOf(state), squaresOf(state), steps, columns, stride, streaming);
}

/** After stepCoefficients: gamma and beta per step, 0 for none. */
export function mapOfSteps<T>(
  out: usize,
  x: usize,
  state: usize,
  gamma: usize,
  beta: usize,
  steps: i32,
  stride: usize,
  streaming: bool,
): void {
  const source = prescaled<T>(out, x, state, steps, stride);
  const columns = i32.load(state, COLUMNS);
  // prettier-ignore
  mapSteps<T>(out, source, shiftsOf(state), sumsOf(state), squaresOf(state), gamma, beta, steps, columns, stride, streaming);
}

/** Where the map reads: x, or where groups have a scale a scaled copy, made in out. */
function prescaled<T>(out: usize, x: usize, state: usize, steps: i32, stride: usize): usize {
  if (!i32.load(state, SCALED)) return x;
  const bytes = bytesOf<T>(i32.load(state, COLUMNS));
  const scales = scalesOf(state);
  for (let step = 0; step < steps; step++) {
    const from = <usize>step * stride;
    for (let at: usize = 0; at < bytes; at += 16) {
      const left = bytes - at;
      const value = v128.mul<T>(loadUpTo<T>(x + from + at, left), v128.load(scales + at));
      if (left >= 16) v128.store(out + from + at, value);
      else storePart<T>(out + from + at, value, <i32>(left >> alignof<T>()));
    }
  }
  return out;
}
