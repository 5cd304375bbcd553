// The maps with the coefficients of a state.

import { bytesOf } from "../lanes";
import { mapColumns, mapSteps } from "./maps";
import { COLUMNS, FOLD, SCALED, scalesOf, shiftsOf, squaresOf, sumsOf } from "./state";

/** After coefficients: gamma and beta per column. */
export function mapOfColumns<T>(out: usize, x: usize, state: usize, steps: i32, stride: usize, streaming: bool): void {
  const source = prescaled<T>(out, x, state, steps, stride);
  const columns = i32.load(state, COLUMNS);
  const fold = i32.load(state, FOLD);
  if (fold > 1) stride = bytesOf<T>(columns * fold);
  const whole = steps / fold;
  mapBy<T>(out, source, state, whole, columns * fold, stride, streaming);
  const done = <usize>whole * stride;
  if (fold > 1) mapBy<T>(out + done, source + done, state, 1, columns * (steps - whole * fold), 0, streaming);
}

// prettier-ignore
@inline function mapBy<T>(out: usize, x: usize, state: usize, steps: i32, columns: i32, stride: usize, streaming: bool): void {
  mapColumns<T>(out, x, shiftsOf(state), sumsOf(state), squaresOf(state), steps, columns, stride, streaming);
}

/** After stepCoefficients: gamma and beta per step, 0 for none. */
// prettier-ignore
export function mapOfSteps<T>(out: usize, x: usize, state: usize, gamma: usize, beta: usize, steps: i32, stride: usize, streaming: bool): void {
  const source = prescaled<T>(out, x, state, steps, stride);
  const columns = i32.load(state, COLUMNS);
  mapSteps<T>(out, source, shiftsOf(state), sumsOf(state), squaresOf(state), gamma, beta, steps, columns, stride, streaming);
}

/** Where the map reads: x, or where groups have a scale a scaled copy, made in out. */
function prescaled<T>(out: usize, x: usize, state: usize, steps: i32, stride: usize): usize {
  if (!i32.load(state, SCALED)) return x;
  const bytes = bytesOf<T>(i32.load(state, COLUMNS));
  const scales = scalesOf(state);
  let to = out;
  for (; steps > 0; steps--) {
    for (let at: usize = 0; at < bytes; at += sizeof<T>()) store<T>(to + at, load<T>(x + at) * load<T>(scales + at));
    x += stride;
    to += stride;
  }
  return out;
}
