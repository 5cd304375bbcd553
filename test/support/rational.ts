/** Exact arithmetic on float64 numbers, to check the oracle with. The denominator is positive. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** The exact value of a finite number: its significand times a power of two. */
export function rational(value: number): Rational {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const pattern = view.getBigUint64(0);
  const sign = pattern >> 63n ? -1n : 1n;
  const biased = (pattern >> 52n) & 0x7ffn;
  const fraction = pattern & 0xf_ffff_ffff_ffffn;
  const significand = sign * (biased === 0n ? fraction : fraction | (1n << 52n));
  const exponent = (biased === 0n ? 1n : biased) - 1075n;
  return exponent < 0n
    ? { numerator: significand, denominator: 1n << -exponent }
    : { numerator: significand << exponent, denominator: 1n };
}

export function add(a: Rational, b: Rational): Rational {
  return {
    numerator: a.numerator * b.denominator + b.numerator * a.denominator,
    denominator: a.denominator * b.denominator,
  };
}

export function subtract(a: Rational, b: Rational): Rational {
  return add(a, { numerator: -b.numerator, denominator: b.denominator });
}

export function multiply(a: Rational, b: Rational): Rational {
  return { numerator: a.numerator * b.numerator, denominator: a.denominator * b.denominator };
}

export function divide(a: Rational, b: Rational): Rational {
  const inverse = { numerator: b.denominator, denominator: b.numerator };
  return multiply(a, b.numerator < 0n ? { numerator: -inverse.numerator, denominator: -inverse.denominator } : inverse);
}

/** The mean of values that share few denominators: all are brought to the largest, which a power of two always divides. */
export function mean(values: readonly Rational[]): Rational {
  let denominator = 1n;
  for (const value of values) if (value.denominator > denominator) denominator = value.denominator;
  let numerator = 0n;
  for (const value of values) numerator += value.numerator * (denominator / value.denominator);
  return { numerator, denominator: denominator * BigInt(values.length) };
}

/** |a| <= |b| * tolerance. */
export function isSmall(a: Rational, b: Rational, tolerance: number): boolean {
  const bound = multiply(b, rational(tolerance));
  return absolute(a.numerator) * bound.denominator <= absolute(bound.numerator) * a.denominator;
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
}
