// Arithmetic element by element, for what no kernel does: in float64, by tiles that stay in the first cache, and each result
// rounded to its dtype once.

import { numbersOf, writeNumbers } from "../elements.js";
import { type Operand, ownOperand } from "../ops/operand.js";
import { exp } from "../math/exp.js";
import type { Tensor } from "../tensor.js";

const TILE = 2048;

/** Changes the numbers of a tile, which are the elements from `start` on. */
export type Step = (tile: Float64Array, start: number) => void;

/** x's elements after all steps, into every tensor of `outs`, one of which may be x. */
export function mapTiles(x: Tensor, outs: readonly Tensor[], steps: readonly Step[]): void {
  const whole = new Float64Array(TILE);
  for (let start = 0; start < x.size; start += TILE) {
    const end = Math.min(start + TILE, x.size);
    const tile = whole.subarray(0, end - start);
    tile.set(numbersOf(part(x, start, end)));
    for (const step of steps) step(tile, start);
    for (const out of outs) writeNumbers(part(out, start, end), tile);
  }
}

function part({ data, format }: Tensor, start: number, end: number): Operand {
  return ownOperand((data as Float32Array).subarray(start, end), [end - start], format);
}

/** Adds the elements of `term` to those of x; they start over after the last. */
export function adding(term: Tensor, x: Tensor): Step {
  const read = readerOf(term, x);
  return (tile, start) => {
    const { numbers, first } = read(start, tile.length);
    for (let from = 0, j = first; from < tile.length; j = 0) {
      const to = Math.min(tile.length, from + numbers.length - j);
      for (let i = from; i < to; i++) tile[i] += numbers[j++];
      from = to;
    }
  };
}

/** Multiplies x's elements by those of `factor`, likewise. */
export function multiplying(factor: Tensor, x: Tensor): Step {
  const read = readerOf(factor, x);
  return (tile, start) => {
    const { numbers, first } = read(start, tile.length);
    for (let from = 0, j = first; from < tile.length; j = 0) {
      const to = Math.min(tile.length, from + numbers.length - j);
      for (let i = from; i < to; i++) tile[i] *= numbers[j++];
      from = to;
    }
  };
}

/** x / (1 + e^-x). */
export function silu(tile: Float64Array): void {
  for (let i = 0; i < tile.length; i++) tile[i] /= 1 + exp(-tile[i]);
}

/** Numbers, and the index of the one for a tile's first element; past the last comes the first. */
interface Cycle {
  readonly numbers: Float64Array;
  readonly first: number;
}

/**
 * Reads what goes with x's elements: tile by tile if there is one for each, or else decoded once. Always as float64, because
 * loops that see several classes of arrays are slow.
 */
function readerOf(operand: Tensor, x: Tensor): (start: number, count: number) => Cycle {
  const { size } = operand;
  if (size !== x.size) {
    const numbers = Float64Array.from(numbersOf(operand));
    return (start) => ({ numbers, first: start % size });
  }
  const numbers = new Float64Array(TILE);
  return (start, count) => {
    numbers.set(numbersOf(part(operand, start, start + count)));
    return { numbers, first: 0 };
  };
}
