import * as recipe from "./recipe.js";
import type { Recipe, Recipes } from "./recipe.js";

const { normal, each, withOutlier, constant } = recipe;

function within(limit: number, value: Recipe): Recipe {
  return (random, n) => {
    const unlimited = value(random, n);
    return (index) => Math.min(limit, Math.max(-limit, unlimited(index)));
  };
}

/** 11 bits, up to 65,504: means of a thousand leave steps of 1, and squares do not fit. */
export const float16Recipes: Recipes = {
  ...recipe.commonRecipes,
  "N(0,1) + 30": normal(1, 30),
  "N(0,1) + 1e3, a few steps wide": normal(1, 1e3),
  "heavy tails": within(65504, each(recipe.heavyTailed)),
  ramp: each((_, index, n) => (1000 * index) / n),
  "outlier of 6e4 first": withOutlier(normal(1), 6e4, () => 0),
  "outlier of 6e4 in the middle": withOutlier(normal(1), 6e4, (n) => n >> 1),
  "outlier of 6e4 last": withOutlier(normal(1), 6e4, (n) => n - 1),
  "constant + outlier": withOutlier(constant(10), 6e4, recipe.somewhere),
  "[2000..2003]": each((_, index) => 2000 + (index & 3)),
  "near 65504": recipe.spread(65504),
  "+-65504 alternating": each((_, index) => (index & 1 ? -65504 : 65504)),
  "65504 and the number before": each((random) => (random.uint32() >>> 31 ? 65504 : 65472)),
  "65504, constant": each(() => 65504),
  "magnitude 1e-4": normal(1e-4),
  subnormal: normal(1e-6),
  "powers of two from 2^-24 to 2^15": recipe.powersOfTwo(-24, 15),
  "subnormal, mostly zero": each((random) => (random.uniform() < 0.05 ? 2 ** -24 : 0)),
};

const largestBfloat16 = 255 * 2 ** 120;

/** 8 bits and float32's range. */
export const bfloat16Recipes: Recipes = {
  ...recipe.commonRecipes,
  "N(0,1) + 30": normal(1, 30),
  "N(0,1) + 100, a few steps wide": normal(1, 100),
  "heavy tails": each(recipe.heavyTailed),
  ramp: each((_, index) => index * 0.1),
  "outlier of 1e6 first": withOutlier(normal(1), 1e6, () => 0),
  "outlier of 1e6 in the middle": withOutlier(normal(1), 1e6, (n) => n >> 1),
  "outlier of 1e6 last": withOutlier(normal(1), 1e6, (n) => n - 1),
  "constant + outlier": withOutlier(constant(10), 1e6, recipe.somewhere),
  "[200..203]": each((_, index) => 200 + (index & 3)),
  "magnitude 1e18": normal(1e18),
  "magnitude 1e30": normal(1e30),
  "near the largest": recipe.spread(largestBfloat16),
  "the largest, alternating": each((_, index) => (index & 1 ? -largestBfloat16 : largestBfloat16)),
  "the largest, constant": each(() => largestBfloat16),
  "magnitude 1e-20": normal(1e-20),
  subnormal: normal(1e-39),
  "powers of two from 2^-126 to 2^127": recipe.powersOfTwo(-126, 127),
  "subnormal, mostly zero": each((random) => (random.uniform() < 0.05 ? 2 ** -133 : 0)),
};
