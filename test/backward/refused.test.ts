import { expect, it } from "vitest";
import { createEngineSync, OutOfMemoryError } from "../../src/index.js";

it("a memory that refuses scratch on the way finds nothing written", () => {
  const memory = new WebAssembly.Memory({ initial: 4 });
  let allowed = 0;
  // The first piece of scratch lies behind the tensors, and there is no second one.
  const allocate = () => (allowed-- > 0 ? 131_072 : 0);
  const engine = createEngineSync({ backend: "wasm", memory, allocate, free: () => undefined });
  const [dy, x, gradInput] = [0, 4096, 8192].map((offset) => engine.view(offset, [2, 3, 8]));
  const [gradWeight, gradBias] = [12_288, 12_544].map((offset) => engine.view(offset, [3]));
  const untouched = new Uint8Array(memory.buffer, 8192, 8192).fill(7).slice();
  const statistics = { mean: new Float32Array(3), rstd: new Float32Array(3).fill(1) };
  const run = () => {
    return engine.batchNormBackward(dy!, x!, {
      ...statistics,
      training: false,
      out: { gradInput, gradWeight, gradBias },
    });
  };
  for (const pieces of [0, 1]) {
    allowed = pieces;
    expect(run).toThrow(OutOfMemoryError);
    expect(new Uint8Array(memory.buffer, 8192, 8192)).toEqual(untouched);
  }
  allowed = 2;
  run();
  expect(gradWeight!.data).toEqual(new Float32Array(3));
});
