// The same pseudo-random data in every run, so that runs differ by the machine alone.

import { decodeBfloats, decodeHalves, encodeBfloats, encodeHalves } from "../dist/math/half.js";

/** Values repeat after this many, a prime, so that no two rows are alike: making more would take longer than measuring. */
const PERIOD = 1_000_003;
const LARGEST_FLOAT16 = 65_504;

/** `length` normally distributed float32 values. */
export function normalValues(length, { mean = 0, std = 1, seed = 1 } = {}) {
  const values = new Float32Array(length);
  const uniform = uniformGenerator(seed);
  const drawn = Math.min(length, PERIOD);
  for (let i = 0; i < drawn; i++) values[i] = mean + std * normal(uniform);
  for (let filled = drawn; filled < length; filled += PERIOD) values.copyWithin(filled, 0, PERIOD);
  return values;
}

/** The elements of a tensor of a dtype with these values; what float16 cannot hold becomes its largest. */
export function elementsOf(dtype, values) {
  if (dtype === "float32") return values;
  if (dtype === "float64") return Float64Array.from(values);
  const bits = new Uint16Array(values.length);
  if (dtype === "bfloat16") encodeBfloats(bits, values);
  else encodeHalves(bits, values.map(withinFloat16));
  return bits;
}

/** The values of a tensor's elements, as far as float32 has them. */
export function valuesOf({ dtype, data }) {
  if (dtype === "float32") return data;
  const values = new Float32Array(data.length);
  if (dtype === "float64") values.set(data);
  else if (dtype === "bfloat16") decodeBfloats(values, data);
  else decodeHalves(values, data);
  return values;
}

function withinFloat16(value) {
  return Math.max(-LARGEST_FLOAT16, Math.min(LARGEST_FLOAT16, value));
}

/** Box and Muller 1958. */
function normal(uniform) {
  return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** mulberry32: numbers from 0 up to, not including, 1. */
function uniformGenerator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}
