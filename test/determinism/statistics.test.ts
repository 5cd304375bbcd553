import { describe, expect, it } from "vitest";
import { TILE } from "../../src/engine/staging.js";
import { dtypes } from "../support/dtypes.js";
import { forEachBackend } from "./backends.js";
import { bitsOf, difference, type Numbers } from "./bits.js";
import { parameterOperand } from "./calls.js";
import { mixedRows, parameters } from "./data.js";
import { channelNorms, LAYOUTS, rowNorms } from "./family.js";
import { host, resident } from "./placements.js";

describe("results have the same bits whether statistics are asked for or not", () => {
  forEachBackend((createEngine) => {
    const engine = createEngine();

    it.each([2, 40, 128, 129, 1000, TILE + 1])("rows of %i", (n) => {
      const rows = n > 10_000 ? 3 : 21;
      const { data } = mixedRows(rows, n);
      const [weight, bias] = [parameters(n, 1), parameters(n, 2)];
      const [perGroup, perGroupBias] = [parameters(rows, 1), parameters(rows, 2)];
      for (const place of [host, resident])
        for (const eps of [1e-5, 0])
          engine.scope(() => {
            const x = place(engine, { data, shape: [rows, n] }, "x");
            const options = { weight, bias, eps };
            expectSame(engine.layerNorm(x, n, options), engine.nativeLayerNorm(x, n, options).output);
            const grouped = place(engine, { data, shape: [1, rows, n] }, "x");
            const groupOptions = { weight: perGroup, bias: perGroupBias, eps };
            const native = engine.nativeGroupNorm(grouped, rows, groupOptions).output;
            expectSame(engine.groupNorm(grouped, rows, groupOptions), native);
          });
    });

    it.each(dtypes)("the family in %s", (dtype) => {
      for (const layout of LAYOUTS)
        for (const sizes of CHANNELS)
          for (const place of [host, resident])
            engine.scope(() => {
              const [call] = channelNorms({ dtype }, sizes, layout);
              const placed = Object.entries(call.inputs).map(
                ([name, each]) => [name, place(engine, each, name)] as const,
              );
              const { x, ...affine } = Object.fromEntries(placed);
              const options = { ...affine, layout };
              const { groups, channels } = sizes;
              expectSame(engine.groupNorm(x, groups, options), engine.nativeGroupNorm(x, groups, options).output);
              expectSame(engine.instanceNorm(x, options), engine.nativeInstanceNorm(x, options).output);
              const training = { ...options, training: true };
              const trained = engine.batchNorm(x, training);
              expectSame(trained, engine.nativeBatchNorm(x, training).output);
              const [runningMean, runningVar] = [3, 4].map((seed) => parameterOperand([channels], seed, dtype));
              expectSame(trained, engine.batchNorm(x, { ...training, runningMean, runningVar }));
              const n = x.shape[1] * x.shape[2];
              const { weight } = rowNorms({ dtype }, 2, n)[2].inputs;
              const rmsOptions = { weight: { ...weight, shape: x.shape.slice(1) } };
              const rms = engine.rmsNorm(x, x.shape.slice(1), rmsOptions);
              expectSame(rms, engine.nativeRmsNorm(x, x.shape.slice(1), rmsOptions).output);
            });
    });
  });
});

/** In one tile and in several. */
const CHANNELS = [
  { batch: 2, channels: 6, groups: 3, span: 7 },
  { batch: 2, channels: 33, groups: 11, span: 129 },
  { batch: 2, channels: 6, groups: 3, span: 12_000 },
];

function expectSame(actual: Numbers, expected: Numbers): void {
  expect(difference({ output: bitsOf(actual) }, { output: bitsOf(expected) })).toBeUndefined();
}
