// From the statistics of groups to the coefficients of every column's map. They take the places of shifts and sums.

import { HAS_BETA, HAS_GAMMA } from "../affine";
import { residualOf, slopeOf } from "../finish";
import { bytesOf } from "../lanes";
import {
  COLUMNS,
  GROUP_BYTES,
  groupsOf,
  MEAN,
  MEAN_LOW,
  replicate,
  RSTD,
  shiftsOf,
  squaresOf,
  sumsOf,
  VARIANCE,
  WIDTH,
} from "./state";

/** y = (x - centre) * scale + bias, with gamma and beta per column: the coefficients of the global map of a row. */
export function coefficients<T>(state: usize, gamma: usize, beta: usize, flags: i32): void {
  const bytes = bytesOf<T>(i32.load(state, WIDTH));
  const end = bytesOf<T>(i32.load(state, COLUMNS));
  const centres = shiftsOf(state);
  const scales = sumsOf(state);
  const biases = squaresOf(state);
  let record = groupsOf(state);
  let at: usize = 0;
  do {
    const mean = f64.load(record, MEAN);
    const rstd = f64.load(record, RSTD);
    const centre = <T>mean;
    const residual = (sizeof<T>() == 8 ? -f64.load(record, MEAN_LOW) : <f64>centre - mean) * rstd;
    const slope = slopeOf<T>(rstd);
    const next = at + bytes;
    do {
      const g = flags & HAS_GAMMA ? <f64>load<T>(gamma + at) : 1;
      const b = flags & HAS_BETA ? <f64>load<T>(beta + at) : -0.0;
      store<T>(centres + at, centre);
      store<T>(scales + at, <T>(slope * g));
      store<T>(biases + at, <T>(residual * g + b));
      at += sizeof<T>();
    } while (at != next);
    record += GROUP_BYTES;
  } while (at != end);
  replicate<T>(state, centres);
  replicate<T>(state, scales);
  replicate<T>(state, biases);
}

/** The coefficients of ((x - centre) * slope + residual) * gamma + beta, where every step has its gamma and beta. */
export function stepCoefficients<T>(state: usize): void {
  const bytes = bytesOf<T>(i32.load(state, WIDTH));
  const end = bytesOf<T>(i32.load(state, COLUMNS));
  const centres = shiftsOf(state);
  const slopes = sumsOf(state);
  const residuals = squaresOf(state);
  let record = groupsOf(state);
  let at: usize = 0;
  do {
    const mean = f64.load(record, MEAN);
    const rstd = f64.load(record, RSTD);
    const low = sizeof<T>() == 8 ? f64.load(record, MEAN_LOW) : 0;
    const slope = <T>slopeOf<T>(rstd);
    const residual = residualOf<T>(mean, low, f64.load(record, VARIANCE), rstd);
    const next = at + bytes;
    do {
      store<T>(centres + at, <T>mean);
      store<T>(slopes + at, slope);
      store<T>(residuals + at, residual);
      at += sizeof<T>();
    } while (at != next);
    record += GROUP_BYTES;
  } while (at != end);
}
