import { readFileSync } from "node:fs";
import { instantiateSync } from "@assemblyscript/loader";
import { expect, it } from "vitest";

it("is a module that AssemblyScript's loader takes as well", () => {
  const wasm = readFileSync(new URL("../../build/lanenorm.wasm", import.meta.url));
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { instance } = instantiateSync(wasm, { env: { memory } });
  const { row_moments_f32: rowMoments } = instance.exports as Record<string, (...args: number[]) => void>;
  const floats = new Float32Array(memory.buffer);
  floats.set([1, 2, 3, 6], 16);
  rowMoments(0, 4, 64, 1, 4, 128, 0);
  expect([...floats.subarray(0, 2)]).toEqual([3, 3.5]);
});
