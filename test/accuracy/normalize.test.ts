import { afterAll, describe, it } from "vitest";
import { dtypes, toData, type DTypeName } from "../support/dtypes.js";
import { err } from "../support/error.js";
import { familiesOf } from "../support/family/of_dtype.js";
import { createRandom } from "../support/random.js";
import { normalizeReference } from "../support/reference/p_norm.js";
import { engines } from "./engines.js";
import { Measurements } from "./measurements.js";

/** The group size is the one at `dim`. */
const shapes: readonly { shape: readonly number[]; dim: number }[] = [
  { shape: [4, 2], dim: 1 },
  { shape: [3, 17], dim: -1 },
  { shape: [2, 129], dim: 1 },
  { shape: [2, 768], dim: 1 },
  { shape: [65, 6], dim: 0 },
  { shape: [3, 33, 5], dim: 1 },
  { shape: [2, 300, 16], dim: 1 },
];
const longShape = { shape: [1, 2 ** 18], dim: 1 };

/** Those of general exponents cost the reference a logarithm an element. */
const quickExponents = [2, 1, Infinity, 3, 4, 0.5];
const slowExponents = [1.5, 2.7, 10.25];
const slowShapes = shapes.filter(({ shape }) => shape[0] * shape[1] < 400 && shape.length === 2);
const measurements = new Measurements();

for (const dtype of dtypes)
  describe(`normalize of ${dtype} errs by at most 8 u`, () => {
    for (const family of Object.keys(familiesOf(dtype))) {
      it(family, () => {
        for (const { shape, dim } of shapes)
          for (const p of quickExponents) expectAccurate(dtype, family, shape, dim, p);
        for (const { shape, dim } of slowShapes)
          for (const p of slowExponents) expectAccurate(dtype, family, shape, dim, p);
        expectAccurate(dtype, family, [2, 129], 1, 2, 0.5);
      });
    }

    it("long groups", () => {
      for (const p of [2, 1, 3]) expectAccurate(dtype, "ones, a few zeros", longShape.shape, longShape.dim, p);
    });
  });

afterAll(() => measurements.report("normalize"));

function expectAccurate(
  dtype: DTypeName,
  family: string,
  shape: readonly number[],
  dim: number,
  p: number,
  eps = 1e-12,
): void {
  const n = shape.reduce((size, extent) => size * extent);
  const values = familiesOf(dtype)[family](n, createRandom(n));
  const x = { data: toData(dtype, values), shape, dtype };
  const reference = normalizeReference(values, shape, { p, dim, eps });
  measurements.expectAccurate(
    Object.entries(engines).map(([backend, engine]) => {
      const error = err(engine.normalize(x, { p, dim, eps }).data, reference, dtype);
      return { label: `${backend} ${dtype}: p = ${p}`, family, n, eps, err: error };
    }),
  );
}
