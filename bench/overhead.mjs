// What a call costs beyond its kernel: checking arguments, planning, dispatching. The same bytes are normalised through
// the API and by the bare kernel on the same memory, and what is between the two times is ours. The plain loop does the
// same work, so that a small call can be compared as it is in a program that uses one engine and one kind of tensor:
// beside host tensors and the js backend, V8 compiles a call for all of them, which costs it some 80 ns.

import { compileSync, instantiate, SCRATCH_BYTES } from "../dist/engine/module.js";
import { createEngineSync } from "../dist/index.js";
import { normalValues } from "./data.mjs";
import { measure } from "./measure.mjs";
import { plainLayerNorm } from "./peers/plain.mjs";
import { median, ratio } from "./statistics.mjs";

const n = 768;
const eps = 1e-5;
const HAS_GAMMA_AND_BETA = 3;

/** Seconds per layer norm of one resident row, of its kernel alone, of the plain loop, and the first two's difference. */
export function callOverhead(settings) {
  const { call, kernel, plain } = measure(casesOfOneRow(), settings);
  const between = call.samples.map((seconds, round) => seconds - kernel.samples[round]);
  const overhead = { best: call.best - kernel.best, median: median(between) };
  return { shape: [1, n], call, kernel, plain, overhead, timesPlain: ratio(plain, call) };
}

function casesOfOneRow() {
  const values = { x: normalValues(n), weight: normalValues(n, { seed: 2 }), bias: normalValues(n, { seed: 3 }) };
  const engine = createEngineSync({ backend: "wasm" });
  const x = engine.tensor(values.x, [1, n]);
  const weight = engine.tensor(values.weight, [n]);
  const bias = engine.tensor(values.bias, [n]);
  const out = engine.empty([1, n]);
  const plainOut = new Float32Array(n);
  return [
    { name: "call", run: () => engine.layerNorm(x, n, { weight, bias, eps, out }) },
    { name: "kernel", run: kernelCall(engine, x, weight, bias, out) },
    { name: "plain", run: () => plainLayerNorm(values.x, values.weight, values.bias, eps, plainOut) },
  ];
}

function kernelCall(engine, x, weight, bias, out) {
  const scratch = engine.empty([SCRATCH_BYTES / 4]).offset;
  const kernels = instantiate(compileSync(), x.store.memory.memory).float32;
  const [to, from, gamma, beta] = [out.offset, x.offset, weight.offset, bias.offset];
  return () => kernels.layer_norm(to, from, gamma, beta, 0, 0, 1, n, eps, scratch, HAS_GAMMA_AND_BETA);
}
