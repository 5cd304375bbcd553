import { afterAll, describe, it } from "vitest";
import { dtypes, toData, type DTypeName } from "../support/dtypes.js";
import { err } from "../support/error.js";
import { familiesOf } from "../support/family/of_dtype.js";
import { createRandom } from "../support/random.js";
import type { Layout } from "../support/reference/grouping.js";
import { localResponseNormReference, type LocalResponse } from "../support/reference/local_response.js";
import { engines } from "./engines.js";
import { Measurements } from "./measurements.js";
import { channelShape, optionOf } from "./placements.js";

const layouts: readonly Layout[] = ["channels-first", "channels-last"];
const shapes = [
  { batch: 2, channels: 7, spatial: 9 },
  { batch: 1, channels: 33, spatial: 5 },
  { batch: 2, channels: 3, spatial: 131 },
  { batch: 1, channels: 1, spatial: 4 },
];

/** AlexNet's, windows of even size and larger than the channels, and exponents that need a logarithm. */
const options: readonly LocalResponse[] = [
  { size: 5, alpha: 1e-4, beta: 0.75, k: 1 },
  { size: 5, alpha: 1e-4, beta: 0.75, k: 2 },
  { size: 4, alpha: 1, beta: 0.5, k: 0.1 },
  { size: 1, alpha: 2, beta: 1, k: 1 },
  { size: 50, alpha: 0.3, beta: 0.6, k: 1e-3 },
  { size: 3, alpha: 1e-2, beta: 1.3, k: 1 },
];
const measurements = new Measurements();

for (const dtype of dtypes)
  describe(`localResponseNorm of ${dtype} errs by at most 8 u`, () => {
    for (const family of Object.keys(familiesOf(dtype)))
      it(family, () => {
        for (const layout of layouts) for (const option of options) expectAccurate(dtype, family, layout, option);
      });
  });

afterAll(() => measurements.report("localResponseNorm"));

function expectAccurate(dtype: DTypeName, family: string, layout: Layout, option: LocalResponse): void {
  const { size, ...rest } = option;
  for (const { batch, channels, spatial } of shapes) {
    const n = batch * channels * spatial;
    const values = familiesOf(dtype)[family](n, createRandom(n));
    const x = { data: toData(dtype, values), shape: channelShape(layout, batch, channels, spatial), dtype };
    const reference = localResponseNormReference(values, { batch, channels, spatial, layout }, option);
    measurements.expectAccurate(
      Object.entries(engines).map(([backend, engine]) => {
        const error = err(engine.localResponseNorm(x, size, { ...rest, ...optionOf(layout) }).data, reference, dtype);
        return { label: `${backend} ${dtype}: ${layout}, beta ${rest.beta}`, family, n, eps: rest.k, err: error };
      }),
    );
  }
}
