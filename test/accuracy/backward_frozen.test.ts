import { afterAll, describe, it } from "vitest";
import { computingDtype, dtypes, fromData, toData, type DTypeName } from "../support/dtypes.js";
import { add, doubleDouble, twoSum, wideMultiply } from "../support/double_double.js";
import { worstScaledError } from "../support/error.js";
import { familiesOf } from "../support/family/of_dtype.js";
import type { Measurement } from "../support/measure.js";
import { createRandom } from "../support/random.js";
import { gradientReferences } from "../support/reference/backward.js";
import { groupBatch, groupChannels, type Grouping, type Layout } from "../support/reference/grouping.js";
import { backwardBound, engines } from "./engines.js";
import { Measurements } from "./measurements.js";
import { channelShape, optionOf } from "./placements.js";

const layouts: readonly Layout[] = ["channels-first", "channels-last"];
const [batch, channels] = [3, 5];
const spans = [1, 3, 16, 67, 257];
const measurements = new Measurements(backwardBound);

for (const dtype of dtypes)
  describe(`gradients of ${dtype} through constant statistics err by at most ${backwardBound} u`, () => {
    for (const family of Object.keys(familiesOf(dtype)))
      it(family, () => {
        for (const spatial of spans)
          for (const layout of layouts) measurements.expectAccurate(measure(dtype, family, spatial, layout));
      });
  });

afterAll(() => measurements.report("Gradients through constant statistics"));

function measure(dtype: DTypeName, family: string, spatial: number, layout: Layout): Measurement[] {
  const shape = channelShape(layout, batch, channels, spatial);
  const n = batch * channels * spatial;
  const random = createRandom(n);
  const values = familiesOf(dtype)[family](n, random);
  const normals = (count: number) => Float64Array.from({ length: count }, random.normal);
  const tensor = (numbers: ArrayLike<number>) => ({ data: toData(dtype, numbers), shape, dtype });
  const [x, dy, weight] = [tensor(values), tensor(normals(n)), toData(dtype, normals(channels))];
  // Products with normalised data must not leave the range.
  const least = Math.max(1, Math.max(...Float64Array.from(values, Math.abs)) * 2 ** -300);
  const given = { batch, channels, spatial, layout };
  const statistics = (count: number) => {
    const mean = toData(
      computingDtype(dtype),
      Float64Array.from({ length: count }, (_, i) => values[i % n] / 2),
    );
    const rstd = toData(
      computingDtype(dtype),
      mean.map((number) => 1 / Math.max(least, Math.abs(number))),
    );
    return { mean: mean as Float32Array, rstd: rstd as Float32Array };
  };
  const ofBatch = statistics(channels);
  const ofSamples = statistics(batch * channels);
  const reference = (grouping: Grouping, { mean, rstd }: typeof ofBatch) => {
    const forward = normalized(values, grouping, mean, rstd);
    return gradientReferences(forward, grouping, fromData(dtype, dy.data), fromData(dtype, weight), "frozen");
  };
  const references = {
    batchNorm: reference(groupBatch(given), ofBatch),
    instanceNorm: reference(groupChannels(given, channels), ofSamples),
  };
  return Object.entries(engines).flatMap(([backend, engine]) => {
    const like = optionOf(layout);
    const samples = { mean: { data: ofSamples.mean, shape: [batch, channels] }, rstd: ofSamples.rstd };
    const gradients = {
      batchNorm: engine.batchNormBackward(dy, x, { ...ofBatch, weight, training: false, ...like }),
      instanceNorm: engine.instanceNormBackward(dy, x, { ...samples, weight, ...like, useInputStats: false }),
    };
    return (["batchNorm", "instanceNorm"] as const).flatMap((op) =>
      (["gradInput", "gradWeight", "gradBias"] as const).map((name) => {
        const gradient = gradients[op][name]!;
        const err = worstScaledError(gradient.data, references[op][name], gradient.dtype, dtype);
        return { label: `${backend} ${name}: ${op}, ${layout}`, family, n, eps: 0, err };
      }),
    );
  });
}

/** (x - mean) * rstd of given statistics, which are exact numbers. */
function normalized(
  x: ArrayLike<number>,
  { groups, size, members }: Grouping,
  mean: ArrayLike<number>,
  rstd: ArrayLike<number>,
) {
  const [high, low] = [new Float64Array(x.length), new Float64Array(x.length)];
  for (let group = 0; group < groups; group++)
    for (let place = 0; place < size; place++) {
      const index = members ? members[group * size + place] : group * size + place;
      // Halved, because a difference may be more than the largest number.
      const half = add(twoSum(x[index] / 2, -mean[group] / 2), doubleDouble(0));
      const value = wideMultiply(half, doubleDouble(2 * rstd[group]));
      [high[index], low[index]] = [value.high, value.low];
    }
  return { normalized: high, rstd: Float64Array.from(rstd), low: { normalized: low } };
}
