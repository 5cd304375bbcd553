/** Sums with what rounding took from them: Knuth's TwoSum. */
export class PairSums {
  readonly #high: Float64Array;
  readonly #low: Float64Array;

  constructor(count: number) {
    this.#high = new Float64Array(count);
    this.#low = new Float64Array(count);
  }

  clear(): void {
    this.#high.fill(0);
    this.#low.fill(0);
  }

  add(index: number, term: number): void {
    const sum = this.#high[index];
    const next = sum + term;
    const added = next - sum;
    this.#low[index] += sum - (next - added) + (term - added);
    this.#high[index] = next;
  }

  /** A sum, rounded. */
  total(index: number): number {
    const high = this.#high[index];
    return Number.isFinite(high) ? high + this.#low[index] : high;
  }

  /** What `total` rounds away. */
  rest(index: number): number {
    return Number.isFinite(this.#high[index]) ? this.#high[index] - this.total(index) + this.#low[index] : 0;
  }

  totals(): Float64Array {
    return this.#high.map((_, index) => this.total(index));
  }
}
