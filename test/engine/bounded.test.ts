// Host tensors of any size pass through a bounded linear memory.

import { describe, expect, it } from "vitest";
import type { Engine, Tensor } from "../../src/index.js";
import { type BackendName, backends, engineOf } from "../api/support.js";

const limit = 16 * 2 ** 20;

/** Cheap values that are neither constant nor periodic in a tile. */
function ramp(count: number): Float32Array {
  const data = new Float32Array(count);
  for (let index = 0; index < count; index++) data[index] = ((index * 7919) % 1013) - 500;
  return data;
}

function expectNormalized(data: Float32Array, start: number, n: number): void {
  let sum = 0;
  let squares = 0;
  for (let index = start; index < start + n; index++) {
    sum += data[index];
    squares += data[index] * data[index];
  }
  expect(sum / n).toBeCloseTo(0, 4);
  expect(squares / n).toBeCloseTo(1, 3);
}

const million = 2 ** 20;
const large = ramp(16 * million);
const ones = new Float32Array(4 * million).fill(1);
const zeros = new Float32Array(4 * million);

interface Case {
  readonly run: (engine: Engine) => Tensor;
  /** Elements that share statistics, if the result is normalised. */
  readonly n?: number;
}

const cases: Record<string, Case> = {
  "layerNorm of 64 MiB in short rows": {
    run: (engine) => engine.layerNorm({ data: large, shape: [(16 * million) / 64, 64] }, 64),
    n: 64,
  },
  "layerNorm of 64 MiB in one row": {
    run: (engine) => engine.layerNorm({ data: large, shape: [16 * million] }, 16 * million),
    n: 16 * million,
  },
  "layerNorm with 4 million weights and biases": {
    run: (engine) =>
      engine.layerNorm({ data: large, shape: [4, 4 * million] }, 4 * million, { weight: ones, bias: zeros }),
    n: 4 * million,
  },
  "nativeLayerNorm of 4 million rows": {
    run: (engine) => engine.nativeLayerNorm({ data: large, shape: [4 * million, 4] }, 4).output,
    n: 4,
  },
  "groupNorm with 4 million channels of one element": {
    run: (engine) => engine.groupNorm({ data: large, shape: [4, 4 * million] }, 2, { weight: ones, bias: zeros }),
    n: 2 * million,
  },
  "groupNorm with as many groups as half of 4 million channels": {
    run: (engine) =>
      engine.groupNorm({ data: large, shape: [4, 4 * million] }, 2 * million, { weight: ones, bias: zeros }),
    n: 2,
  },
  "groupNorm with groups larger than a tile": {
    run: (engine) => engine.groupNorm({ data: large, shape: [2, 64, 131_072] }, 4, { weight: ones.subarray(0, 64) }),
    n: 16 * 131_072,
  },
  "nativeGroupNorm with a channel larger than a tile": {
    run: (engine) => engine.nativeGroupNorm({ data: large, shape: [1, 16, million] }, 16).output,
    n: million,
  },
  "rowwiseMoments of 8 million rows": {
    run: (engine) => engine.rowwiseMoments({ data: large, shape: [16 * million] }, 2).mean,
  },
  "rowwiseMoments of one row": {
    run: (engine) => engine.rowwiseMoments({ data: large, shape: [16 * million] }, 16 * million).mean,
  },
  "affineGlobal with 4 million channels": {
    run: (engine) => engine.affineGlobal({ data: large, shape: [4, 4 * million] }, ones, zeros),
  },
  "affineVectorized with 4 million gammas": {
    run: (engine) =>
      engine.affineVectorized(
        { data: large, shape: [4, 4 * million] },
        ones.subarray(0, 4),
        zeros.subarray(0, 4),
        ones,
        zeros,
      ),
  },
  "affineVectorized with 4 million rows": {
    run: (engine) =>
      engine.affineVectorized(
        { data: large, shape: [4 * million, 4] },
        ones,
        zeros,
        ones.subarray(0, 4),
        zeros.subarray(0, 4),
      ),
  },
};

function suite(backend: BackendName): void {
  it.each(Object.keys(cases))("%s", (name) => {
    const engine = engineOf(backend, { maximumBytes: limit - 1 });
    const { run, n } = cases[name];
    const result = run(engine);
    expect(result.resident).toBe(false);
    expect(engine.memory.capacityBytes).toBeLessThan(limit);
    expect(engine.memory.usedBytes).toBe(0);
    if (n === undefined) return;
    expectNormalized(result.data, 0, n);
    expectNormalized(result.data, result.data.length - n, n);
  });
}

describe.each(backends)("host calls in bounded memory, %s", suite);
