import { afterAll, describe, it } from "vitest";
import { dtypes, toData, type DTypeName } from "../support/dtypes.js";
import { worstScaledError } from "../support/error.js";
import { familiesOf } from "../support/family/of_dtype.js";
import { createRandom } from "../support/random.js";
import { localResponseGradient, normalizeGradient } from "../support/reference/elementwise_backward.js";
import { groupByAxes, type Layout } from "../support/reference/grouping.js";
import { fromData } from "../support/dtypes.js";
import type { Measurement } from "../support/measure.js";
import { backwardBound, engines } from "./engines.js";
import { Measurements } from "./measurements.js";
import { channelShape, optionOf } from "./placements.js";

const exponents = [1, 2, 0.5, 1.5, 3, 7, Infinity];
const lines = [2, 3, 17, 129];
const responses = [
  { size: 5, alpha: 1e-4, beta: 0.75, k: 1 },
  { size: 4, alpha: 0.5, beta: 0.5, k: 2 },
  { size: 2, alpha: 1, beta: 2.5, k: 0.5 },
];
const layouts: readonly Layout[] = ["channels-first", "channels-last"];
const measurements = new Measurements(backwardBound);

for (const dtype of dtypes)
  describe(`gradients of ${dtype} without statistics err by at most ${backwardBound} u`, () => {
    for (const family of Object.keys(familiesOf(dtype))) {
      it(`normalize, ${family}`, () => {
        for (const n of lines)
          for (const p of exponents) measurements.expectAccurate(measureNormalize(dtype, family, n, p));
      });

      it(`localResponseNorm, ${family}`, () => {
        for (const layout of layouts)
          for (const options of responses) measurements.expectAccurate(measureResponse(dtype, family, layout, options));
      });
    }
  });

afterAll(() => measurements.report("Gradients without statistics"));

function measureNormalize(dtype: DTypeName, family: string, n: number, p: number): Measurement[] {
  const shape = [2, n, 2];
  const { x, dy, values, slopes } = tensors(dtype, family, shape);
  const reference = normalizeGradient(values, slopes, groupByAxes(shape, [1]), { p, eps: 1e-12 });
  return Object.entries(engines).map(([backend, engine]) => {
    const { gradInput } = engine.normalizeBackward(dy, x, { p });
    const err = worstScaledError(gradInput.data, reference, dtype);
    return { label: `${backend} p = ${p}: normalize`, family, n, eps: 1e-12, err };
  });
}

function measureResponse(
  dtype: DTypeName,
  family: string,
  layout: Layout,
  options: (typeof responses)[number],
): Measurement[] {
  const [batch, channels, spatial] = [2, 9, 3];
  const { x, dy, values, slopes } = tensors(dtype, family, channelShape(layout, batch, channels, spatial));
  const reference = localResponseGradient(values, slopes, { batch, channels, spatial, layout }, options);
  const { size, ...coefficients } = options;
  return Object.entries(engines).map(([backend, engine]) => {
    const { gradInput } = engine.localResponseNormBackward(dy, x, size, { ...coefficients, ...optionOf(layout) });
    const err = worstScaledError(gradInput.data, reference, dtype);
    return { label: `${backend} beta = ${options.beta}: localResponseNorm`, family, n: channels, eps: 0, err };
  });
}

function tensors(dtype: DTypeName, family: string, shape: readonly number[]) {
  const count = shape.reduce((product, extent) => product * extent, 1);
  const random = createRandom(count);
  const x = { data: toData(dtype, familiesOf(dtype)[family](count, random)), shape, dtype };
  const dy = { data: toData(dtype, Float64Array.from({ length: count }, random.normal)), shape, dtype };
  return { x, dy, values: fromData(dtype, x.data), slopes: fromData(dtype, dy.data) };
}
