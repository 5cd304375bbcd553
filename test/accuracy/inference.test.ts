import { afterAll, describe, it } from "vitest";
import type { NormInput, RunningInput } from "../support/api.js";
import { computingDtype, dtypes, fromData, toData, type DTypeName } from "../support/dtypes.js";
import { err } from "../support/error.js";
import { familiesOf } from "../support/family/of_dtype.js";
import type { Measurement } from "../support/measure.js";
import { createRandom } from "../support/random.js";
import type { ChannelShape, Layout } from "../support/reference/grouping.js";
import { inferenceReference } from "../support/reference/layers.js";
import { engines } from "./engines.js";
import { isLargest } from "./largest_families.js";
import { Measurements } from "./measurements.js";
import { channelShape, optionOf } from "./placements.js";

const layouts: readonly Layout[] = ["channels-first", "channels-last"];
const [batch, channels] = [2, 5];
const spatialSizes = [1, 3, 16, 67, 1025];
const eps = 1e-5;
const measurements = new Measurements();

for (const dtype of dtypes)
  describe(`batch and instance norm of ${dtype} with given statistics err by at most 8 u`, () => {
    for (const family of Object.keys(familiesOf(dtype)))
      it(family, () => {
        for (const spatial of spatialSizes)
          for (const layout of layouts)
            measurements.expectAccurate(measure(dtype, family, { batch, channels, spatial, layout }));
      });
  });

afterAll(() => measurements.report("Given statistics"));

function measure(dtype: DTypeName, family: string, shape: ChannelShape & { layout: Layout }): Measurement[] {
  const { spatial, layout } = shape;
  const n = batch * channels * spatial;
  const values = familiesOf(dtype)[family](n, createRandom(n));
  const x = { data: toData(dtype, values), shape: channelShape(layout, batch, channels, spatial), dtype };
  const { options, running, statistics } = makeParameters(dtype, family, values);
  const { weight, bias } = options;
  const plain = inferenceReference(values, shape, statistics, { eps });
  const exactly = (data?: Float32Array | Float64Array) => data && fromData(computingDtype(dtype), data);
  const affine = inferenceReference(values, shape, statistics, { eps, weight: exactly(weight), bias: exactly(bias) });
  return Object.entries(engines).flatMap(([backend, engine]) => {
    const given = { eps, ...running, ...optionOf(layout) };
    const errors = {
      [`plain: batchNorm, ${layout}`]: err(engine.batchNorm(x, given).data, plain, dtype),
      [`affine: batchNorm, ${layout}`]: err(engine.batchNorm(x, { ...given, ...options }).data, affine, dtype),
      [`affine: instanceNorm, ${layout}`]: err(
        engine.instanceNorm(x, { ...given, ...options, useInputStats: false }).data,
        affine,
        dtype,
      ),
    };
    return Object.entries(errors).map(([what, error]) => ({ label: `${backend} ${what}`, family, n, eps, err: error }));
  });
}

/**
 * Statistics that the data could have had: the mean one of its values, the variance anything. A mean from which data of
 * the other sign are further than the largest number is nobody's promise: it is 0. Nor does normalised data leave the range.
 */
function makeParameters(dtype: DTypeName, family: string, values: Float32Array | Float64Array) {
  const random = createRandom(values.length);
  const make = (value: (channel: number) => number) => {
    return computingDtype(dtype) === "float64"
      ? Float64Array.from({ length: channels }, (_, channel) => value(channel))
      : Float32Array.from({ length: channels }, (_, channel) => value(channel));
  };
  const large = isLargest(family);
  const runningMean = make((channel) => (large ? 0 : values[channel]));
  const runningVar = make((channel) => 10 ** (large ? channel + 1 : channel - 2) * (0.5 + random.uniform()));
  const [weight, bias] = [make(random.normal), make(random.normal)];
  const running: RunningInput = { runningMean, runningVar };
  const options: NormInput & { weight: typeof weight; bias: typeof bias } = { weight, bias };
  return { options, running, statistics: { mean: runningMean, variance: runningVar } };
}
