// Elements of any dtype as tiles of float64, for what is not worth loops of its own for every class of array.

import type { Operand } from "../../ops/operand.js";
import { readerOf, WINDOW, writerOf } from "./elements.js";

/** Copies elements of a tensor, `count` from `offset` on, into a tile. */
export type Load = (offset: number, count: number, tile: Float64Array, at: number) => void;

export function loaderOf(operand: Operand, window = WINDOW): Load {
  if (operand.format.compute === "float64") {
    const x = operand.data as Float64Array;
    return (offset, count, tile, at) => load64(x, offset, count, tile, at);
  }
  const x = readerOf<Float32Array>(operand, window);
  return (offset, count, tile, at) => load32(x.data, x.at(offset, count), count, tile, at);
}

/** Copies elements of a tile into a tensor, rounded to its dtype. They are there after `flush`. */
export interface Store {
  put(offset: number, count: number, tile: Float64Array, at: number): void;
  flush(): void;
}

export function storeOf(operand: Operand, window = WINDOW): Store {
  if (operand.format.compute === "float64") {
    const out = operand.data as Float64Array;
    return {
      put: (offset, count, tile, at) => store64(out, offset, count, tile, at),
      flush: () => undefined,
    };
  }
  const out = writerOf<Float32Array>(operand, window);
  return {
    put: (offset, count, tile, at) => store32(out.data, out.at(offset, count), count, tile, at),
    flush: () => out.flush(),
  };
}

function load32(x: Float32Array, i: number, count: number, tile: Float64Array, at: number): void {
  for (let e = 0; e < count; e++) tile[at + e] = x[i + e];
}

function load64(x: Float64Array, i: number, count: number, tile: Float64Array, at: number): void {
  for (let e = 0; e < count; e++) tile[at + e] = x[i + e];
}

function store32(out: Float32Array, o: number, count: number, tile: Float64Array, at: number): void {
  for (let e = 0; e < count; e++) out[o + e] = tile[at + e];
}

function store64(out: Float64Array, o: number, count: number, tile: Float64Array, at: number): void {
  for (let e = 0; e < count; e++) out[o + e] = tile[at + e];
}
