/** Numbers drawn from N(0, 1) by Box and Muller's method: a function that gives the next, the same for the same seed. */
export function normalNumbers(seed) {
  const uniform = uniformNumbers(seed);
  // 1 - u, because u can be 0, whose logarithm is infinite.
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** Numbers in [0, 1): Tommy Ettinger's mulberry32. */
export function uniformNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
