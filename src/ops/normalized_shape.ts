import { ShapeError } from "../errors.js";
import { formatShape } from "../shape.js";
import { shapeOf } from "./operand.js";

/** normalizedShape as an array that ends the shape of x. */
export function trailingShape(functionName: string, given: unknown, shape: readonly number[]): readonly number[] {
  if (typeof given === "number" && shape.length > 0 && shape[shape.length - 1] === given) return [given];
  const normalized = shapeOf(functionName, "normalizedShape", typeof given === "number" ? [given] : given);
  if (normalized.length === 0 || !endsWith(shape, normalized)) {
    const expected = `must be the last sizes of x's shape ${formatShape(shape)}`;
    throw new ShapeError(functionName, "normalizedShape", expected, formatShape(normalized));
  }
  return normalized;
}

function endsWith(shape: readonly number[], tail: readonly number[]): boolean {
  const first = shape.length - tail.length;
  if (first < 0) return false;
  for (let axis = 0; axis < tail.length; axis++) if (shape[first + axis] !== tail[axis]) return false;
  return true;
}

/** The shape of statistics over the last dimensions: x's leading sizes, and ones. */
export function statisticsShapeOf(
  shape: readonly number[],
  normalizedShape: number | readonly number[],
): readonly number[] {
  const leading = shape.length - (typeof normalizedShape === "number" ? 1 : normalizedShape.length);
  return shape.map((extent, axis) => (axis < leading ? extent : 1));
}
