// y = x / (k + alpha * s / size)^beta, where s is the sum of squares over a window of neighbouring channels. What that
// needs besides data lies at the start of scratch.

import { lostInProduct } from "../double_double";
import { signOfPower } from "../pow";

// Byte offsets:
/** float64, twice: alpha / size as a double-double. */
export const SLOPE: usize = 0;
export const SLOPE_LOW: usize = 8;
export const K: usize = 16;
export const BETA: usize = 24;
/** float64: sums of squares of float64 data below this are not to be trusted: too much may have underflowed. */
export const LEAST: usize = 32;
/** int32: how the power is taken. */
export const KIND: usize = 40;
/** int32: channels in a window, and in a block of the sums. */
export const WINDOW: usize = 44;
/** float64: (-1)^beta. */
export const SIGN: usize = 48;
export const PARAMETER_BYTES: usize = 64;

/** beta = 1; 1/2 and 3/4, by square roots; and the others. */
export const LINEAR: i32 = 0;
export const ROOT: i32 = 1;
export const ROOTS: i32 = 2;
export const GENERAL: i32 = 3;

// prettier-ignore
export function storeParameters(shift: i32, at: usize, window: i32, size: f64, alpha: f64, beta: f64, k: f64): void {
  const slope = alpha / size;
  f64.store(at, slope, SLOPE);
  f64.store(at, (alpha - slope * size - lostInProduct(slope, size, slope * size)) / size, SLOPE_LOW);
  f64.store(at, k, K);
  f64.store(at, beta, BETA);
  f64.store(at, signOfPower(beta), SIGN);
  i32.store(at, window, WINDOW);
  // 2^-700, 2^100, 2^-900: next to such a k, nothing that underflows counts.
  const negligible = abs(k) > 1.9010856886426262e-211 && abs(slope) < 1.2676506002282294e30;
  f64.store(at, negligible ? 0 : 1.1830521861667747e-271, LEAST);
  // Where k and the sum may cancel, float64 data needs more digits than the kinds with roots have.
  const cancels = shift == 3 && (k < 0 || alpha < 0);
  i32.store(at, cancels ? GENERAL : kindOf(beta), KIND);
}

function kindOf(beta: f64): i32 {
  return beta == 0.75 ? ROOTS : beta == 0.5 ? ROOT : beta == 1 ? LINEAR : GENERAL;
}
