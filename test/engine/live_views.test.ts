import { describe, expect, it } from "vitest";
import { createEngineSync, type Engine, type Tensor } from "../../src/index.js";
import { type BackendName, backends, bitsOf, engineOf, host } from "../api/support.js";
import { foreignMemory } from "./foreign.js";

type Grow = (engine: Engine, memory: WebAssembly.Memory) => void;

const growths: Record<string, Grow> = {
  "the engine": (engine) => {
    engine.empty([engine.memory.capacityBytes / 4]).dispose();
  },
  "its owner": (_, memory) => {
    memory.grow(3);
  },
  "its owner, by nothing": (_, memory) => {
    memory.grow(0);
  },
};

function suite(backend: BackendName): void {
  it("are of the data, before and after growth by the engine", () => {
    const engine = engineOf(backend);
    const tensor = engine.tensor([1, 2, 3], [3]);
    const view = engine.view(tensor.data.byteOffset + 4, [2]);
    const kept = tensor.data;
    expect(tensor.data).toBe(kept);
    growths["the engine"](engine, undefined as never);
    expect(kept).toHaveLength(0);
    expect([[...tensor.data], [...view.data]]).toEqual([
      [1, 2, 3],
      [2, 3],
    ]);
    tensor.data[1] = 20;
    expect(view.data[0]).toBe(20);
  });

  it.each(Object.keys(growths).slice(1))("are of the data when the memory is grown by %s", (name) => {
    const { memory, allocate, free } = foreignMemory();
    const engine = createEngineSync({ backend, memory, allocate, free });
    const tensor = engine.tensor(host([2, 4]).data, [2, 4]);
    const values = tensor.data.slice();
    const before = bitsOf(engine.layerNorm(tensor, 4));
    growths[name](engine, memory);
    expect(tensor.data).toEqual(values);
    expect(bitsOf(engine.layerNorm(tensor, 4))).toEqual(before);
    expect(bitsOf(engine.layerNorm(host([2, 4]), 4))).toEqual(before);
    expect(engine.memory.capacityBytes).toBe(memory.buffer.byteLength);
  });

  it("are of the data when the foreign allocator grows the memory in the middle of a call", () => {
    const { memory, allocate, free } = foreignMemory();
    const growing = (bytes: number) => {
      memory.grow(1);
      return allocate(bytes);
    };
    const engine = createEngineSync({ backend, memory, allocate: growing, free });
    const shape = [2, 4];
    const x = engine.tensor(host(shape).data, shape);
    const options = { weight: host([4], 2).data, bias: engine.tensor(host([4], 3).data, [4]) };
    const hostOptions = { weight: options.weight, bias: options.bias.data.slice() };
    const wanted = bitsOf(engine.nativeLayerNorm(host(shape), 4, hostOptions));
    expect(bitsOf(engine.nativeLayerNorm(x, 4, options))).toEqual(wanted);
    const out = engine.empty(shape);
    expect(bitsOf(engine.nativeLayerNorm(x, 4, { ...options, out }))).toEqual(wanted);
  });

  // The caller's arrays are views of the engine's memory; making the result detaches them.
  it("need not outlive the growth that a call itself needs", () => {
    const shape = [64, 256];
    const expected = bitsOf(engineOf(backend).nativeLayerNorm(host(shape), 256, { weight: host([256], 2).data }));
    const full = (): [Engine, Tensor<Float32Array>, Tensor<Float32Array>] => {
      const engine = engineOf(backend);
      const [x, weight] = [engine.tensor(host(shape).data, shape), engine.tensor(host([256], 2).data, [256])];
      return [engine, x, weight];
    };
    const [one, x1, weight1] = full();
    fill(one);
    expect(bitsOf(one.nativeLayerNorm({ data: x1.data, shape }, 256, { weight: weight1.data }))).toEqual(expected);

    const [two, x2, weight2] = full();
    const out = two.empty(shape);
    fill(two);
    const view = { data: out.data, shape };
    const result = two.nativeLayerNorm(x2, 256, { weight: weight2, out: view });
    expect(bitsOf(result)).toEqual(expected);
    expect(bitsOf(out)).toEqual(expected.slice(0, 1));
    expect(result.output.data.byteOffset).toBe(out.data.byteOffset);

    const [three, x3, weight3] = full();
    fill(three);
    const scaled = three.affineVectorized(
      { data: x3.data, shape },
      x3.data.slice(0, 64),
      x3.data.slice(0, 64),
      weight3.data,
      {
        data: weight3.data,
        shape: [256],
      },
    );
    expect(scaled.data.some(Number.isNaN)).toBe(false);
  });
}

/** Takes what is left of the memory, so that the next tensor makes it grow. */
function fill(engine: Engine): void {
  const { capacityBytes } = engine.memory;
  for (;;) {
    const tensor = engine.empty([16]);
    if (engine.memory.capacityBytes === capacityBytes) continue;
    const rest = Math.floor((engine.memory.capacityBytes - tensor.data.byteOffset) / 4) - 32;
    if (rest > 0) engine.empty([rest]);
    return;
  }
}

describe.each(backends)("views of resident tensors, %s", suite);
