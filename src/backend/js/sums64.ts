// Sums of float64 elements: fours are added as they are, and to the sum with what rounding took away (Knuth's TwoSum,
// written out: a pair is nothing a function can return at no cost).

import type { State } from "./state.js";

export function addRun(x: Float64Array, i: number, n: number, state: State, column: number): void {
  const shift = state.shift[column];
  const scale = state.scale[column];
  let sum = state.sum[column];
  let sumLow = state.sumLow[column];
  let squares = state.squares[column];
  let squaresLow = state.squaresLow[column];
  const end = i + n;
  const quadEnd = end - (n % 4);
  for (; i < end; i += i < quadEnd ? 4 : 1) {
    let d = x[i] * scale - shift;
    let q = d * d;
    if (i < quadEnd) {
      const d1 = x[i + 1] * scale - shift;
      const d2 = x[i + 2] * scale - shift;
      const d3 = x[i + 3] * scale - shift;
      d += d1 + (d2 + d3);
      q += d1 * d1 + (d2 * d2 + d3 * d3);
    }
    const nextSum = sum + d;
    const dAdded = nextSum - sum;
    sumLow += sum - (nextSum - dAdded) + (d - dAdded);
    sum = nextSum;
    const nextSquares = squares + q;
    const qAdded = nextSquares - squares;
    squaresLow += squares - (nextSquares - qAdded) + (q - qAdded);
    squares = nextSquares;
  }
  state.sum[column] = sum;
  state.sumLow[column] = sumLow;
  state.squares[column] = squares;
  state.squaresLow[column] = squaresLow;
}

export function addColumns(
  x: Float64Array,
  i: number,
  steps: number,
  stride: number,
  columns: number,
  state: State,
): void {
  const { shift, scale, sum, sumLow, squares, squaresLow } = state;
  let step = 0;
  while (step < steps) {
    const four = step + 4 <= steps;
    for (let column = 0; column < columns; column++) {
      const at = i + column;
      const k = shift[column];
      const factor = scale[column];
      let d = x[at] * factor - k;
      let q = d * d;
      if (four) {
        const d1 = x[at + stride] * factor - k;
        const d2 = x[at + 2 * stride] * factor - k;
        const d3 = x[at + 3 * stride] * factor - k;
        d += d1 + (d2 + d3);
        q += d1 * d1 + (d2 * d2 + d3 * d3);
      }
      const s = sum[column];
      const nextSum = s + d;
      const dAdded = nextSum - s;
      sumLow[column] += s - (nextSum - dAdded) + (d - dAdded);
      sum[column] = nextSum;
      const r = squares[column];
      const nextSquares = r + q;
      const qAdded = nextSquares - r;
      squaresLow[column] += r - (nextSquares - qAdded) + (q - qAdded);
      squares[column] = nextSquares;
    }
    step += four ? 4 : 1;
    i += four ? 4 * stride : stride;
  }
}
