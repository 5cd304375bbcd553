// p-norms of the columns of tiles, as the largest magnitude times the norm of all magnitudes over that: no power of an
// element can overflow, and none that counts can underflow.

import { lostInProduct, powInto, powOfPair } from "../../math/pow.js";

const pair = new Float64Array(2);

/** Powers below 2^-900 of the largest do not count. */
const LEAST_EXPONENT = -900;

export class NormSums {
  /** Per column: the largest magnitude, and the norm in units of that. */
  readonly largest: Float64Array;
  readonly root: Float64Array;
  readonly #p: number;
  /** The least magnitude over the largest whose power counts. */
  readonly #least: number;
  readonly #sum: Float64Array;
  readonly #sumLow: Float64Array;

  constructor(p: number, columns: number) {
    this.#p = p;
    this.#least = powOfPair(2, 0, LEAST_EXPONENT / p, 0);
    this.largest = new Float64Array(columns);
    this.root = new Float64Array(columns);
    this.#sum = new Float64Array(columns);
    this.#sumLow = new Float64Array(columns);
  }

  clear(): void {
    this.largest.fill(0);
    this.#sum.fill(0);
    this.#sumLow.fill(0);
  }

  /** NaN prevails. */
  addMagnitudes(tile: Float64Array, rows: number, columns: number): void {
    const size = rows * columns;
    for (let column = 0; column < columns; column++) {
      let largest = this.largest[column];
      for (let at = column; at < size; at += columns) largest = Math.max(largest, Math.abs(tile[at]));
      this.largest[column] = largest;
    }
  }

  addPowers(tile: Float64Array, rows: number, columns: number): void {
    const p = this.#p;
    const size = rows * columns;
    for (let column = 0; column < columns; column++) {
      const largest = this.largest[column];
      let sum = this.#sum[column];
      let low = this.#sumLow[column];
      for (let at = column; at < size; at += columns) {
        const ratio = Math.abs(tile[at]) / largest;
        const term = p === 1 ? ratio : this.#power(ratio);
        const next = sum + term;
        const added = next - sum;
        low += sum - (next - added) + (term - added);
        if (p !== 1) low += pair[1];
        sum = next;
      }
      this.#sum[column] = sum;
      this.#sumLow[column] = low;
    }
  }

  /** ratio^p; `pair` has it with its low part. */
  #power(ratio: number): number {
    if (ratio > this.#least) powInto(pair, ratio, this.#p);
    else pair.fill(0);
    return pair[0];
  }

  finish(columns: number): void {
    const p = this.#p;
    const exponent = 1 / p;
    const product = p * exponent;
    const rest = p > 1e-100 && p < 1e100 ? (1 - product - lostInProduct(p, exponent, product)) / p : 0;
    for (let column = 0; column < columns; column++) {
      const [sum, low] = [this.#sum[column], this.#sumLow[column]];
      if (p === Infinity) this.root[column] = 1;
      else if (p === 1) this.root[column] = sum + low;
      else this.root[column] = sum > 0 ? powOfPair(sum, low, exponent, rest) : NaN;
    }
  }
}

/** x / max(norm, eps) in place. */
export function divideByNorms(tile: Float64Array, rows: number, columns: number, sums: NormSums, eps: number): void {
  const size = rows * columns;
  for (let column = 0; column < columns; column++) {
    const largest = sums.largest[column];
    const finite = largest > 0 && largest < Infinity;
    const root = finite ? sums.root[column] : 1;
    // Dividing twice, because the norm itself may be outside float64.
    const useEps = largest * root <= eps;
    const divisor = useEps ? eps : largest;
    const second = useEps ? 1 : root;
    for (let at = column; at < size; at += columns) tile[at] = tile[at] / divisor / second;
  }
}
