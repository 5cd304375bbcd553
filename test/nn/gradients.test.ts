import { describe, expect, it } from "vitest";
import { createEngineSync } from "../../src/index.js";
import type { Norm } from "../../src/nn/index.js";
import { cases, disturb, doubles, type ModuleCase, singles } from "./support.js";

/** The sum of g * module(x), of which g is the gradient of the output. */
function loss(module: Norm, x: { data: Float64Array; shape: readonly number[] }, g: Float64Array): number {
  return module.forward(x).data.reduce((sum: number, value: number, i: number) => sum + value * g[i], 0);
}

/** What changing each element of `data` changes in `value()`, by central differences. */
function differences(data: Float64Array, value: () => number): Float64Array {
  const step = 1e-5;
  return data.map((old, i) => {
    data[i] = old + step;
    const above = value();
    data[i] = old - step;
    const below = value();
    data[i] = old;
    return (above - below) / (2 * step);
  });
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++)
    expect(Math.abs(actual[i] - expected[i]), `element ${i}`).toBeLessThan(1e-7);
}

function backwardOf({ make, shape }: ModuleCase, backend: "wasm" | "js", training: boolean) {
  const module = make({ dtype: "float64", engine: createEngineSync({ backend }) });
  disturb(module);
  const x = doubles(shape);
  const g = doubles(shape, 2);
  module.forward(doubles(shape, 3));
  module.train(training).forward(x, { keep: true });
  return { module, x, g, gradInput: module.backward(g) };
}

const modes = (["wasm", "js"] as const).flatMap((backend) => [true, false].map((training) => ({ backend, training })));

describe.each(modes)("backward gives what central differences do, on $backend, training: $training", (mode) => {
  it.each(cases)("$name", (given) => {
    const { module, x, g, gradInput } = backwardOf(given, mode.backend, mode.training);
    expect(gradInput.shape).toEqual(x.shape);
    expectClose(
      gradInput.data as Float64Array,
      differences(x.data, () => loss(module, x, g.data)),
    );
    for (const parameter of module.parameters()) {
      expect(parameter.grad!.shape).toEqual(parameter.shape);
      const data = parameter.data as Float64Array;
      expectClose(
        parameter.grad!.data,
        differences(data, () => loss(module, x, g.data)),
      );
    }
  });
});

describe("gradients of parameters", () => {
  it.each(cases)("add up in $name, and are forgotten", ({ make, shape }) => {
    const module = make();
    const [x, g] = [singles(shape), singles(shape, 2)];
    module.forward(x);
    module.backward(g);
    const once = module.parameters().map(({ grad }) => grad!.data.slice());
    module.forward(x);
    module.backward(g);
    for (const [index, { grad }] of module.parameters().entries())
      expect(Array.from(grad!.data)).toEqual(Array.from(once[index], (value) => 2 * value));
    module.zeroGrad();
    expect(module.parameters().map(({ grad }) => grad)).toEqual(module.parameters().map(() => null));
  });

  it.each(cases)(
    "are the same bits for a resident x in $name, whose statistics a scope has freed",
    ({ make, shape }) => {
      const engine = createEngineSync();
      const [host, resident] = [make({ engine }), make({ engine })];
      const [x, g] = [singles(shape), singles(shape, 2)];
      const output = host.forward(x);
      const gradInput = host.backward(g);
      const own = engine.tensor(x.data, shape);
      const before = engine.memory.usedBytes;
      const forward = engine.scope(() => resident.forward(own));
      expect(Array.from(forward.data)).toEqual(Array.from(output.data));
      const backward = resident.backward(engine.tensor(g.data, shape));
      expect([forward.resident, backward.resident]).toEqual([true, true]);
      expect(Array.from(backward.data)).toEqual(Array.from(gradInput.data));
      for (const [index, { grad }] of resident.parameters().entries())
        expect(Array.from(grad!.data)).toEqual(Array.from(host.parameters()[index].grad!.data));
      const bytes = own.data.byteLength;
      expect(engine.memory.usedBytes - before).toBe(3 * Math.ceil(bytes / 64) * 64); // output, g and gradInput
    },
  );
});

describe("backward", () => {
  it.each(cases)("goes once with each forward that keeps what it needs: $name", ({ make, shape }) => {
    const module = make();
    const [x, g] = [singles(shape), singles(shape, 2)];
    const message = /must follow a forward in training mode, or with keep: true, and go once with each, got none/;
    expect(() => module.backward(g)).toThrow(message);
    module.forward(x);
    module.backward(g);
    expect(() => module.backward(g)).toThrow(message);
    module.forward(x);
    module.forward(x, { keep: false });
    expect(() => module.backward(g)).toThrow(message);
    module.forward(x);
    module.eval().forward(x);
    expect(() => module.backward(g)).toThrow(message);
    module.forward(x, { keep: true });
    module.backward(g);
    expect(() => module.backward(g)).toThrow(message);
    expect(() => module.forward(x, { keep: 1 as never })).toThrow(/keep/);
    expect(() => module.forward(x, { kept: true } as never)).toThrow(/kept/);
  });

  it.each(cases)("keeps nothing resident, whatever forward is asked for: $name", ({ make, shape }) => {
    const engine = createEngineSync();
    const module = make({ engine });
    const x = engine.tensor(singles(shape).data, shape);
    const before = engine.memory.usedBytes;
    for (const training of [true, false])
      for (const keep of [true, false]) module.train(training).forward(x, { keep }).dispose();
    expect(engine.memory.usedBytes).toBe(before);
  });

  it.each(cases)("refuses a gradient that is not like x, adds nothing, and can be called again: $name", (given) => {
    const { make, shape } = given;
    const module = make();
    module.forward(singles(shape));
    for (const wrong of [singles([...shape, 2]), doubles(shape), null, {}])
      expect(() => module.backward(wrong as never)).toThrow(new RegExp(`^${given.name.split(/[ ,]/)[0]}\\.backward: `));
    expect(module.parameters().every(({ grad }) => grad === null)).toBe(true);
    module.backward(singles(shape));
    expect(module.parameters().every(({ grad }) => grad !== null)).toBe(true);
  });

  it.each(cases)("of 16 bits, with parameters of float32: $name", ({ make, shape }) => {
    const module = make();
    const bits = (seed: number) => {
      const words = new Uint32Array(singles(shape, seed).data.buffer);
      return { data: Uint16Array.from(words, (word) => word >>> 16), shape, dtype: "bfloat16" as const };
    };
    expect(module.forward(bits(1)).dtype).toBe("bfloat16");
    expect(module.backward(bits(2)).dtype).toBe("bfloat16");
    for (const { grad } of module.parameters()) expect(grad!.dtype).toBe("float32");
  });
});
