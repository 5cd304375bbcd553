const float64 = new Float64Array(1);
const words = new Uint32Array(float64.buffer);
const highWord = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;

/** 2^exponent, made of bits, because engines are free to approximate Math.pow. Exponents from -1022 to 1023. */
export function powerOfTwo(exponent: number): number {
  words[1 - highWord] = 0;
  words[highWord] = (exponent + 1023) << 20;
  return float64[0];
}

/** floor(log2(|value|)) of a finite number; 0 for 0. */
export function exponentOf(value: number): number {
  if (value === 0) return 0;
  float64[0] = value;
  const biased = (words[highWord] >>> 20) & 0x7ff;
  return biased > 0 ? biased - 1023 : exponentOf(value * 2 ** 64) - 64;
}

/** value * 2^exponent for any exponent, rounded at most once: among subnormals, or to an infinity. */
export function timesPowerOfTwo(value: number, exponent: number): number {
  if (exponent === 0) return value;
  const step = exponent < 0 ? -1000 : 1000;
  // The odd part first: each step that follows then comes from a number without lost digits, or to zero.
  let scaled = value * powerOfTwo(exponent % 1000);
  for (let left = Math.trunc(exponent / 1000); left !== 0 && scaled !== 0; left -= Math.sign(left))
    scaled *= powerOfTwo(step);
  return scaled;
}
