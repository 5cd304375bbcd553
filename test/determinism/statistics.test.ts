import { describe, expect, it } from "vitest";
import { TILE } from "../../src/engine/staging.js";
import { forEachBackend } from "./backends.js";
import { bitsOf, difference, type Numbers } from "./bits.js";
import { mixedRows, parameters } from "./data.js";
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
  });
});

function expectSame(actual: Numbers, expected: Numbers): void {
  expect(difference({ output: bitsOf(actual) }, { output: bitsOf(expected) })).toBeUndefined();
}
