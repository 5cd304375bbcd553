// e^x in float64, with the same bits on every engine: Math.exp may differ between them.

const LOG2_E = 1.4426950408889634;
/** ln 2 in two parts. The first has 33 bits, so that its product with an exponent is exact. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
/** Beyond these, e^x is Infinity or 0. */
const LARGEST = 709.782712893384;
const SMALLEST = -745.1332191019412;
/** Adding it rounds to a whole number, which the low digits of the sum then hold. */
const ROUNDS = 6755399441055744;

/** 2^n for n from -LEAST on. Half of an exponent is in it, whatever the exponent. */
const LEAST = 538;
const powersOfTwo = new Float64Array(1051);
for (let i = 0, power = 2 ** -LEAST; i < powersOfTwo.length; i++, power *= 2) powersOfTwo[i] = power;

/** e^x, with an error below 1 ulp: 2^k e^r, where r = x - k ln 2 and |r| <= ln 2 / 2. */
export function exp(x: number): number {
  if (!(x >= SMALLEST && x <= LARGEST)) return x > LARGEST ? Infinity : x < SMALLEST ? 0 : NaN;
  const k = x * LOG2_E + ROUNDS - ROUNDS;
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const lost = high - r - low;
  // What r rounded away comes back in the last addition, together with the small terms.
  const power = 1 + (r + (lost + r * r * tail(r, r * r)));
  const half = k >> 1;
  return power * powersOfTwo[LEAST + half] * powersOfTwo[LEAST + k - half];
}

/** 1/2! + r/3! + ... + r^11/13!, s = r^2: even and odd terms apart, which do not wait for each other. */
function tail(r: number, s: number): number {
  const even = 1 / 2 + s * (1 / 24 + s * (1 / 720 + s * (1 / 40320 + s * (1 / 3628800 + s * (1 / 479001600)))));
  const odd = 1 / 6 + s * (1 / 120 + s * (1 / 5040 + s * (1 / 362880 + s * (1 / 39916800 + s * (1 / 6227020800)))));
  return even + r * odd;
}
