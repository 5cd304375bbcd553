/**
 * Random numbers whose bits are the same on every JavaScript engine, because hashes of results computed from them are
 * committed: 32-bit integer operations, and float64 additions and multiplications, which IEEE 754 fixes. Nothing here may
 * use Math.log, sin, cos or pow, which engines are free to approximate.
 */
export interface Random {
  /** An integer in [0, 2^32). */
  uint32(): number;
  /** A multiple of 2^-32 in [0, 1). */
  uniform(): number;
  /** Mean 0, variance 1, within [-6, 6]: see `irwinHall`. */
  normal(): number;
}

/** Blackman and Vigna's xoshiro128**, its state filled from a 32-bit seed. */
export function createRandom(seed: number): Random {
  const uint32 = xoshiro128(seed);
  return { uint32, uniform: () => uint32() / 0x1_0000_0000, normal: () => irwinHall(uint32) };
}

function xoshiro128(seed: number): () => number {
  const next = splitmix32(seed);
  let a = next();
  let b = next();
  let c = next();
  let d = next();
  return () => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return result;
  };
}

/** Spreads neighbouring seeds over the state space; the all-zero state, on which xoshiro stalls, does not come out. */
function splitmix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e37_79b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0_aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97);
    return mixed ^ (mixed >>> 15);
  };
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/**
 * Nearly N(0, 1): the sum of twelve uniforms, minus its mean of 6; the variance of a uniform is 1/12. The sum of the twelve
 * integers is exact, and has 36 bits, so that float32 significands come out full and rounding errors do not hide.
 */
function irwinHall(uint32: () => number): number {
  let sum = 0;
  for (let term = 0; term < 12; term++) sum += uint32();
  return sum / 0x1_0000_0000 - 6;
}
