import { powerOfTwo } from "../powers_of_two.js";
import type { Random } from "../random.js";
import type { Values } from "../reference/scaled_values.js";

/** One group of n >= 2 finite values of a dtype. */
export type DataFamily = (n: number, random: Random) => Values;

/** The same before it is rounded to a dtype: what fills a group, element by element. */
export type Recipe = (random: Random, n: number) => (index: number) => number;

export type Recipes = Readonly<Record<string, Recipe>>;

/** N(0, 1) with as many random digits as float64 has. */
export function fullNormal(random: Random): number {
  return random.normal() + (random.uniform() - 0.5) * 2 ** -32;
}

export function normal(sigma: number, mean = 0): Recipe {
  return (random) => () => sigma * fullNormal(random) + mean;
}

/** From -limit to limit. */
export function spread(limit: number): Recipe {
  return (random) => () => (2 * fullUniform(random) - 1) * limit;
}

export function each(value: (random: Random, index: number, n: number) => number): Recipe {
  return (random, n) => (index) => value(random, index, n);
}

export function constant(scale: number): Recipe {
  return (random) => {
    const value = scale * fullNormal(random);
    return () => value;
  };
}

export function withOutlier(recipe: Recipe, outlier: number, position: (n: number, random: Random) => number): Recipe {
  return (random, n) => {
    const at = position(n, random);
    const value = recipe(random, n);
    return (index) => (index === at ? outlier : value(index));
  };
}

/** Symmetric, Pareto-like, up to 65,535 sigma. */
export function heavyTailed(random: Random): number {
  const magnitude = 1 / Math.sqrt(1 - random.uniform()) - 1;
  return random.uint32() >>> 31 ? magnitude : -magnitude;
}

export function spikesAtEighths(height: number): Recipe {
  return (random, n) => {
    const spikes = new Set([0, 1, 2, 3, 4, 5, 6, 7].map((eighth) => Math.floor((eighth * n) / 8)));
    return (index) => (spikes.has(index) ? height : fullNormal(random));
  };
}

/** Powers of two from 2^least to 2^most, equally likely. */
export function powersOfTwo(least: number, most: number): Recipe {
  return each((random) => powerOfTwo(least + (random.uint32() % (most - least + 1))));
}

export function somewhere(n: number, random: Random): number {
  return Math.floor(random.uniform() * n);
}

/** 53 random bits in [0, 1). */
export function fullUniform(random: Random): number {
  return random.uniform() + random.uniform() * 2 ** -32;
}

/** Recipes as families of numbers that a dtype holds; `round` gives the nearest one. */
export function rounded(recipes: Recipes, round: (value: number) => number): Record<string, DataFamily> {
  return Object.fromEntries(
    Object.entries(recipes).map(([name, recipe]) => {
      return [
        name,
        (n: number, random: Random) => {
          const value = recipe(random, n);
          return Float64Array.from({ length: n }, (_, index) => round(value(index)));
        },
      ];
    }),
  );
}

/** What every dtype has room for. */
export const commonRecipes: Recipes = {
  "N(0,1)": normal(1),
  uniform: each((random) => fullUniform(random)),
  "1e-3 N(0,1)": normal(1e-3),
  "ReLU output": each((random) => Math.max(0, fullNormal(random))),
  "0/1 mask": each((random) => random.uint32() >>> 31),
  "two levels": each((random) => (random.uniform() < 0.25 ? 0.7 : -1.3)),
  constant: constant(10),
  "+-2 alternating": each((_, index) => (index & 1 ? -2 : 2)),
  "ones, a few zeros": each((random) => (random.uniform() < 0.01 ? 0 : 1)),
};
