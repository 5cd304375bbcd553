// What must hold of gradients whatever the data is.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEngineSync } from "../../src/index.js";
import { layers, type Layer } from "./layers.js";
import { goodArguments, normals, type Given } from "./tensors.js";

const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const runs = { numRuns: 30 };

describe.each(["wasm", "js"] as const)("on %s", (backend) => {
  const engine = createEngineSync({ backend });

  it.each(layers.map((layer) => [layer.title, layer] as const))("%s is linear in gradOutput", (_, layer) => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: -8, max: 8 }), (seed, factor) => {
        const { x, options } = goodArguments(layer, "float64");
        const [a, b] = [normals(layer.shape, seed, "float64"), normals(layer.shape, seed + 1, "float64")];
        const sum = { ...a, data: Float64Array.from(a.data, (value, index) => value + factor * b.data[index]) };
        const of = (dy: Given) => layer.backward(engine, dy, x, options);
        const [ofA, ofB, ofSum] = [of(a), of(b), of(sum)];
        for (const name of layer.gradients) {
          const [first, second, both] = [ofA, ofB, ofSum].map((gradients) => gradients[name]!.data as Float64Array);
          for (const [index, value] of both.entries()) {
            expect(Math.abs(value - first[index] - factor * second[index])).toBeLessThan(1e-11);
          }
        }
      }),
      runs,
    );
  });

  it.each(layers.filter(hasOwnStatistics).map((layer) => [layer.title, layer] as const))(
    "%s: gradInput is orthogonal to what statistics take out",
    (_, layer) => {
      fc.assert(
        fc.property(seeds, (seed) => {
          const [x, dy] = [normals(layer.shape, seed, "float64"), normals(layer.shape, seed + 1, "float64")];
          // So wide that eps does not count.
          for (const [index, value] of x.data.entries()) x.data[index] = value * 2 ** 20;
          const statistics = layer.statisticsOf(engine, x);
          const { data } = layer.backward(engine, dy, x, statistics).gradInput!;
          const dx = data as Float64Array;
          // Summed over all groups: each is.
          const along = dx.reduce((sum, value, index) => sum + value * x.data[index], 0);
          const sum = dx.reduce((sum, value) => sum + value, 0);
          if (layer.statistics.includes("mean")) expect(Math.abs(sum)).toBeLessThan(1e-11);
          expect(Math.abs(along)).toBeLessThan(1e-6);
        }),
        runs,
      );
    },
  );

  it("a mean that is off by more than its rounding is used as it is", () => {
    const layer = layers[0];
    const { dy, options } = goodArguments(layer);
    const x = normals(layer.shape, 1);
    const { mean, rstd } = layer.statisticsOf(engine, x) as Record<
      "mean" | "rstd",
      { data: Float32Array; shape: number[] }
    >;
    const shifted = { data: mean.data.map((value) => value + 0.25), shape: mean.shape };
    const { gradWeight } = layer.backward(engine, dy, x, { ...options, mean: shifted, rstd });
    const expected = new Float64Array(18);
    for (const [index, value] of x.data.entries()) {
      const row = Math.floor(index / 18);
      expected[index % 18] += dy.data[index] * (value - shifted.data[row]) * rstd.data[row];
    }
    for (const [index, value] of (gradWeight!.data as Float32Array).entries())
      expect(value).toBeCloseTo(expected[index], 5);
  });

  it("groups of one value have a gradient of 0, and so have constant ones", () => {
    const dy = normals([3, 1], 1);
    const x = normals([3, 1], 2);
    const { mean, rstd } = engine.nativeLayerNorm(x, 1);
    expect(
      [...(engine.layerNormBackward(dy, x, 1, { mean, rstd }).gradInput.data as Float32Array)].map(Math.abs),
    ).toEqual([0, 0, 0]);
    const constant = { data: new Float32Array(5).fill(7), shape: [1, 5] };
    const statistics = engine.nativeLayerNorm(constant, 5);
    const { gradWeight } = engine.layerNormBackward(normals([1, 5], 3), constant, 5, {
      mean: statistics.mean,
      rstd: statistics.rstd,
    });
    expect([...(gradWeight.data as Float32Array)].map(Math.abs)).toEqual([0, 0, 0, 0, 0]);
  });
});

function hasOwnStatistics({ statistics, frozen }: Layer): boolean {
  return statistics.length > 0 && !frozen;
}
