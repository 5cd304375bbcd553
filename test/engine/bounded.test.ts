// Host tensors of any size pass through a bounded linear memory.

import { describe, expect, it } from "vitest";
import type { Engine, Tensor, TensorLike, TypedArray } from "../../src/index.js";
import { sizeOf } from "../../src/shape.js";
import { bfloat16 } from "../api/kinds.js";
import { type BackendName, backends, engineOf } from "../api/support.js";

const limit = 16 * 2 ** 20;

/** Cheap values that are neither constant nor periodic in a tile. */
function fill<Data extends Float32Array | Float64Array>(data: Data): Data {
  for (let index = 0; index < data.length; index++) data[index] = ((index * 7919) % 1013) - 500;
  return data;
}

const million = 2 ** 20;
const large = fill(new Float32Array(16 * million));
const doubles = fill(new Float64Array(8 * million));
const ones = new Float32Array(4 * million).fill(1);
const zeros = new Float32Array(4 * million);
/** As bits of bfloat16 numbers: upper halves of float32 ones. */
const bits = Uint16Array.from(new Uint32Array(large.buffer), (word) => word >>> 16);

function float(...shape: number[]): TensorLike<Float32Array> {
  return { data: large, shape };
}

/** Which elements share statistics, if the result is normalised: n elements from `start` on, `stride` apart. */
interface Group {
  readonly n: number;
  readonly stride?: number;
  readonly last?: number;
}

interface Case {
  readonly run: (engine: Engine) => Tensor;
  readonly group?: Group;
}

function expectNormalized(data: ArrayLike<number>, start: number, { n, stride = 1 }: Group): void {
  let sum = 0;
  let squares = 0;
  for (let index = 0; index < n; index++) {
    const value = data[start + index * stride];
    sum += value;
    squares += value * value;
  }
  expect(sum / n).toBeCloseTo(0, 4);
  expect(squares / n).toBeCloseTo(1, 3);
}

const cases: Record<string, Case> = {
  "layerNorm of 64 MiB in short rows": {
    run: (engine) => engine.layerNorm(float((16 * million) / 64, 64), 64),
    group: { n: 64 },
  },
  "layerNorm of 64 MiB in one row": {
    run: (engine) => engine.layerNorm(float(16 * million), 16 * million),
    group: { n: 16 * million },
  },
  "layerNorm with 4 million weights and biases": {
    run: (engine) => engine.layerNorm(float(4, 4 * million), 4 * million, { weight: ones, bias: zeros }),
    group: { n: 4 * million },
  },
  "layerNorm of 64 MiB of float64": {
    run: (engine) => engine.layerNorm({ data: doubles, shape: [2, 4 * million] }, 4 * million),
    group: { n: 4 * million },
  },
  "layerNorm of 16 million bfloat16 numbers": {
    run: (engine) => engine.layerNorm({ data: bits, shape: [4, 4 * million], dtype: "bfloat16" }, 4 * million),
  },
  "nativeLayerNorm of 4 million rows": {
    run: (engine) => engine.nativeLayerNorm(float(4 * million, 4), 4).output,
    group: { n: 4 },
  },
  "rmsNorm with 4 million weights": {
    run: (engine) => engine.rmsNorm(float(4, 4 * million), 4 * million, { weight: ones }),
  },
  "groupNorm with 4 million channels of one element": {
    run: (engine) => engine.groupNorm(float(4, 4 * million), 2, { weight: ones, bias: zeros }),
    group: { n: 2 * million },
  },
  "groupNorm with as many groups as half of 4 million channels": {
    run: (engine) => engine.groupNorm(float(4, 4 * million), 2 * million, { weight: ones, bias: zeros }),
    group: { n: 2 },
  },
  "groupNorm with groups larger than a tile": {
    run: (engine) => engine.groupNorm(float(2, 64, 131_072), 4, { weight: ones.subarray(0, 64) }),
    group: { n: 16 * 131_072 },
  },
  "nativeGroupNorm with a channel larger than a tile": {
    run: (engine) => engine.nativeGroupNorm(float(1, 16, million), 16).output,
    group: { n: million },
  },
  "groupNorm, channels last": {
    run: (engine) => engine.groupNorm(float(1, million, 16), 16, { layout: "channels-last" }),
    group: { n: million, stride: 16, last: 15 },
  },
  "groupNorm, a million channels last": {
    run: (engine) =>
      engine.groupNorm(float(2, 8, million), million / 4, {
        layout: "channels-last",
        weight: ones.subarray(0, million),
        bias: zeros.subarray(0, million),
      }),
  },
  "groupNorm, a million channels last in two groups": {
    run: (engine) => engine.groupNorm(float(2, 8, million), 2, { layout: "channels-last" }),
  },
  "instanceNorm of 4 million channels": {
    run: (engine) => engine.instanceNorm(float(1, 4 * million, 4), { weight: ones, bias: zeros }),
    group: { n: 4 },
  },
  "batchNorm, training": {
    run: (engine) =>
      engine.batchNorm(float(16, 4, million / 4), {
        training: true,
        runningMean: zeros.slice(0, 4),
        runningVar: ones.slice(0, 4),
      }),
  },
  "batchNorm, training, 2 million channels": {
    run: (engine) => engine.nativeBatchNorm(float(8, 2 * million), { training: true }).output,
    group: { n: 8, stride: 2 * million, last: 2 * million - 1 },
  },
  "batchNorm, inference, 4 million channels": {
    run: (engine) => engine.batchNorm(float(4, 4 * million), { runningMean: zeros, runningVar: ones, weight: ones }),
  },
  "batchNorm of bfloat16, training, channels last": {
    run: (engine) =>
      engine.batchNorm(
        { data: bits, shape: [4, million, 4], dtype: "bfloat16" },
        { training: true, layout: "channels-last" },
      ),
  },
  "standardize over the first axis": {
    run: (engine) => engine.standardize(float(16, million), [0], { weight: ones.subarray(0, 16) }),
    group: { n: 16, stride: million, last: million - 1 },
  },
  "standardize over an axis of 4 million": {
    run: (engine) => engine.standardize(float(4 * million, 4), [0], { weight: ones, bias: zeros }),
    group: { n: 4 * million, stride: 4, last: 3 },
  },
  "standardize over axes 0 and 2 of 4": {
    run: (engine) => engine.standardize(float(64, 16, 256, 64), [0, 2]),
  },
  "standardize over axes 0 and 2 of 3": {
    run: (engine) => engine.standardize({ data: doubles, shape: [64, 16, 8192] }, [0, 2]),
  },
  "normalize along 4 million": { run: (engine) => engine.normalize(float(4, 4 * million), { p: 1 }) },
  "normalize across a million": { run: (engine) => engine.normalize(float(16, million), { dim: 0 }) },
  "normalize along an outer axis of 4 million": {
    run: (engine) => engine.normalize({ data: doubles, shape: [2 * million, 4] }, { dim: 0, p: Infinity }),
  },
  localResponseNorm: { run: (engine) => engine.localResponseNorm(float(4, 64, 65_536), 5, { beta: 0.5 }) },
  "localResponseNorm of 262,144 channels": {
    run: (engine) => engine.localResponseNorm(float(8, million / 4, 8), 5, { beta: 0.5 }),
  },
  "localResponseNorm, channels last": {
    run: (engine) => engine.localResponseNorm(float(4, 65_536, 64), 5, { beta: 0.5, layout: "channels-last" }),
  },
  "localResponseNorm of 262,144 channels, last": {
    run: (engine) => engine.localResponseNorm(float(8, 8, million / 4), 5, { beta: 0.5, layout: "channels-last" }),
  },
  "rowwiseMoments of 8 million rows": {
    run: (engine) => engine.rowwiseMoments(float(16 * million), 2).mean,
  },
  "rowwiseMoments of one row": {
    run: (engine) => engine.rowwiseMoments(float(16 * million), 16 * million).mean,
  },
  "affineGlobal with 4 million channels": {
    run: (engine) => engine.affineGlobal(float(4, 4 * million), ones, zeros),
  },
  "affineGlobal with channels larger than a tile": {
    run: (engine) => engine.affineGlobal(float(4, 4, million), ones.subarray(0, 4), zeros.subarray(0, 4)),
  },
  "affineVectorized with 4 million gammas": {
    run: (engine) =>
      engine.affineVectorized(float(4, 4 * million), ones.subarray(0, 4), zeros.subarray(0, 4), ones, zeros),
  },
  "affineVectorized with 4 million rows": {
    run: (engine) =>
      engine.affineVectorized(float(4 * million, 4), ones, zeros, ones.subarray(0, 4), zeros.subarray(0, 4)),
  },
  ...gradientCases(),
};

/** Gradients; of all, that of x must be written to its ends, and all others too. */
function gradientCases(): Record<string, Case> {
  const of = (shape: readonly number[], run: (engine: Engine, x: TensorLike, saved: Saved) => Gradients): Case => {
    return gradientCase({ data: large.subarray(0, sizeOf(shape)), shape }, run);
  };
  return {
    "layerNormBackward of 16 million elements": of([4, 4 * million], (engine, x, saved) => {
      return engine.layerNormBackward(x, x, 4 * million, { ...saved([4, 1]), weight: ones });
    }),
    "layerNormBackward of 64 MiB of float64": gradientCase({ data: doubles, shape: [2, 4 * million] }, (engine, x) => {
      const saved = { mean: new Float64Array(2), rstd: new Float64Array(2).fill(1) };
      return engine.layerNormBackward(x, x, 4 * million, saved);
    }),
    "layerNormBackward of 16 million bfloat16 numbers": gradientCase(
      { data: bits, shape: [4, 4 * million], dtype: "bfloat16" },
      (engine, x, saved) => engine.layerNormBackward(x, x, 4 * million, saved([4, 1])),
    ),
    "rmsNormBackward of 4 million rows": of([4 * million, 4], (engine, x, saved) => {
      return engine.rmsNormBackward(x, x, 4, { rstd: saved([4 * million, 1]).rstd });
    }),
    "layerNormBackward of rows as long as there are many": of([4096, 4096], (engine, x, saved) => {
      return engine.layerNormBackward(x, x, 4096, saved([4096, 1]));
    }),
    "groupNormBackward with 4 million channels of one element": of([4, 4 * million], (engine, x, saved) => {
      return engine.groupNormBackward(x, x, 2, { ...saved([4, 2]), weight: ones });
    }),
    "groupNormBackward with groups larger than a tile": of([2, 64, 131_072], (engine, x, saved) => {
      return engine.groupNormBackward(x, x, 4, saved([2, 4]));
    }),
    "groupNormBackward, channels last": of([1, million, 16], (engine, x, saved) => {
      return engine.groupNormBackward(x, x, 16, { ...saved([1, 16]), layout: "channels-last" });
    }),
    "groupNormBackward, a million channels last": of([2, 8, million], (engine, x, saved) => {
      return engine.groupNormBackward(x, x, million / 4, { ...saved([2, million / 4]), layout: "channels-last" });
    }),
    "instanceNormBackward of 4 million channels": of([1, 4 * million, 4], (engine, x, saved) => {
      return engine.instanceNormBackward(x, x, { ...saved([1, 4 * million]), weight: ones });
    }),
    "instanceNormBackward of constant statistics": of([16, million / 4, 4], (engine, x, saved) => {
      return engine.instanceNormBackward(x, x, { ...saved([16, million / 4]), useInputStats: false });
    }),
    "instanceNormBackward of constant statistics, channels last": of([64, 4, 65_536], (engine, x, saved) => {
      const options = { useInputStats: false, layout: "channels-last" } as const;
      return engine.instanceNormBackward(x, x, { ...saved([64, 65_536]), ...options });
    }),
    batchNormBackward: of([16, 4, million / 4], (engine, x, saved) => {
      return engine.batchNormBackward(x, x, { ...saved([4]), training: true });
    }),
    "batchNormBackward of 2 million channels": of([8, 2 * million], (engine, x, saved) => {
      return engine.batchNormBackward(x, x, { ...saved([2 * million]), training: true });
    }),
    "batchNormBackward of constant statistics": of([4, 4 * million], (engine, x, saved) => {
      return engine.batchNormBackward(x, x, { ...saved([4 * million]), training: false });
    }),
    "batchNormBackward, channels last": of([4, million, 4], (engine, x, saved) => {
      return engine.batchNormBackward(x, x, { ...saved([4]), training: true, layout: "channels-last" });
    }),
    "normalizeBackward along 4 million": of([2, 4 * million], (engine, x) => {
      return engine.normalizeBackward(x, x, { p: 1 });
    }),
    "localResponseNormBackward of 65,536 channels": of([1, 65_536, 64], (engine, x) => {
      return engine.localResponseNormBackward(x, x, 5);
    }),
  };
}

/** Makes statistics of a shape: means of 0 and deviations of 1. */
type Saved = (shape: readonly number[]) => { mean: TensorLike; rstd: TensorLike };
type Gradients = Readonly<Record<"gradInput", Tensor> & Partial<Record<"gradWeight" | "gradBias", Tensor>>>;

function gradientCase(x: TensorLike, run: (engine: Engine, x: TensorLike, saved: Saved) => Gradients): Case {
  const saved: Saved = (shape) => {
    const [mean, rstd] = [zeros, ones].map((data) => ({ data: data.subarray(0, sizeOf(shape)), shape }));
    return { mean, rstd };
  };
  return {
    run: (engine) => {
      const { gradInput, gradWeight, gradBias } = run(engine, x, saved);
      for (const gradient of [gradWeight, gradBias]) if (gradient) expect(isWritten(gradient.data)).toBe(true);
      return gradInput;
    },
  };
}

function suite(backend: BackendName): void {
  it.each(Object.keys(cases))("%s", (name) => {
    const engine = engineOf(backend, { maximumBytes: limit - 1 });
    const { run, group } = cases[name];
    const result = run(engine);
    expect(result.resident).toBe(false);
    expect(engine.memory.capacityBytes).toBeLessThan(limit);
    expect(engine.memory.usedBytes).toBe(0);
    expect(isWritten(result.data)).toBe(true);
    if (!group) return;
    const data = result.data as Float32Array;
    expectNormalized(data, 0, group);
    expectNormalized(data, group.last ?? data.length - group.n, group);
  });
}

/** Whether an end of the data, or its middle, was left out: random data of this size has no such zeros. */
function isWritten(data: TypedArray): boolean {
  const numbers = data instanceof Uint16Array ? bfloat16.decode : (part: ArrayLike<number>) => part;
  const view = data as Float32Array;
  const parts = [0, Math.floor(view.length / 2) - 32, view.length - 64].map((start) =>
    numbers(view.subarray(Math.max(0, start), start + 64)),
  );
  return parts.every((part) => Array.from(part).some((value) => value !== 0 && !Number.isNaN(value)));
}

describe.each(backends)("host calls in bounded memory, %s", suite);
