import * as recipe from "./recipe.js";
import type { Recipes } from "./recipe.js";

const { normal, each, withOutlier, constant } = recipe;
const largest = Number.MAX_VALUE;

/** The families of float32 scaled to float64's digits and range, and means further from 0 than float32 could hold. */
export const float64Recipes: Recipes = {
  ...recipe.commonRecipes,
  "N(0,1) + 1e3": normal(1, 1e3),
  "N(0,1) + 1e6": normal(1, 1e6),
  "N(0,1) + 1e12": normal(1, 1e12),
  "heavy tails": each(recipe.heavyTailed),
  ramp: each((_, index) => index * 0.1),
  "outlier of 1e15 first": withOutlier(normal(1), 1e15, () => 0),
  "outlier of 1e15 in the middle": withOutlier(normal(1), 1e15, (n) => n >> 1),
  "outlier of 1e15 last": withOutlier(normal(1), 1e15, (n) => n - 1),
  "constant + outlier": withOutlier(constant(10), 1e15, recipe.somewhere),
  "[4e12..4e12 + 3]": each((_, index) => 4e12 + (index & 3)),
  "magnitude 1e150": normal(1e150),
  "magnitude 1e300": normal(1e300),
  "near DBL_MAX": recipe.spread(largest),
  "magnitude 1e-170": normal(1e-170),
  "magnitude 1e-300": normal(1e-300),
  subnormal: normal(1e-310),
  "1e15 at every eighth of the group": recipe.spikesAtEighths(1e15),
  "+-DBL_MAX alternating": each((_, index) => (index & 1 ? -largest : largest)),
  "DBL_MAX, nearly constant": each((random) => largest * (1 - 1e-14 * random.uniform())),
  "DBL_MAX, constant": each(() => largest),
  "1e-6 N(0,1) + 1e-3, under eps": normal(1e-6, 1e-3),
  "+-2 alternating, with noise, + 1e9": each(
    (random, index) => 1e9 + (index & 1 ? -2 : 2) + 0.01 * recipe.fullNormal(random),
  ),
  "step from -1e12 to 1e12": each((random, index, n) => (2 * index < n ? -1e12 : 1e12) + recipe.fullNormal(random)),
  "drift of 1e12": each((random, index, n) => (1e12 * index) / n + recipe.fullNormal(random)),
  "0.1 N(0,1) + 1e15, a few steps wide": normal(0.1, 1e15),
  "powers of two from 2^-1022 to 2^1023": recipe.powersOfTwo(-1022, 1023),
  "subnormal, mostly zero": each((random) => (random.uniform() < 0.05 ? 2 ** -1074 : 0)),
};
