// The first guess of a row's mean.

import { bytesOf, sumOfFour, sumOfLanes } from "./lanes";
import { BLOCK } from "./state";

/** Rows up to this length take their first sums without a shift. */
export const SHORT: i32 = BLOCK;
/** Rows longer than this sample eight spread elements. */
const SAMPLE_SPREAD: i32 = 4096;

/**
 * Rows that are short take no guess: they are in the first cache anyway, so the sums are cheaper to repeat than a guess
 * is to make. Rows of a few pages sample 16 elements where they begin, since touching them elsewhere ahead of the sums
 * would upset the hardware's prefetch; longer rows take eight elements spread over them.
 */
@inline
export function firstShift<T>(x: usize, n: i32): T {
  if (n <= SHORT) return 0;
  if (n <= SAMPLE_SPREAD) return meanOfSixteen<T>(x);
  return meanOfEight<T>(x, bytesOf<T>(n >>> 3));
}


@inline
function meanOfSixteen<T>(x: usize): T {
  let sum = sumOfFour<T>(v128.load(x), v128.load(x + 16), v128.load(x + 32), v128.load(x + 48));
  if (sizeof<T>() == 8) {
    x += 64;
    sum = v128.add<T>(sum, sumOfFour<T>(v128.load(x), v128.load(x + 16), v128.load(x + 32), v128.load(x + 48)));
  }
  return <T>(sumOfLanes<T>(sum) * <T>0.0625);
}

/** The mean of eight elements `step` bytes apart. */
export function meanOfEight<T>(x: usize, step: usize): T {
  let sum: T = 0;
  for (let i = 0; i < 8; i++) {
    sum = <T>(sum + load<T>(x));
    x += step;
  }
  return <T>(sum * <T>0.125);
}
