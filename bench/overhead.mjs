// What a call costs beyond its kernel: checking arguments, planning, dispatching. The same bytes are normalised through
// the API and by the bare kernel on the same memory, and what is between the two times is ours.

import { compileSync, instantiate, SCRATCH_BYTES } from "../dist/engine/module.js";
import { createEngineSync } from "../dist/index.js";
import { normalValues } from "./data.mjs";
import { measure } from "./measure.mjs";
import { median } from "./statistics.mjs";

const n = 768;
const eps = 1e-5;
const HAS_GAMMA_AND_BETA = 3;

/** Seconds per layer norm of one resident row, of its kernel alone, and the difference. */
export function callOverhead(settings) {
  const { call, kernel } = measure(casesOfOneRow(), settings);
  const between = call.samples.map((seconds, round) => seconds - kernel.samples[round]);
  return { shape: [1, n], call, kernel, overhead: { best: call.best - kernel.best, median: median(between) } };
}

function casesOfOneRow() {
  const engine = createEngineSync({ backend: "wasm" });
  const x = engine.tensor(normalValues(n), [1, n]);
  const weight = engine.tensor(normalValues(n, { seed: 2 }), [n]);
  const bias = engine.tensor(normalValues(n, { seed: 3 }), [n]);
  const out = engine.empty([1, n]);
  const scratch = engine.empty([SCRATCH_BYTES / 4]).offset;
  const kernels = instantiate(compileSync(), x.store.memory.memory);
  const [to, from, gamma, beta] = [out.offset, x.offset, weight.offset, bias.offset];
  return [
    { name: "call", run: () => engine.layerNorm(x, n, { weight, bias, eps, out }) },
    {
      name: "kernel",
      run: () => kernels.layer_norm(to, from, gamma, beta, 0, 0, 1, n, eps, scratch, HAS_GAMMA_AND_BETA),
    },
  ];
}
