import { exponentOf, timesPowerOfTwo } from "../powers_of_two.js";

export type Values = Float32Array | Float64Array;

/** A group brought near 1, where sums of squares neither overflow nor lose digits: x = values * 2^exponent. */
export interface ScaledValues {
  readonly values: Float64Array;
  readonly exponent: number;
}

/** Scaled by the largest finite magnitude among x and `other`. What becomes subnormal was negligible beside it. */
export function scaledValues(x: Values, other = 0): ScaledValues {
  const exponent = exponentOf(Math.max(largestFinite(x), Number.isFinite(other) ? Math.abs(other) : 0));
  const values = Float64Array.from(x);
  scaleInPlace(values, -exponent);
  return { values, exponent };
}

export function scaleInPlace(values: Float64Array, exponent: number): void {
  if (exponent === 0) return;
  if (Math.abs(exponent) > 1000) {
    for (let index = 0; index < values.length; index++) values[index] = timesPowerOfTwo(values[index], exponent);
    return;
  }
  const factor = timesPowerOfTwo(1, exponent);
  for (let index = 0; index < values.length; index++) values[index] *= factor;
}

export function allFinite(x: Values): boolean {
  let zero = 0;
  for (let index = 0; index < x.length; index++) zero += x[index] * 0;
  return zero === 0;
}

function largestFinite(x: Values): number {
  let largest = 0;
  for (let index = 0; index < x.length; index++) {
    const magnitude = Math.abs(x[index]);
    if (magnitude > largest && magnitude !== Infinity) largest = magnitude;
  }
  return largest;
}
