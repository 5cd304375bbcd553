import type { Dimension } from "../../plan.js";

/** Where the index-th item of a strided walk lies; the last dimension runs fastest. */
export function offsetOf(dimensions: readonly Dimension[], index: number): number {
  let offset = 0;
  for (let axis = dimensions.length - 1; axis > 0; axis--) {
    const { size, stride } = dimensions[axis];
    offset += (index % size) * stride;
    index = Math.floor(index / size);
  }
  return dimensions.length > 0 ? offset + index * dimensions[0].stride : 0;
}

/** How many items a walk has. */
export function itemsOf(dimensions: readonly Dimension[]): number {
  return dimensions.reduce((items, { size }) => items * size, 1);
}
