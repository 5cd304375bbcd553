import { families, hostileFamilies } from "./families.js";
import type { Random } from "./random.js";

/** One group of n >= 2 finite float64 values. */
export type Family64 = (n: number, random: Random) => Float64Array;

const largestFloat64 = Number.MAX_VALUE;

/** The families of float32 data that are about float32's range; float64 has others of its own. */
const ABOUT_RANGE = /magnitude|FLT_MAX|subnormal|powers of two/;

/** The families of float64 data: those of float32, with all of float64's digits, and those at the ends of its range. */
export const families64: Readonly<Record<string, Family64>> = {
  ...Object.fromEntries(
    Object.entries({ ...families, ...hostileFamilies })
      .filter(([name]) => !ABOUT_RANGE.test(name))
      .map(([name, family]) => [name, withMoreDigits(family)]),
  ),
  "magnitude 1e150": fill((random) => 1e150 * random.normal()),
  "magnitude 1e300": fill((random) => 1e300 * random.normal()),
  "near DBL_MAX": fill((random) => (2 * random.uniform() - 1) * largestFloat64),
  "DBL_MAX, constant": fill(() => largestFloat64),
  "magnitude 1e-170": fill((random) => 1e-170 * random.normal()),
  "magnitude 1e-300": fill((random) => 1e-300 * random.normal()),
  "subnormal float64": fill((random) => 1e-310 * random.normal()),
  "subnormal float64, mostly zero": fill((random) => (random.uniform() < 0.2 ? 5e-324 : 0)),
  "1e300 among N(0,1)": fill((random, index, n) => (index === n >> 1 ? 1e300 : random.normal())),
  "1e-300 among zeros": fill((_, index, n) => (index === n >> 1 ? 1e-300 : 0)),
  "1e300 and 1e-300 in turn": fill((random, index) => (index & 1 ? 1e300 : 1e-300) * random.normal()),
};

/** Each element gets up to half a float32 ulp more, but small whole numbers, which families mean exactly. */
function withMoreDigits(family: (n: number, random: Random) => Float32Array): Family64 {
  return (n, random) =>
    Float64Array.from(family(n, random), (x) =>
      Number.isInteger(x) ? x : x * (1 + (random.uniform() - 0.5) * 2 ** -24),
    );
}

function fill(value: (random: Random, index: number, n: number) => number): Family64 {
  return (n, random) => Float64Array.from({ length: n }, (_, index) => value(random, index, n));
}
