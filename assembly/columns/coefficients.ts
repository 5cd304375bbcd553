// From the statistics of groups to the coefficients of every column's map, two columns at a time in float64 lanes. They
// take the places of shifts, sums and squares. Where steps are few this weighs as much as they do, so it is compiled for each type.

import { HAS_BETA, HAS_GAMMA } from "../affine";
import { STEEPEST } from "../finish";
import { bytesOf } from "../lanes";
import {
  COLUMNS,
  isWide,
  lowsOf,
  meansOf,
  replicate,
  rstdsOf,
  shiftsOf,
  squaresOf,
  sumsOf,
  variancesOf,
  WIDTH,
} from "./state";

/** y = (x - centre) * scale + bias, with gamma and beta per column: the coefficients of the global map of a row. */
export function coefficients(state: usize, gamma: usize, beta: usize, flags: i32): void {
  fill(state, flags & HAS_GAMMA ? gamma : 0, flags & HAS_BETA ? beta : 0, false);
}

/** The coefficients of ((x - centre) * slope + residual) * gamma + beta, where every step has its gamma and beta. */
export function stepCoefficients(state: usize): void {
  fill(state, 0, 0, true);
}

function fill(state: usize, gamma: usize, beta: usize, bySteps: bool): void {
  if (isWide(state)) fillColumns<f64>(state, gamma, beta, bySteps);
  else fillColumns<f32>(state, gamma, beta, bySteps);
  // Shifts, scales, sums and squares; the scales are what they were.
  replicate(state, 4);
}

// prettier-ignore
function fillColumns<T>(state: usize, gamma: usize, beta: usize, bySteps: bool): void {
  const columns = i32.load(state, COLUMNS);
  const width = i32.load(state, WIDTH);
  const means = meansOf(state);
  const rstds = rstdsOf(state);
  const lows = lowsOf(state);
  const variances = variancesOf(state);
  const centres = shiftsOf(state);
  const scales = sumsOf(state);
  const biases = squaresOf(state);
  // The group of the next column, in bytes, and how many columns are left of it.
  let group: usize = 0;
  let left = width;
  let column = 0;
  do {
    const first = group;
    if (--left == 0) {
      left = width;
      group += 8;
    }
    const second = column + 1 < columns ? group : first;
    if (--left == 0) {
      left = width;
      group += 8;
    }
    const at = bytesOf<T>(column);
    const mean = loadBoth(means, first, second);
    const rstd = loadBoth(rstds, first, second);
    const centre = roundTo<T>(mean);
    const rest = sizeof<T>() == 8 ? f64x2.neg(loadBoth(lows, first, second)) : f64x2.sub(centre, mean);
    const slope = slopes<T>(rstd);
    let scale = slope;
    let bias = f64x2.mul(rest, rstd);
    if (bySteps) {
      // As residualOf does.
      const variance = loadBoth(variances, first, second);
      bias = v128.bitselect(bias, f64x2.splat(-0.0), f64x2.gt(f64x2.mul(mean, mean), variance));
    } else {
      if (gamma) {
        const g = loadPair<T>(gamma + at, columns - column);
        scale = f64x2.mul(slope, g);
        bias = f64x2.mul(bias, g);
      }
      if (beta) bias = f64x2.add(bias, loadPair<T>(beta + at, columns - column));
    }
    storePair<T>(centres + at, mean);
    storePair<T>(scales + at, scale);
    storePair<T>(biases + at, bias);
    column += 2;
  } while (column < columns);
}

// prettier-ignore
@inline function loadBoth(array: usize, first: usize, second: usize): v128 {
  return v128.load_lane<f64>(array + second, v128.load64_zero(array + first), 1);
}

/** The next two elements as float64, or the last one. */
@inline
function loadPair<T>(p: usize, left: i32): v128 {
  if (sizeof<T>() == 8) return left > 1 ? v128.load(p) : v128.load64_zero(p);
  return f64x2.promote_low_f32x4(left > 1 ? v128.load64_zero(p) : v128.load32_zero(p));
}


@inline
function storePair<T>(p: usize, v: v128): void {
  if (sizeof<T>() == 8) v128.store(p, v);
  else v128.store_lane<f64>(p, f32x4.demote_f64x2_zero(v), 0);
}


@inline
function roundTo<T>(v: v128): v128 {
  return sizeof<T>() == 8 ? v : f64x2.promote_low_f32x4(f32x4.demote_f64x2_zero(v));
}

/** slopeOf. */
@inline
function slopes<T>(rstd: v128): v128 {
  if (sizeof<T>() == 8) return rstd;
  return v128.bitselect(f64x2.pmin(rstd, f64x2.splat(STEEPEST)), rstd, f64x2.lt(rstd, f64x2.splat(Infinity)));
}
