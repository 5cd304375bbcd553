import { describe } from "../dtype.js";
import { ArgumentError } from "../errors.js";
import { reading } from "./operand.js";

/** A dimension of a tensor of `rank` dimensions, counted from 0; a negative one counts from the end. A scalar has one. */
export function axisOf(functionName: string, argument: string, axis: unknown, rank: number): number {
  const dimensions = Math.max(rank, 1);
  if (Number.isSafeInteger(axis) && (axis as number) >= -dimensions && (axis as number) < dimensions) {
    return (axis as number) < 0 ? (axis as number) + dimensions : (axis as number);
  }
  const expected = `must be an integer from ${-dimensions} to ${dimensions - 1}`;
  throw new ArgumentError(functionName, argument, expected, describe(axis));
}

/** A list of different dimensions, as a set of indices from 0 up. */
export function axesOf(functionName: string, argument: string, axes: unknown, rank: number): ReadonlySet<number> {
  return reading(functionName, argument, () => {
    if (!Array.isArray(axes)) {
      throw new ArgumentError(functionName, argument, "must be an array of dimensions", describe(axes));
    }
    const set = new Set<number>();
    for (let index = 0; index < axes.length; index++) addAxis(set, functionName, argument, axes[index], rank);
    return set;
  });
}

function addAxis(set: Set<number>, functionName: string, argument: string, value: unknown, rank: number): void {
  if (rank === 0) {
    throw new ArgumentError(functionName, argument, "must be empty for a tensor without dimensions", describe(value));
  }
  const axis = axisOf(functionName, argument, value, rank);
  if (set.has(axis)) {
    throw new ArgumentError(functionName, argument, "must name each dimension once", `${String(value)} again`);
  }
  set.add(axis);
}
