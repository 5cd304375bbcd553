// Tensors of no elements, data that lies in the engine's memory, and arrays of float16.

import { describe, expect, it } from "vitest";
import * as onnx from "../../src/adapters/onnx/index.js";
import * as webnn from "../../src/adapters/webnn/index.js";
import { createEngineSync, type TensorLike } from "../../src/index.js";
import { sizeOf } from "../../src/shape.js";
import { bitsOf, tensorOf } from "./support.js";

function zeros(...shape: number[]): TensorLike {
  return { data: new Float32Array(sizeOf(shape)), shape };
}

const four = zeros(4);
const image = zeros(0, 4, 2, 2);

describe.each(["wasm", "js"] as const)("%s backend", (backend) => {
  const engine = createEngineSync({ backend });
  const options = { engine };

  it.each([
    ["LayerNormalization", onnx.LayerNormalization([zeros(2, 0), zeros(2, 1)], {}, options), [2, 0]],
    ["RMSNormalization", onnx.RMSNormalization([zeros(0, 4), four], {}, options), [0, 4]],
    ["GroupNormalization", onnx.GroupNormalization([image, four, four], { num_groups: 2 }, options), image.shape],
    ["InstanceNormalization", onnx.InstanceNormalization([image, four, four], {}, options), image.shape],
    ["BatchNormalization", onnx.BatchNormalization([image, four, four, four, four], {}, options), image.shape],
    ["MeanVarianceNormalization", onnx.MeanVarianceNormalization([image], {}, options), image.shape],
    ["LpNormalization", onnx.LpNormalization([image], {}, options), image.shape],
    ["LRN", onnx.LRN([image], { size: 2 }, options), image.shape],
    ["SkipLayerNormalization", onnx.SkipLayerNormalization([zeros(0, 4), zeros(0, 4), four], {}, options), [0, 4]],
    ["layerNormalization", [webnn.layerNormalization(image, options)], image.shape],
    ["batchNormalization", [webnn.batchNormalization(image, four, four, options)], image.shape],
  ])("%s of nothing is nothing", (_, [y], shape) => {
    expect(y.shape).toEqual(shape);
    expect(y.data.length).toBe(0);
  });

  it("statistics of empty rows are 0 and NaN", () => {
    const [, mean, rstd] = onnx.LayerNormalization([zeros(2, 0), zeros(0)], {}, { engine, outputs: 3 });
    expect([Array.from(mean.data as Float32Array), Array.from(rstd.data as Float32Array)]).toEqual([
      [0, 0],
      [NaN, NaN],
    ]);
  });

  it("a view of the engine's memory is resident, and read anew after the memory has grown", () => {
    const own = createEngineSync({ backend });
    const tensor = own.tensor(tensorOf("float32", [1, 4, 20_000], 1).data, [1, 4, 20_000]);
    const gamma = tensorOf("float32", [20_000], 2);
    const copy = { data: (tensor.data as Float32Array).slice(), shape: tensor.shape };
    const capacity = own.memory.capacityBytes;
    // A view is made for each call: those before have grown the memory.
    const run = (make: () => TensorLike) => [
      ...onnx.SkipLayerNormalization([make(), make(), gamma], {}, { engine: own, outputs: 4 }),
      ...onnx.LRN([make()], { size: 2 }, { engine: own }),
    ];
    const results = run(() => ({ data: tensor.data, shape: tensor.shape }));
    expect(own.memory.capacityBytes).toBeGreaterThan(capacity);
    expect(results.every(({ resident }) => resident)).toBe(true);
    expect(bitsOf(results)).toEqual(bitsOf(run(() => copy)));
  });

  it.runIf("Float16Array" in globalThis)("results have x's class of array", () => {
    const Halves = (globalThis as unknown as Record<string, new (values: number[]) => Uint16Array>).Float16Array;
    const host = { data: new Halves([1, 2, 3, 5]), shape: [1, 4] };
    const gamma = { data: new Halves([1, 1, 1, 1]), shape: [4] };
    for (const x of [host, engine.tensor(host.data, host.shape)]) {
      const results = [
        ...onnx.SkipSimplifiedLayerNormalization([x, x, gamma], {}, options),
        ...onnx.LayerNormalization([x, { data: new Halves([2]), shape: [1, 1] }], {}, options),
        ...onnx.RMSNormalization([x, gamma], {}, options),
        ...onnx.LRN([x], { size: 2 }, options),
        webnn.layerNormalization(x, options),
      ];
      for (const { data } of results) expect(data).toBeInstanceOf(Halves);
    }
  });
});
