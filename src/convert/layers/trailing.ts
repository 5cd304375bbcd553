// What layers over the last axes have in common.

import { formatShape, sameShape } from "../../shape.js";
import { axesOf, type Partition, partitionBy } from "../partition.js";

/** Statistics for all axes before, parameters for all axes that are normalised. */
export function trailingPartitions(
  normalizedShape: readonly number[],
  shape: readonly number[],
): { statistics: Partition; parameters: Partition } {
  const axes = axesOf(shape);
  const leading = axes.slice(0, -normalizedShape.length);
  const normalized = axes.slice(-normalizedShape.length);
  return { statistics: partitionBy(leading, normalized), parameters: partitionBy(normalized, leading) };
}

/** What a layer over `normalizedShape` asks of the shape and does not get. */
export function trailingMisfit(normalizedShape: readonly number[], shape: readonly number[]): string | undefined {
  const fits = sameShape(shape.slice(-normalizedShape.length), normalizedShape);
  return fits ? undefined : `must end in the normalizedShape ${formatShape(normalizedShape)}`;
}
