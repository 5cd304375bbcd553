import type { Random } from "./random.js";

/** One group of n >= 2 finite float32 values. */
export type Family = (n: number, random: Random) => Float32Array;

const largestFloat32 = 3.4028234663852886e38;
const outlier = 1e6;

/** The kinds of data on which the accuracy of forward passes is promised, by name. */
export const families: Readonly<Record<string, Family>> = {
  "N(0,1)": normal(1, 0),
  uniform: fill((random) => random.uniform()),
  "N(0,1) + 1e3": normal(1, 1e3),
  "N(0,1) + 1e6": normal(1, 1e6),
  "1e-3 N(0,1)": normal(1e-3, 0),
  "heavy tails": fill(heavyTailed),
  "ReLU output": fill((random) => Math.max(0, random.normal())),
  "0/1 mask": fill((random) => random.uint32() >>> 31),
  "two levels": fill((random) => (random.uniform() < 0.25 ? 0.7 : -1.3)),
  ramp: fill((_, index) => index * 0.1),
  "outlier first": withOutlier(normal(1, 0), () => 0),
  "outlier in the middle": withOutlier(normal(1, 0), (n) => n >> 1),
  "outlier last": withOutlier(normal(1, 0), (n) => n - 1),
  constant,
  "constant + outlier": withOutlier(constant, (n, random) => Math.floor(random.uniform() * n)),
  "[40000..40003]": fill((_, index) => 40000 + (index & 3)),
  "+-2 alternating": fill((_, index) => (index & 1 ? -2 : 2)),
  "magnitude 1e18": normal(1e18, 0),
  "magnitude 1e30": normal(1e30, 0),
  "near FLT_MAX": fill((random) => (2 * random.uniform() - 1) * largestFloat32),
  "magnitude 1e-20": normal(1e-20, 0),
  subnormal: normal(1e-39, 0),
};

/** Made to defeat an estimate of the mean taken from a few samples, or sums that cancel late; the promise holds here too. */
export const hostileFamilies: Readonly<Record<string, Family>> = {
  "1e6 at every eighth of the group": spikesAtEighths(1e6),
  "+-FLT_MAX alternating": fill((_, index) => (index & 1 ? -largestFloat32 : largestFloat32)),
  "FLT_MAX, nearly constant": fill((random) => largestFloat32 * (1 - 1e-6 * random.uniform())),
  "FLT_MAX, constant": fill(() => largestFloat32),
  "1e-6 N(0,1) + 1e-3, under eps": normal(1e-6, 1e-3),
  "+-2 alternating, with noise, + 1e3": fill((random, index) => 1e3 + (index & 1 ? -2 : 2) + 0.01 * random.normal()),
  "step from -1e4 to 1e4": fill((random, index, n) => (2 * index < n ? -1e4 : 1e4) + random.normal()),
  "drift of 1e4": fill((random, index, n) => (1e4 * index) / n + random.normal()),
  "ones, a few zeros": fill((random) => (random.uniform() < 0.01 ? 0 : 1)),
  "0.1 N(0,1) + 1e6, a few steps wide": normal(0.1, 1e6),
  "powers of two from 2^-126 to 2^127": fill((random) => powerOfTwo((random.uint32() % 254) - 126)),
  "subnormal, mostly zero": fill((random) => (random.uniform() < 0.05 ? powerOfTwo(-149) : 0)),
};

function fill(value: (random: Random, index: number, n: number) => number): Family {
  return (n, random) => {
    const group = new Float32Array(n);
    for (let index = 0; index < n; index++) group[index] = value(random, index, n);
    return group;
  };
}

function normal(sigma: number, mean: number): Family {
  return fill((random) => sigma * random.normal() + mean);
}

function constant(n: number, random: Random): Float32Array {
  return new Float32Array(n).fill(10 * random.normal());
}

function withOutlier(family: Family, position: (n: number, random: Random) => number): Family {
  return (n, random) => {
    const group = family(n, random);
    group[position(n, random)] = outlier;
    return group;
  };
}

/** A symmetric Pareto-like distribution whose variance is infinite; the least uniform, 2^-32, bounds it by 65,535. */
function heavyTailed(random: Random): number {
  const magnitude = 1 / Math.sqrt(1 - random.uniform()) - 1;
  return random.uint32() >>> 31 ? magnitude : -magnitude;
}

function spikesAtEighths(height: number): Family {
  return (n, random) => {
    const group = normal(1, 0)(n, random);
    for (let eighth = 0; eighth < 8; eighth++) group[Math.floor((eighth * n) / 8)] = height;
    return group;
  };
}

/** Repeated doubling or halving: exact, and Math.pow is not trusted. */
function powerOfTwo(exponent: number): number {
  let power = 1;
  for (let step = Math.abs(exponent); step > 0; step--) power *= exponent < 0 ? 0.5 : 2;
  return power;
}
