// First contact: four ways to hold a tensor and run a layer on it.
//
//   npm run build && node examples/first.mjs

import { createEngineSync, defaultEngine, groupNorm, layerNorm } from "lanenorm";

// 1. Host tensors. A tensor is a typed array and its shape; there is nothing to set up and nothing to await, and what
//    comes back holds an ordinary array too. Shapes, names and defaults are PyTorch's.
const x = { data: ramp(20 * 6 * 10 * 10), shape: [20, 6, 10, 10] };
const a = groupNorm(x, 1); // statistics over C, H, W; weight and bias, if given, one per channel
const b = layerNorm(x, [6, 10, 10]); // statistics over C, H, W; weight and bias, if given, one per element
print("host", `groupNorm and layerNorm differ by ${largestDifference(a, b)} at most, in shape [${b.shape}]`);

// Parameters are tensors, or arrays alone: their shape is known.
const weight = new Float32Array([1, 1, 1, 2, 2, 2]);
const scaled = groupNorm(x, 1, { weight });
print("weight", `channel 3, with weight 2, is ${scaled.data[300] / a.data[300]} times what it was`);

// 2. `out`, to write into a tensor you have instead of making one; x itself is allowed, and normalises in place.
const again = { data: new Float32Array(x.data.length), shape: x.shape };
layerNorm(x, [6, 10, 10], { out: again });
layerNorm(x, [6, 10, 10], { out: x });
print("out", `in a tensor of mine and in place, they differ by ${largestDifference(again, x)}`);

// 3. Resident tensors lie in the memory of the WebAssembly module, so nothing is copied on the way to the kernels: the
//    fastest way for layer after layer. They take up that memory until they are disposed of; a scope does it for all
//    that were made inside, except those it returns.
const engine = defaultEngine(); // the one that groupNorm and layerNorm use
const tokens = engine.tensor(ramp(32 * 768), [32, 768]);
const deep = engine.scope(() => {
  const first = layerNorm(tokens, 768); // resident, as its input is; freed when the scope ends
  return layerNorm(first, 768);
});
print("resident", `[${deep.shape}] in linear memory: ${deep.resident}; ${engine.memory.usedBytes} bytes in use`);
const kept = deep.data.slice(); // `data` is a live view of that memory: copy what is to outlive the tensor
deep.dispose();
tokens.dispose();
print("disposed", `${engine.memory.usedBytes} bytes in use; my copy has ${kept.length} values`);

// 4. The js backend is the same API in plain JavaScript, for comparing, and for places that forbid WebAssembly.
const plain = createEngineSync({ backend: "js" });
const y = { data: ramp(32 * 768), shape: [32, 768] };
const difference = largestDifference(layerNorm(y, 768), plain.layerNorm(y, 768));
print(plain.backend, `differs from ${engine.backend} by ${difference} at most`);
plain.dispose();

/** Numbers that are easy to make, far from mean 0 and variance 1. */
function ramp(length) {
  return Float32Array.from({ length }, (_, i) => 5 + (i % 97) / 10);
}

function largestDifference(p, q) {
  return p.data.reduce((largest, value, i) => Math.max(largest, Math.abs(value - q.data[i])), 0);
}

function print(what, text) {
  console.log(`${what.padEnd(10)}${text}`);
}
