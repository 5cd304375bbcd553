// Elements as tiles of float64, for what is not worth loops of its own for every class of array.

import type { Computed } from "./kernels.js";

/** Elements of a tile: it stays in the nearest cache. */
export const TILE = 4096;

/** Where the elements of a tile lie in a tensor: rows of columns, each so many elements apart. */
export interface Region {
  readonly start: number;
  readonly rows: number;
  readonly rowStride: number;
  readonly columns: number;
  readonly columnStride: number;
}

/** Copies elements of a tensor into a tile, row by row. */
export function loadTile(
  tile: Float64Array,
  x: Computed,
  { start, rows, rowStride, columns, columnStride }: Region,
): void {
  for (let row = 0; row < rows; row++) {
    const [at, from] = [row * columns, start + row * rowStride];
    for (let column = 0; column < columns; column++) tile[at + column] = x[from + column * columnStride];
  }
}

/** Copies a tile into a tensor, rounded to its dtype. */
export function storeTile(
  tile: Float64Array,
  out: Computed,
  { start, rows, rowStride, columns, columnStride }: Region,
): void {
  for (let row = 0; row < rows; row++) {
    const [at, to] = [row * columns, start + row * rowStride];
    for (let column = 0; column < columns; column++) out[to + column * columnStride] = tile[at + column];
  }
}
