import { expect, it } from "vitest";
import { createEngineSync, type TensorLike } from "../../src/index.js";
import type { Data } from "../support/dtypes.js";
import { layers } from "./layers.js";
import { goodArguments, moved, residentOf } from "./tensors.js";

const reference = createEngineSync({ backend: "wasm" });
const page = 65_536;

it.each(layers.map((layer) => [layer.title, layer] as const))(
  "%s: memory may grow whenever scratch is taken",
  (_, layer) => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const allocate = (bytes: number) => page * memory.grow(Math.ceil(bytes / page));
    const engine = createEngineSync({ backend: "wasm", memory, allocate, free: () => undefined });
    const { dy, x, options } = goodArguments(layer);
    const expected = layer.backward(reference, dy, x, options);
    const move = (tensor: TensorLike) => residentOf(engine, tensor);
    const gradients = layer.backward(engine, move(dy), move(x), moved(options, move));
    for (const name of layer.gradients) {
      expect([...(gradients[name]!.data as Data)], name).toEqual([...(expected[name]!.data as Data)]);
    }
  },
);
