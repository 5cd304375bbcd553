import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEngineSync } from "../../src/index.js";
import { parameters } from "../determinism/data.js";

const LENGTHS = [2, 3, 4, 5, 7, 16, 17, 31, 64, 100, 127, 128, 129, 130, 257, 1000, 4096, 4097, 8193, 65_537];
const VALUES = [0, 1, 0.1, -3.3, 1e-3, 1e6 / 3, -1e18, 1.7e30, 3.4028234663852886e38, 1e-20, 1e-39, 1.4e-45];

for (const backend of ["wasm", "js"] as const) {
  describe(`on ${backend}`, () => {
    const engine = createEngineSync({ backend });

    it.each(LENGTHS)("a constant group of %i gives exactly bias", (n) => {
      for (const value of VALUES) expectBias(3, n, value);
    });

    it("one element gives exactly bias", () => {
      for (const value of VALUES) for (const rows of [1, 2, 16, 17]) expectBias(rows, 1, value);
    });

    it("any constant does, under any eps above zero", () => {
      const value = fc.float({ noNaN: true, noDefaultInfinity: true });
      const property = fc.property(
        value,
        fc.integer({ min: 1, max: 400 }),
        fc.constantFrom(1e-12, 1e-5, 1, 1e30),
        (value, n, eps) => {
          expectBias(2, n, value, eps);
        },
      );
      fc.assert(property, { numRuns: 300 });
    });

    it("several constant channels in one group are no constant group", () => {
      const x = { data: Float32Array.of(1, 1, 3, 3), shape: [1, 2, 2] };
      expect([...engine.groupNorm(x, 1, { eps: 0 }).data]).toEqual([-1, -1, 1, 1]);
    });

    it("two values a, b give -1 and 1 without eps", () => {
      const x = { data: Float32Array.of(3, 5, 1e30, -1e30, 1e-42, 3e-42), shape: [3, 2] };
      const expected = [-1, 1, 1, -1, -1, 1];
      for (const [index, y] of engine.layerNorm(x, 2, { eps: 0 }).data.entries())
        expect(y).toBeCloseTo(expected[index], 6);
    });

    function expectBias(rows: number, n: number, value: number, eps = 1e-5): void {
      const data = new Float32Array(rows * n).fill(value);
      const options = { weight: parameters(n, 1), bias: parameters(n, 2), eps };
      const layer = engine.nativeLayerNorm({ data, shape: [rows, n] }, n, options);
      expectRepeated(layer.output.data, options.bias, 1, `layer norm of ${n} times ${value}`);
      expectMeans(layer.mean.data, value);
      const channelOptions = { weight: parameters(rows, 1), bias: parameters(rows, 2), eps };
      const group = engine.nativeGroupNorm({ data, shape: [1, rows, n] }, rows, channelOptions);
      expectRepeated(group.output.data, channelOptions.bias, n, `group norm of ${n} times ${value}`);
      expectMeans(group.mean.data, value);
    }
  });
}

/** `y` is `bias` again and again, each element `times` times. */
function expectRepeated(y: Float32Array, bias: Float32Array, times: number, label: string): void {
  for (let index = 0; index < y.length; index++) {
    const expected = bias[Math.floor(index / times) % bias.length];
    if (y[index] !== expected) expect.fail(`${label}: element ${index} is ${y[index]}, not ${expected}`);
  }
}

function expectMeans(means: Float32Array, value: number): void {
  for (const mean of means) expect(mean).toBe(Math.fround(value) + 0);
}
