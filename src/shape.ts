/** The number of elements: the product of the sizes; 1 for the empty shape. Exact below 2^53. */
export function sizeOf(shape: readonly number[]): number {
  return sizeFrom(shape, 0);
}

/** The product of the sizes from an axis on. */
export function sizeFrom(shape: readonly number[], axis: number): number {
  let size = 1;
  for (; axis < shape.length; axis++) size *= shape[axis];
  return size;
}

/** Sizes that a message shows of a shape. */
const SHOWN = 16;

/** A shape as it appears in messages: `[2, 3]`. */
export function formatShape(shape: readonly unknown[]): string {
  const shown = shape.slice(0, SHOWN).map((extent) => (typeof extent === "number" ? String(extent) : typeof extent));
  return `[${shown.join(", ")}${shape.length > SHOWN ? `, ... ${shape.length} sizes` : ""}]`;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < a.length; axis++) if (a[axis] !== b[axis]) return false;
  return true;
}
