// Where gradients go, and that neither that nor what is asked for changes their bits.

import { describe, expect, it } from "vitest";
import type { Tensor } from "../../src/index.js";
import { createEngineSync, type Engine, type TensorLike } from "../../src/index.js";
import { dtypes, type Data, type DTypeName } from "../support/dtypes.js";
import { type Gradients, type GradientName, type Layer, layers, layersWithWeight } from "./layers.js";
import { goodArguments, moved, normals, residentOf } from "./tensors.js";

const names = ["gradInput", "gradWeight", "gradBias"] as const;
const masks = Array.from({ length: 8 }, (_, bits) => [!(bits & 1), !(bits & 2), !(bits & 4)] as const);

/** The bits of gradients by name. */
function bitsOf(gradients: Gradients): Partial<Record<GradientName, number[] | null>> {
  const entries = Object.entries(gradients) as [GradientName, Tensor | null][];
  return Object.fromEntries(entries.map(([name, tensor]) => [name, tensor && bytesOf(tensor.data as Data)]));
}

function bytesOf({ buffer, byteOffset, byteLength }: Data): number[] {
  return [...new Uint8Array(buffer, byteOffset, byteLength)];
}

describe.each(["wasm", "js"] as const)("gradients on %s", (backend) => {
  const engine = createEngineSync({ backend });

  describe.each(layers.map((layer) => [layer.title, layer] as const))("%s", (_, layer) => {
    it.each(dtypes)("of %s: shapes, dtypes, host in and host out", (dtype) => {
      const { dy, x, options } = goodArguments(layer, dtype);
      const gradients = layer.backward(engine, dy, x, options);
      expect(Object.keys(gradients)).toEqual(layer.gradients);
      for (const name of layer.gradients) expectForm(gradients[name]!, layer, name, dtype);
    });

    it.each(dtypes)("of %s: resident tensors have the host's bits", (dtype) => {
      const { dy, x, options } = goodArguments(layer, dtype);
      const host = bitsOf(layer.backward(engine, dy, x, options));
      engine.scope(() => {
        const move = (tensor: TensorLike) => residentOf(engine, tensor);
        const gradients = layer.backward(engine, move(dy), move(x), moved(options, move));
        for (const name of layer.gradients) expect(gradients[name]!.resident, name).toBe(true);
        expect(bitsOf(gradients)).toEqual(host);
        // Parameters are where they are, whatever x is.
        expect(bitsOf(layer.backward(engine, move(dy), move(x), options))).toEqual(host);
      });
      expect(bitsOf(layer.backward(engine, dy, x, options))).toEqual(host);
    });

    it("is written over gradOutput and over x", () => {
      for (const over of ["dy", "x"] as const) {
        const { dy, x, options } = goodArguments(layer);
        const expected = bitsOf(layer.backward(engine, dy, x, options));
        const out = { gradInput: { dy, x }[over] };
        expect(bitsOf(layer.backward(engine, dy, x, { ...options, out })), over).toEqual(expected);
        expect(bytesOf(out.gradInput.data)).toEqual(expected.gradInput);
      }
    });

    it.each(["host", "resident"] as const)("writes into an out, %s, and nothing beside it", (home) => {
      for (const dtype of dtypes) {
        const { dy, x, options } = goodArguments(layer, dtype);
        const expected = bitsOf(layer.backward(engine, dy, x, options));
        engine.scope(() => {
          const move = (tensor: TensorLike) => (home === "host" ? tensor : residentOf(engine, tensor));
          const guarded = Object.fromEntries(
            layer.gradients.map((name) => [name, guard(engine, layer, name, dtype, home)]),
          );
          const out = Object.fromEntries(Object.entries(guarded).map(([name, { tensor }]) => [name, tensor]));
          const gradients = layer.backward(engine, move(dy), move(x), { ...moved(options, move), out });
          expect(bitsOf(gradients)).toEqual(expected);
          for (const { isWhole } of Object.values(guarded)) expect(isWhole()).toBe(true);
        });
      }
    });

    it("takes unaligned operands", () => {
      const { dy, x, options } = goodArguments(layer);
      const expected = bitsOf(layer.backward(engine, dy, x, options));
      for (const shift of [1, 2, 3]) {
        engine.scope(() => {
          const move = ({ data, shape }: TensorLike) => {
            const block = engine.empty([data.length + shift]);
            const view = engine.view(block.data.byteOffset + 4 * shift, shape);
            view.data.set(data as Float32Array);
            return view;
          };
          expect(bitsOf(layer.backward(engine, move(dy), move(x), moved(options, move)))).toEqual(expected);
        });
      }
    });

    it("leaves its inputs as they were", () => {
      const { dy, x, options } = goodArguments(layer);
      const inputs = [dy, x, ...(Object.values(options) as TensorLike<Data>[])];
      const before = inputs.map(({ data }) => bytesOf(data));
      layer.backward(engine, dy, x, options);
      expect(inputs.map(({ data }) => bytesOf(data))).toEqual(before);
    });

    it("of an empty batch: zeros for parameters", () => {
      const empty = { ...layer, shape: [0, ...layer.shape.slice(1)] };
      const perSample = layer.statisticsShape.length > 1;
      const statisticsShape = perSample ? [0, ...layer.statisticsShape.slice(1)] : layer.statisticsShape;
      const { dy, x, options } = goodArguments({ ...empty, statisticsShape });
      const { gradInput, ...others } = layer.backward(engine, dy, x, options);
      expect(gradInput!.shape).toEqual(empty.shape);
      for (const gradient of Object.values(others))
        expect([...(gradient!.data as Data)].every((value) => value === 0)).toBe(true);
    });
  });

  describe.each(layersWithWeight.map((layer) => [layer.title, layer] as const))("%s", (_, layer) => {
    it("has the same bits for every outputMask, and null for the rest", () => {
      const { dy, x, options } = goodArguments(layer);
      const expected = bitsOf(layer.backward(engine, dy, x, options));
      for (const mask of masks) {
        if (mask[2] && !layer.gradients.includes("gradBias")) continue;
        const gradients = bitsOf(layer.backward(engine, dy, x, { ...options, outputMask: mask }));
        for (const [index, name] of names.entries()) {
          if (layer.gradients.includes(name))
            expect(gradients[name], `${name}, [${mask}]`).toEqual(mask[index] ? expected[name] : null);
        }
      }
    });

    it("allocates what is asked for", () => {
      const { dy, x, options } = goodArguments(layer);
      engine.scope(() => {
        const move = (tensor: TensorLike) => residentOf(engine, tensor);
        const [movedDy, movedX] = [move(dy), move(x)];
        const { usedBytes } = engine.memory;
        layer.backward(engine, movedDy, movedX, { ...options, outputMask: [false, false, false] });
        expect(engine.memory.usedBytes).toBe(usedBytes);
        const gradients = layer.backward(engine, movedDy, movedX, { ...options, outputMask: [false, true, false] });
        gradients.gradWeight!.dispose();
        expect(engine.memory.usedBytes).toBe(usedBytes);
      });
    });

    it("without a weight is as with one of ones, parameter gradients included", () => {
      for (const dtype of dtypes) {
        const { dy, x, options } = goodArguments(layer, dtype, false);
        const { data, shape } = normals(layer.parameterShape!, 1, dtype);
        const ones = { data: data.map(() => oneOf(dtype)), shape, dtype };
        expect(bitsOf(layer.backward(engine, dy, x, options))).toEqual(
          bitsOf(layer.backward(engine, dy, x, { ...options, weight: ones })),
        );
      }
    });

    it("of 16 bits with a weight of float32 has its parameters' gradients in float32", () => {
      const { dy, x, options } = goodArguments(layer, "bfloat16", false);
      const weight = normals(layer.parameterShape!, 3);
      const { gradInput, gradWeight, gradBias } = layer.backward(engine, dy, x, { ...options, weight });
      expect([gradInput!.dtype, gradWeight!.dtype, gradBias?.dtype ?? "float32"]).toEqual([
        "bfloat16",
        "float32",
        "float32",
      ]);
    });

    it("an infinity in gradOutput is one in the gradients of its parameters", () => {
      for (const dtype of ["float32", "float64"] as const) {
        const { dy, x, options } = goodArguments(layer, dtype);
        const mean = (options.mean as TensorLike | undefined)?.data[0] ?? 0;
        dy.data[0] = Infinity;
        const { gradWeight, gradBias } = layer.backward(engine, dy, x, options);
        expect(gradWeight!.data[0], dtype).toBe(x.data[0] > mean ? Infinity : -Infinity);
        if (gradBias) expect(gradBias.data[0], dtype).toBe(Infinity);
        for (const gradient of [gradWeight, gradBias]) {
          expect([...((gradient?.data ?? []) as Data)].slice(1).every(Number.isFinite)).toBe(true);
        }
      }
    });

    it("takes bare arrays", () => {
      const { dy, x, options } = goodArguments(layer);
      const bare = Object.fromEntries(
        Object.entries(options).map(([name, value]) => [name, (value as TensorLike).data]),
      );
      expect(bitsOf(layer.backward(engine, dy, x, bare))).toEqual(bitsOf(layer.backward(engine, dy, x, options)));
    });
  });

  it("layerNormBackward: gradBias has the dtype of bias, where that is given", () => {
    const layer = layers[0];
    const { dy, x, options } = goodArguments(layer, "float16");
    const bias = normals(layer.parameterShape!, 4);
    const { gradWeight, gradBias } = layer.backward(engine, dy, x, { ...options, bias });
    expect([gradWeight!.dtype, gradBias!.dtype]).toEqual(["float16", "float32"]);
  });

  it("a NaN stays in its group", () => {
    const layer = layers[0];
    const { dy, x, options } = goodArguments(layer);
    const expected = [...(layer.backward(engine, dy, x, options).gradInput!.data as Data)];
    x.data[20] = NaN;
    const { gradInput, gradBias } = layer.backward(engine, dy, x, options);
    expect([...(gradInput!.data as Data)]).toEqual(
      expected.map((value, index) => (index >= 18 && index < 36 ? NaN : value)),
    );
    expect([...(gradBias!.data as Data)].some(Number.isNaN)).toBe(false);
  });

  it("what is infinite in x says nothing to gradInput where statistics are constants", () => {
    const layer = layers.find(({ frozen }) => frozen)!;
    const { dy, x, options } = goodArguments(layer);
    const expected = bitsOf(layer.backward(engine, dy, x, options)).gradInput;
    x.data[3] = Infinity;
    expect(bitsOf(layer.backward(engine, dy, x, options)).gradInput).toEqual(expected);
  });
});

function oneOf(dtype: DTypeName): number {
  return { float32: 1, float64: 1, float16: 0x3c00, bfloat16: 0x3f80 }[dtype];
}

function expectForm({ dtype, shape, resident }: Tensor, layer: Layer, name: GradientName, expected: DTypeName): void {
  expect({ dtype, shape, resident }, name).toEqual({ dtype: expected, shape: shapeOf(layer, name), resident: false });
}

function shapeOf(layer: Layer, name: GradientName): readonly number[] {
  return name === "gradInput" ? layer.shape : layer.parameterShape!;
}

/** A place for a gradient between bytes that must stay, and whether they have. */
function guard(engine: Engine, layer: Layer, name: GradientName, dtype: DTypeName, home: "host" | "resident") {
  const shape = shapeOf(layer, name);
  const { data } = normals(shape, 9, dtype);
  const around = 8;
  const Array = data.constructor as Float32ArrayConstructor;
  const tensor = home === "resident" ? engine.empty([data.length + 2 * around], dtype) : undefined;
  const block = (tensor?.data ?? new Array(data.length + 2 * around)) as Float32Array;
  block.fill(7);
  const inner = block.subarray(around, around + data.length);
  const place = tensor ? engine.view(inner.byteOffset, shape, dtype) : { data: inner, shape, dtype };
  const isWhole = () => {
    const now = (tensor?.data ?? block) as Float32Array;
    return [...now.subarray(0, around), ...now.subarray(around + data.length)].every((value) => value === 7);
  };
  return { tensor: place as TensorLike, isWhole };
}
