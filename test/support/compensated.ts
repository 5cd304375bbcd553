/**
 * The sum of term(0) ... term(count - 1) as if added in twice float64's precision (Neumaier's form of Kahan's summation):
 * the relative error to the sum of magnitudes is about 2^-53 for the final rounding, plus count * 2^-106.
 */
export function compensatedSum(count: number, term: (index: number) => number): number {
  let sum = 0;
  let lost = 0;
  for (let index = 0; index < count; index++) {
    const value = term(index);
    const next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  // An infinite or NaN sum is the answer; the correction would turn an infinite one into NaN.
  return Number.isFinite(sum) ? sum + lost : sum;
}
