// x^y in float64, with the same bits on every engine: Math.pow, exp and log may differ between engines, so nothing here
// uses them. It is assembly/pow.ts in TypeScript, operation by operation: change both.
//
// x^y = 2^(y log2 x), in double-doubles: unevaluated sums of two float64, high + low. Functions return the high part and
// leave the low one in `low`.

const SMALLEST_NORMAL = 2 ** -1022;
/** 2^27 + 1: a product with it splits 53 bits into 26 and 26. */
const SPLITTER = 2 ** 27 + 1;

/** 1/7, 1/9, ... 1/27. */
const logarithmSeries = Float64Array.from({ length: 11 }, (_, i) => 1 / (7 + 2 * i));
/** 1/3!, 1/4!, ... 1/15!: divisors that float64 holds exactly. */
const exponentialSeries = new Float64Array(13);
for (let i = 0, factorial = 6; i < 13; i++, factorial *= i + 3) exponentialSeries[i] = 1 / factorial;

/** The low part of what was returned last. */
let low = 0;

const float64 = new Float64Array([1]);
const words = new Int32Array(float64.buffer);
/** Which of the two words holds the exponent: the machine's byte order. */
const HIGH = words[0] === 0 ? 1 : 0;

/** IEEE 754's pow, correct to 0.51 ulp (0.52 where the result is subnormal). */
export function pow(x: number, y: number): number {
  if (y === 0 || x === 1) return 1;
  if (Number.isNaN(x) || Number.isNaN(y)) return NaN;
  if (x < 0) return signOfPower(y) * pow(-x, y);
  if (x === 0 || x === Infinity || Math.abs(y) === Infinity) return x > 1 === y > 0 ? Infinity : 0;
  return timesPower(1, x, 0, 0, y, 0);
}

/**
 * (xh + xl)^(yh + yl) for 0 < xh < Infinity, rounded: sums as double-doubles may be raised to large powers without loss.
 */
export function powOfPair(xh: number, xl: number, yh: number, yl: number): number {
  return timesPower(1, xh, xl, 0, yh, yl);
}

/** f ((xh + xl) 2^e)^(yh + yl), rounded, for finite f, xh > 0: neither the power nor its base need be within range. */
export function timesPower(f: number, xh: number, xl: number, e: number, yh: number, yl: number): number {
  const logarithm = log2(xh, xl, e);
  const logarithmLow = low;
  if (!(Math.abs(logarithm * yh) < 5000)) return logarithm * yh > 0 ? Infinity : 0;
  const exponent = times(logarithm, logarithmLow, yh, yl);
  const power = exp2Fraction(exponent, low);
  const powerLow = low;
  const n = nearest(exponent) + exponentOf(f);
  const m = float64[0];
  const product = m * power;
  const result = pair(product, lostInProduct(m, power, product) + m * powerLow);
  return n > 1100 ? Infinity : n < -1100 ? 0 : scaleToPower(result, low, n);
}

/** x^y as a double-double into out[0], out[1]; for x >= 0 and results far from overflow and underflow. */
export function powInto(out: Float64Array, x: number, y: number): void {
  out[1] = 0;
  if (!(x > 0 && x < Infinity)) {
    out[0] = pow(x, y);
    return;
  }
  const logarithm = log2(x, 0, 0);
  const exponent = times(logarithm, low, y, 0);
  const n = nearest(exponent);
  const m = exp2Fraction(exponent, low);
  out[0] = m * powerOfTwo(n);
  out[1] = low * powerOfTwo(n);
}

/** a + b, where |a| >= |b| or a is 0: Dekker's FastTwoSum. */
function pair(a: number, b: number): number {
  const sum = a + b;
  low = b - (sum - a);
  return sum;
}

/** What a * b rounds away, where product is a * b rounded: Dekker's TwoProduct, after Veltkamp's split. */
export function lostInProduct(a: number, b: number, product: number): number {
  const wideA = a * SPLITTER;
  const wideB = b * SPLITTER;
  const highA = wideA - (wideA - a);
  const highB = wideB - (wideB - b);
  const lowA = a - highA;
  const lowB = b - highB;
  return highA * highB - product + highA * lowB + lowA * highB + lowA * lowB;
}

function times(ah: number, al: number, bh: number, bl: number): number {
  const product = ah * bh;
  return pair(product, lostInProduct(ah, bh, product) + (ah * bl + al * bh));
}

/** The k of x = m 2^k for finite x > 0, where m is about 1, and left in float64. */
export function exponentOf(x: number): number {
  const tiny = x < SMALLEST_NORMAL;
  float64[0] = tiny ? x * 2 ** 54 : x;
  const k = (words[HIGH] - 0x3fe6a09e) >> 20;
  words[HIGH] -= k << 20;
  return tiny ? k - 54 : k;
}

/** The logarithm of (h + l) 2^e; l is 0 for subnormal h. */
function log2(h: number, l: number, e: number): number {
  const k = exponentOf(h);
  const logarithm = log2NearOne(float64[0], l === 0 ? 0 : l * powerOfTwo(-k));
  const whole = k + e;
  if (whole === 0) return logarithm;
  const rest = low;
  const sum = pair(whole, logarithm);
  return pair(sum, low + rest);
}

function log2NearOne(m: number, ml: number): number {
  const f = m - 1;
  const a = m + 1;
  const s = f / a;
  const product = s * a;
  const rest = f - product - lostInProduct(s, a, product) - s * (m - (a - 1) + ml) + ml;
  const q = pair(s, rest / a);
  const ql = low;
  const z = times(q, ql, q, ql);
  const zl = low;
  const fifth = pair(0.2, z * polynomial(logarithmSeries, z));
  const third = times(z, zl, fifth, low - 2 ** -53 / 10);
  const thirdLow = low;
  const sum = pair(1 / 3, third);
  const rise = times(z, zl, sum, low + thirdLow + 2 ** -54 / 3);
  const riseLow = low;
  const one = pair(1, rise);
  const slope = times(2 * Math.LOG2E, 4.0710547481862066e-17, one, low + riseLow);
  return times(q, ql, slope, low);
}

function exp2Fraction(th: number, tl: number): number {
  const f = pair(th - nearest(th), tl);
  const r = times(f, low, Math.LN2, 2.3190468138462996e-17);
  const rl = low;
  const square = r * r;
  const squareLow = lostInProduct(r, r, square) * 0.5 + r * rl;
  const rest = rl + squareLow + square * r * polynomial(exponentialSeries, r);
  const first = pair(1, r);
  const firstLow = low;
  const second = pair(first, square * 0.5);
  return pair(second, firstLow + low + rest);
}

/** c[0] + x c[1] + x^2 c[2] + ... */
function polynomial(c: Float64Array, x: number): number {
  let sum = 0;
  for (let i = c.length - 1; i >= 0; i--) sum = c[i] + x * sum;
  return sum;
}

function scaleToPower(mh: number, ml: number, k: number): number {
  if (k > 1023) return mh * powerOfTwo(1023) * powerOfTwo(k - 1023);
  const normal = k < -1022 ? 0 : mh * powerOfTwo(k);
  if (normal >= SMALLEST_NORMAL) return normal;
  const scale = powerOfTwo(k + 1022);
  const scaled = mh * scale;
  const sum = 1 + scaled;
  return (sum + (1 - sum + scaled + ml * scale) - 1) * SMALLEST_NORMAL;
}

/** 2^n for -1022 <= n <= 1023. */
export function powerOfTwo(n: number): number {
  words[1 - HIGH] = 0;
  words[HIGH] = (1023 + n) << 20;
  return float64[0];
}

/** v 2^n, where that is in range, or below. */
export function scaled(v: number, n: number): number {
  if (n === 0) return v;
  const half = Math.max(n, -2000) >> 1;
  return v * powerOfTwo(half) * powerOfTwo(Math.max(n, -2000) - half);
}

/** Added to a smaller number, leaves no bits for a fraction. */
const TO_WHOLE = 1.5 * 2 ** 52;

/** To the nearest whole number, ties to even, for |t| < 2^51. */
function nearest(t: number): number {
  return t + TO_WHOLE - TO_WHOLE;
}

/** (-1)^y: NaN but for whole numbers. */
function signOfPower(y: number): number {
  if (y !== Math.floor(y)) return NaN;
  const half = y * 0.5;
  return half === Math.floor(half) ? 1 : -1;
}
