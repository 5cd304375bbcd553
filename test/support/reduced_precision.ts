/** float16 or bfloat16, by what IEEE 754 says of such a format, and nothing that converts with shifts. */
export interface ReducedFormat {
  readonly name: string;
  readonly precisionBits: number;
  readonly exponentBits: number;
}

export const float16: ReducedFormat = { name: "float16", precisionBits: 10, exponentBits: 5 };
export const bfloat16: ReducedFormat = { name: "bfloat16", precisionBits: 7, exponentBits: 8 };

/** All bit patterns. */
export const patterns = Uint16Array.from({ length: 0x1_0000 }, (_, bits) => bits);

const SIGN = 0x8000;

/** The number that 16 bits stand for. */
export function valueOf(format: ReducedFormat, bits: number): number {
  const sign = bits & SIGN ? -1 : 1;
  const magnitude = bits & ~SIGN;
  if (magnitude === infinityOf(format)) return sign * Infinity;
  if (magnitude > infinityOf(format)) return NaN;
  return sign * finiteValue(format, magnitude);
}

/** The bits of the number nearest to a float32, of the even one of two; undefined for NaN, which has many. */
export function nearest(format: ReducedFormat, value: number): number | undefined {
  if (Number.isNaN(value)) return undefined;
  const sign = Object.is(Math.sign(value), -0) || value < 0 ? SIGN : 0;
  return sign | nearestMagnitude(format, Math.abs(value));
}

/** The float32 in the middle between a pattern's number and the next one of larger magnitude. */
export function middleAbove(format: ReducedFormat, bits: number): number {
  const sign = bits & SIGN ? -1 : 1;
  const magnitude = bits & ~SIGN;
  return (sign * (finiteValue(format, magnitude) + finiteValue(format, magnitude + 1))) / 2;
}

export function infinityOf({ precisionBits, exponentBits }: ReducedFormat): number {
  return (2 ** exponentBits - 1) * 2 ** precisionBits;
}

/** As if the exponent had no end: infinity's bits stand for the number that would come next. */
function finiteValue({ precisionBits, exponentBits }: ReducedFormat, magnitude: number): number {
  const scale = 2 ** precisionBits;
  const exponent = Math.floor(magnitude / scale);
  const fraction = (magnitude % scale) / scale;
  const bias = 2 ** (exponentBits - 1) - 1;
  return exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias);
}

function nearestMagnitude(format: ReducedFormat, value: number): number {
  const infinity = infinityOf(format);
  if (value >= finiteValue(format, infinity)) return infinity;
  // The largest pattern whose number is not above the value.
  let below = 0;
  let above = infinity;
  while (above - below > 1) {
    const middle = (below + above) >> 1;
    if (finiteValue(format, middle) <= value) below = middle;
    else above = middle;
  }
  // Both are exact: float64 has bits to spare.
  const up = finiteValue(format, above) - value;
  const down = value - finiteValue(format, below);
  if (up === down) return below % 2 === 0 ? below : above;
  return up < down ? above : below;
}
