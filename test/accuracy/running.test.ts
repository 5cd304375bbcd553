import { describe, expect, it } from "vitest";
import type { ForwardEngine, RunningInput, TensorInput } from "../support/api.js";
import { computingDtype, dtypes, toData, type Data, type DTypeName } from "../support/dtypes.js";
import { familiesOf } from "../support/family/of_dtype.js";
import { createRandom } from "../support/random.js";
import type { Layout } from "../support/reference/grouping.js";
import { batchNormReference, instanceNormReference } from "../support/reference/layers.js";
import { runningErr, runningStatistics } from "../support/reference/running.js";
import { bound, engines } from "./engines.js";
import { channelShape, optionOf } from "./placements.js";

const layouts: readonly Layout[] = ["channels-first", "channels-last"];
const [batch, channels] = [3, 5];
const momenta = [0.1, 1, 0.37];
const eps = 1e-5;

const layers = {
  batchNorm: {
    reference: batchNormReference,
    run: (engine: ForwardEngine, x: TensorInput, options: RunningInput) =>
      engine.batchNorm(x, { ...options, training: true }),
  },
  instanceNorm: {
    reference: instanceNormReference,
    run: (engine: ForwardEngine, x: TensorInput, options: RunningInput) => engine.instanceNorm(x, options),
  },
};

for (const dtype of dtypes)
  describe(`running statistics of ${dtype} err by at most 8 u`, () => {
    for (const family of Object.keys(familiesOf(dtype)).filter(hasVariances))
      it(family, () => {
        for (const layout of layouts) for (const spatial of [2, 17, 300]) expectRunning(dtype, family, layout, spatial);
      });
  });

/** Variances of these overflow, which is what float64 and float32 make of them too. */
function hasVariances(family: string): boolean {
  return !/MAX|largest|1e30|1e300|2\^1023|2\^127/.test(family);
}

function expectRunning(dtype: DTypeName, family: string, layout: Layout, spatial: number): void {
  const n = batch * channels * spatial;
  const random = createRandom(n);
  const values = familiesOf(dtype)[family](n, random);
  const x = { data: toData(dtype, values), shape: channelShape(layout, batch, channels, spatial), dtype };
  const computing = computingDtype(dtype);
  const mean = toData(computing, Float64Array.from({ length: channels }, random.normal));
  const variance = toData(computing, Float64Array.from({ length: channels }, random.uniform));
  for (const [name, { reference, run }] of Object.entries(layers)) {
    const plain = reference(values, { batch, channels, spatial, layout }, { eps });
    for (const momentum of momenta) {
      const expected = runningStatistics(plain, { mean, variance }, momentum);
      for (const [backend, engine] of Object.entries(engines)) {
        const [runningMean, runningVar]: Data[] = [mean.slice(), variance.slice()];
        run(engine, x, { runningMean, runningVar, momentum, ...optionOf(layout) });
        const label = `${name} on ${backend}, ${layout}, ${spatial} locations, momentum ${momentum}`;
        expect(runningErr(runningMean, expected.mean, computing), label).toBeLessThanOrEqual(bound);
        expect(runningErr(runningVar, expected.variance, computing), label).toBeLessThanOrEqual(bound);
      }
    }
  }
}
