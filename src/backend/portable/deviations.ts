// (x - mean) * rstd, and what rounding took from the mean.

import type { Operand } from "../../ops/operand.js";

/** Half an ulp of 1, and the smallest normal number, of what statistics are rounded to. */
const precisions = {
  float32: { unit: 2 ** -24, smallest: 2 ** -126 },
  float64: { unit: 2 ** -53, smallest: 2 ** -1022 },
};

/** A saved mean was computed before it was rounded: its error may be a little more than that of rounding. */
const SLACK = 1.5;

/** Where rstd is below, x - mean may be beyond float64. */
const LEAST_RSTD = 2 ** -1000;

/** (x * scale - centre) * slope is (x - mean) * rstd. */
export interface Deviations {
  readonly scale: number;
  readonly centre: number;
  readonly slope: number;
}

export function deviationsFrom(mean: number, rstd: number): Deviations {
  const scale = rstd < LEAST_RSTD ? 2 ** -60 : 1;
  return { scale, centre: mean * scale, slope: rstd / scale };
}

/**
 * The mean of a group's deviations, (x - mean) * rstd, if it may come from the rounding of `mean`: what they are to be
 * reduced by. Otherwise 0: another mean is the caller's choice.
 */
export function offsetOf(average: number, mean: number, rstd: number, { format }: Pick<Operand, "format">): number {
  const { unit, smallest } = precisions[format.compute];
  return Math.abs(average) <= SLACK * unit * Math.max(Math.abs(mean), smallest) * rstd ? average : 0;
}

/**
 * The sum of dy * (h - offset), from those of dy * h and of dy. One that is infinite stays so: less offset times another
 * infinity, it would be NaN.
 */
export function reducedBy(offset: number, ofProducts: number, ofGradients: number): number {
  return Number.isFinite(ofProducts) ? ofProducts - offset * ofGradients : ofProducts;
}
