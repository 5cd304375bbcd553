// Elements of parameters as people look them up.

import { formatShape } from "../shape.js";

/** As ===, but NaN equals NaN. */
export function isEqual(a: number, b: number): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}

/** The row-major indices of an element. */
export function indicesOf(flatIndex: number, shape: readonly number[]): number[] {
  const indices: number[] = [];
  let rest = flatIndex;
  for (const extent of [...shape].reverse()) {
    indices.unshift(rest % extent);
    rest = Math.floor(rest / extent);
  }
  return indices;
}

/** `2 at [3, 4, 5], which differs by 1 from 1 at [3, 0, 0]` */
export function differenceAt(numbers: ArrayLike<number>, shape: readonly number[], odd: number, other: number): string {
  const at = (index: number) => `${numbers[index]} at ${formatShape(indicesOf(index, shape))}`;
  return `${at(odd)}, which differs by ${Math.abs(numbers[odd] - numbers[other])} from ${at(other)}`;
}
