// Calls that make no sense: a typed error that names function and argument, and nothing written before it.

import { describe, expect, it } from "vitest";
import {
  ArgumentError,
  createEngineSync,
  DisposedError,
  DTypeError,
  ShapeError,
  type TensorLike,
} from "../../src/index.js";
import { bitsOf, expectRefusal, expectWorks } from "../api/support.js";
import { type Layer, layers, layersWithWeight, type Options } from "./layers.js";
import { goodArguments, normals } from "./tensors.js";

type ErrorClass = typeof ArgumentError | typeof ShapeError | typeof DTypeError | typeof DisposedError;

/** What replaces a good argument, and what must come of it. */
interface Spoiled {
  readonly dy?: unknown;
  readonly x?: unknown;
  readonly options?: Options;
  readonly kind: ErrorClass;
  readonly argument: string;
}

describe.each(["wasm", "js"] as const)("bad arguments on %s", (backend) => {
  const engine = createEngineSync({ backend });

  function refuses(layer: Layer, { kind, argument, ...spoiled }: Spoiled): void {
    const good = goodArguments(layer);
    const { dy, x } = { ...good, ...spoiled } as typeof good;
    const options = { ...good.options, ...spoiled.options };
    const tensors = [good.dy, good.x, ...Object.values(options).filter((value) => value instanceof Object)] as object[];
    const before = bitsOf(Object.fromEntries(tensors.map((tensor, index) => [index, tensor])));
    const { usedBytes } = engine.memory;
    expectRefusal(() => layer.backward(engine, dy, x, options), { kind, functionName: layer.name, argument });
    expect(bitsOf(Object.fromEntries(tensors.map((tensor, index) => [index, tensor])))).toEqual(before);
    expect(engine.memory.usedBytes).toBe(usedBytes);
    expectWorks(engine);
  }

  describe.each(layers.map((layer) => [layer.title, layer] as const))("%s", (_, layer) => {
    const { shape } = layer;

    it("gradients of another shape, dtype or home, or none", () => {
      refuses(layer, { dy: normals([...shape, 1], 1), kind: ShapeError, argument: "gradOutput" });
      refuses(layer, { dy: normals(shape, 1, "float64"), kind: DTypeError, argument: "gradOutput" });
      refuses(layer, { dy: undefined, kind: ArgumentError, argument: "gradOutput" });
      refuses(layer, { x: null, kind: ArgumentError, argument: "x" });
      engine.scope(() => {
        const dy = engine.tensor(normals(shape, 1).data, shape);
        refuses(layer, { dy, kind: ArgumentError, argument: "gradOutput" });
        dy.dispose();
        refuses(layer, { dy, kind: DisposedError, argument: "gradOutput" });
      });
    });

    it("statistics that are missing, or of another shape or dtype", () => {
      const statisticsShape = layer.statisticsShape;
      for (const argument of layer.statistics) {
        refuses(layer, { options: { [argument]: undefined }, kind: ArgumentError, argument });
        refuses(layer, { options: { [argument]: normals([...statisticsShape, 1], 1) }, kind: ShapeError, argument });
        refuses(layer, { options: { [argument]: normals(statisticsShape, 1, "float64") }, kind: DTypeError, argument });
        refuses(layer, { options: { [argument]: new Float32Array(1) }, kind: ShapeError, argument });
        refuses(layer, { options: { [argument]: new Uint16Array(1) }, kind: DTypeError, argument });
      }
    });

    it("options that do not exist, or are none", () => {
      refuses(layer, { options: { wieght: null }, kind: ArgumentError, argument: "options" });
      const { dy, x } = goodArguments(layer);
      const refusal = { kind: ArgumentError, functionName: layer.name, argument: "out" };
      for (const out of [7, "out", new Float32Array(3), { gradInptu: x }]) {
        const { options } = goodArguments(layer);
        expectRefusal(() => layer.backward(engine, dy, x, { ...options, out }), refusal);
      }
    });

    it("places to write that do not fit", () => {
      const into = (gradInput: unknown) => ({ out: { gradInput } });
      const argument = "out.gradInput";
      refuses(layer, { options: into(normals([1], 1)), kind: ShapeError, argument });
      refuses(layer, { options: into(normals(shape, 1, "float64")), kind: DTypeError, argument });
      refuses(layer, { options: into(7), kind: ArgumentError, argument });
      engine.scope(() => refuses(layer, { options: into(engine.empty(shape)), kind: ArgumentError, argument }));
    });

    it("places to write that overlap in part", () => {
      const { dy, x, options } = goodArguments(layer);
      const { length } = x.data;
      for (const name of ["dy", "x"] as const) {
        const block = new Float32Array(length + 1);
        const inputs = { dy, x, [name]: { data: block.subarray(0, length), shape } };
        const out = { gradInput: { data: block.subarray(1), shape } };
        expectRefusal(() => layer.backward(engine, inputs.dy, inputs.x, { ...options, out }), {
          ...{ kind: ArgumentError, functionName: layer.name, argument: "out.gradInput" },
        });
      }
    });
  });

  describe.each(layersWithWeight.map((layer) => [layer.title, layer] as const))("%s", (_, layer) => {
    const parameterShape = layer.parameterShape!;

    it("weights that do not fit", () => {
      refuses(layer, { options: { weight: normals([...parameterShape, 2], 1) }, kind: ShapeError, argument: "weight" });
      refuses(layer, {
        options: { weight: normals(parameterShape, 1, "float64") },
        kind: DTypeError,
        argument: "weight",
      });
    });

    it("masks that are none", () => {
      const masks = [
        true,
        "input",
        [true],
        [true, true, 1],
        [1, 0, 0],
        [true, true, true, true],
        {},
        null,
        { length: 3 },
      ];
      for (const outputMask of masks)
        refuses(layer, { options: { outputMask }, kind: ArgumentError, argument: "outputMask" });
    });

    it("places for parameters' gradients that do not fit, or that nobody asks for", () => {
      const argument = "out.gradWeight";
      const into = (gradWeight: unknown, more: Options = {}) => ({ out: { gradWeight }, ...more });
      refuses(layer, { options: into(normals([1, 1], 1)), kind: ShapeError, argument });
      refuses(layer, { options: into(normals(parameterShape, 1, "float64")), kind: DTypeError, argument });
      const outputMask = [true, false, false];
      refuses(layer, { options: into(normals(parameterShape, 1), { outputMask }), kind: ArgumentError, argument });
    });

    it("places for parameters' gradients that overlap anything", () => {
      const { dy, x, options } = goodArguments(layer);
      const one = {
        data: dy.data.subarray(
          0,
          parameterShape.reduce((a, b) => a * b),
        ),
        shape: parameterShape,
      };
      const weight = options.weight as TensorLike;
      const [mean = undefined] = layer.statistics
        .filter((name) => name === "mean")
        .map((name) => options[name] as TensorLike);
      const overlapping = [
        one,
        weight,
        ...(mean && mean.data.length === weight.data.length ? [{ ...mean, shape: parameterShape }] : []),
      ];
      for (const gradWeight of overlapping) {
        expectRefusal(() => layer.backward(engine, dy, x, { ...options, out: { gradWeight } }), {
          ...{ kind: ArgumentError, functionName: layer.name, argument: "out.gradWeight" },
        });
      }
      if (!layer.gradients.includes("gradBias")) return;
      const both = normals(parameterShape, 1);
      expectRefusal(() => layer.backward(engine, dy, x, { ...options, out: { gradWeight: both, gradBias: both } }), {
        ...{ kind: ArgumentError, functionName: layer.name, argument: "out.gradBias" },
      });
    });
  });

  it("RMS norm has no gradBias", () => {
    const rms = layers[1];
    refuses(rms, { options: { outputMask: [true, true, true] }, kind: ArgumentError, argument: "outputMask" });
    refuses(rms, { options: { out: { gradBias: normals([9], 1) } }, kind: ArgumentError, argument: "out" });
    const { dy, x, options } = goodArguments(rms);
    expect(Object.keys(rms.backward(engine, dy, x, { ...options, outputMask: [true, true] }))).toEqual(rms.gradients);
  });

  it("batch norm is told whose statistics it gets", () => {
    const layer = layers.find(({ name }) => name === "batchNormBackward")!;
    refuses(layer, { options: { training: undefined }, kind: ArgumentError, argument: "training" });
  });

  it("what a native function returns may be spread into the options", () => {
    const { dy, x, options } = goodArguments(layers[0]);
    const without = layers[0].backward(engine, dy, x, options);
    const withOutput = layers[0].backward(engine, dy, x, { ...options, output: x });
    expect(withOutput).toEqual(without);
  });

  it("says what is wrong", () => {
    const { dy, x, options } = goodArguments(layers[0]);
    const messages = [
      { mean: new Float32Array(4) },
      { rstd: normals([3, 1, 1], 1, "float64") },
      { outputMask: [true, 1] },
      { out: { gradWeight: normals([9], 1) } },
    ].map((more) => thrown(() => layers[0].backward(engine, dy, x, { ...options, ...more })));
    expect(messages).toEqual([
      "layerNormBackward: mean must have 3 elements, got 4",
      'layerNormBackward: rstd must have dtype "float32", as statistics of x have, got "float64"',
      "layerNormBackward: outputMask must be [input, weight, bias], true or false each, got [true, 1]",
      "layerNormBackward: out.gradWeight must have shape [2, 9], got [9]",
    ]);
  });

  it("statistics of 16-bit tensors are float32", () => {
    const { dy, x, options } = goodArguments(layers[0], "bfloat16");
    const mean = normals([3, 1, 1], 1, "bfloat16");
    const refusal = { kind: DTypeError, functionName: "layerNormBackward", argument: "mean" };
    expectRefusal(() => layers[0].backward(engine, dy, x, { ...options, mean }), refusal);
  });
});

function thrown(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return (error as Error).message;
  }
  return "nothing";
}
