// The maps with the coefficients of a state.

import { elementBytes, loadElement, storeElement } from "../elements";
import { mapColumns, mapSteps } from "./maps";
import { COLUMNS, FOLD, isWide, SCALED, scalesOf, shiftsOf, squaresOf, sumsOf } from "./state";

/** After coefficients: gamma and beta per column. */
export function mapOfColumns(out: usize, x: usize, state: usize, steps: i32, stride: usize, streaming: bool): void {
  const source = prescaled(out, x, state, steps, stride);
  const columns = i32.load(state, COLUMNS);
  const fold = i32.load(state, FOLD);
  if (fold == 1) return mapBy(out, source, state, steps, columns, stride, streaming);
  const whole = steps / fold;
  stride = elementBytes(columns * fold, isWide(state));
  mapBy(out, source, state, whole, columns * fold, stride, streaming);
  const done = <usize>whole * stride;
  mapBy(out + done, source + done, state, 1, columns * (steps - whole * fold), 0, streaming);
}

// prettier-ignore
function mapBy(out: usize, x: usize, state: usize, steps: i32, columns: i32, stride: usize, streaming: bool): void {
  if (isWide(state)) mapColumns<f64>(out, x, shiftsOf(state), sumsOf(state), squaresOf(state), steps, columns, stride, streaming);
  else mapColumns<f32>(out, x, shiftsOf(state), sumsOf(state), squaresOf(state), steps, columns, stride, streaming);
}

/** After stepCoefficients: gamma and beta per step, 0 for none. */
// prettier-ignore
export function mapOfSteps(out: usize, x: usize, state: usize, gamma: usize, beta: usize, steps: i32, stride: usize, streaming: bool): void {
  const source = prescaled(out, x, state, steps, stride);
  const columns = i32.load(state, COLUMNS);
  if (isWide(state)) mapSteps<f64>(out, source, shiftsOf(state), sumsOf(state), squaresOf(state), gamma, beta, steps, columns, stride, streaming);
  else mapSteps<f32>(out, source, shiftsOf(state), sumsOf(state), squaresOf(state), gamma, beta, steps, columns, stride, streaming);
}

/** Where the map reads: x, or where groups have a scale a scaled copy, made in out. */
function prescaled(out: usize, x: usize, state: usize, steps: i32, stride: usize): usize {
  if (!i32.load(state, SCALED)) return x;
  const wide = isWide(state);
  const size = elementBytes(1, wide);
  const bytes = elementBytes(i32.load(state, COLUMNS), wide);
  const scales = scalesOf(state);
  let to = out;
  for (; steps > 0; steps--) {
    for (let at: usize = 0; at < bytes; at += size) {
      // Of float32 the product is exact in float64, and rounded once when it is stored.
      storeElement(to + at, loadElement(x + at, wide) * loadElement(scales + at, wide), wide);
    }
    x += stride;
    to += stride;
  }
  return out;
}
