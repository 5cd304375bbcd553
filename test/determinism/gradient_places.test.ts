// Gradients of tensors larger than tiles, strips and blocks: the same bits wherever the tensors are, and the js backend's
// values.

import { describe, expect, it } from "vitest";
import { createEngineSync, type Engine, type TensorLike } from "../../src/index.js";
import { createRandom } from "../support/random.js";

const wasm = createEngineSync({ backend: "wasm" });
const js = createEngineSync({ backend: "js" });

type Gradients = Readonly<Record<"gradInput" | "gradWeight" | "gradBias", TensorLike | null>>;

interface Case {
  readonly name: string;
  readonly shape: readonly number[];
  readonly parameters: number;
  run(engine: Engine, dy: TensorLike, x: TensorLike, weight: TensorLike): Gradients;
}

const rows = (count: number, n: number): Case => ({
  name: `layer norm [${count}, ${n}]`,
  shape: [count, n],
  parameters: n,
  run: (engine, dy, x, weight) => {
    const { mean, rstd } = engine.nativeLayerNorm(x, n);
    return engine.layerNormBackward(dy, x, n, { mean, rstd, weight });
  },
});

type Layout = "channels-first" | "channels-last";
const channelsOf = (shape: readonly number[], layout: Layout) => shape.at(layout === "channels-last" ? -1 : 1)!;

const groups = (shape: readonly number[], count: number, layout: Layout): Case => ({
  name: `group norm [${shape}] in ${count}, ${layout}`,
  shape,
  parameters: channelsOf(shape, layout),
  run: (engine, dy, x, weight) => {
    const { mean, rstd } = engine.nativeGroupNorm(x, count, { layout });
    return engine.groupNormBackward(dy, x, count, { mean, rstd, weight, layout });
  },
});

const batch = (shape: readonly number[], layout: Layout, training = true): Case => ({
  name: `batch norm [${shape}], ${layout}${training ? "" : ", constant statistics"}`,
  shape,
  parameters: channelsOf(shape, layout),
  run: (engine, dy, x, weight) => {
    const { mean, rstd } = engine.nativeBatchNorm(x, { training: true, layout });
    return engine.batchNormBackward(dy, x, { mean, rstd, weight, training, layout });
  },
});

const cases: readonly Case[] = [
  rows(1, 5),
  rows(67, 33),
  rows(301, 1000),
  rows(1501, 90),
  rows(9000, 16),
  rows(51, 3001),
  rows(9, 16_384),
  rows(5, 20_001),
  rows(3, 70_003),
  groups([3, 6, 35], 2, "channels-first"),
  groups([2, 8, 20_000], 4, "channels-first"),
  groups([1, 2, 300_001], 1, "channels-first"),
  groups([1, 3, 700_001], 3, "channels-first"),
  groups([40, 64], 8, "channels-first"),
  groups([2, 33_000, 5], 3, "channels-first"),
  groups([2, 35, 6], 3, "channels-last"),
  groups([2, 30_001, 6], 3, "channels-last"),
  groups([1, 260_001, 5], 1, "channels-last"),
  groups([1, 31, 40_002], 2, "channels-last"),
  batch([20, 5, 3001], "channels-first"),
  batch([3, 2, 90_001], "channels-first"),
  batch([5001, 33], "channels-first"),
  batch([20, 3001, 5], "channels-last"),
  batch([2, 20, 40_001], "channels-last"),
  batch([4, 33, 1001], "channels-first", false),
  batch([4, 1001, 33], "channels-last", false),
];

const arrays = { float32: Float32Array, float64: Float64Array };

describe.each(["float32", "float64"] as const)("%s", (dtype) => {
  it.each(cases.map((each) => [each.name, each] as const))("%s", (_, { shape, parameters, run }) => {
    const random = createRandom(parameters);
    const size = shape.reduce((product, extent) => product * extent, 1);
    const numbers = (count: number) => new arrays[dtype](Float64Array.from({ length: count }, random.normal));
    const [dy, x] = [1, 2].map(() => ({ data: numbers(size), shape }));
    const weight = { data: numbers(parameters), shape: [parameters] };
    const host = run(wasm, dy!, x!, weight);
    const reference = run(js, dy!, x!, weight);
    wasm.scope(() => {
      const [a, b, c] = [dy!, x!, weight].map((tensor) => wasm.tensor(tensor.data, tensor.shape));
      const resident = run(wasm, a!, b!, c!);
      for (const name of ["gradInput", "gradWeight", "gradBias"] as const) {
        const [there, here] = [host[name]!.data, resident[name]!.data];
        expect(Buffer.compare(bytesOf(there), bytesOf(here)), name).toBe(0);
        expectClose(there as Float32Array, reference[name]!.data as Float32Array, dtype === "float32" ? 1e-5 : 1e-13);
      }
    });
  });
});

describe.each(["channels-first", "channels-last"] as const)("groups do not feel their neighbours, %s", (layout) => {
  it.each([NaN, Infinity, 3e38])("that hold %d", (value) => {
    const [samples, channels, places] = [2, 6, 40];
    const shape = layout === "channels-first" ? [samples, channels, places] : [samples, places, channels];
    const random = createRandom(3);
    const numbers = () => new Float32Array(Float64Array.from({ length: samples * channels * places }, random.normal));
    const [dy, calm] = [numbers(), numbers()];
    const isDisturbed = (index: number) => {
      const step = layout === "channels-first" ? Math.floor(index / places) : index;
      return step % channels < 2 && index < channels * places;
    };
    const wild = calm.map((number, index) => (isDisturbed(index) && index % 3 === 0 ? value : number));
    const gradientsOf = (x: Float32Array) => {
      const { mean, rstd } = wasm.nativeGroupNorm({ data: x, shape }, 3, { layout });
      return wasm.groupNormBackward({ data: dy, shape }, { data: x, shape }, 3, { mean, rstd, layout });
    };
    const [expected, actual] = [calm, wild].map((x) => gradientsOf(x).gradInput!.data as Float32Array);
    const others = (data: Float32Array) => data.filter((_, index) => !isDisturbed(index));
    expect(Buffer.compare(bytesOf(others(actual!)), bytesOf(others(expected!)))).toBe(0);
  });
});

function bytesOf({ buffer, byteOffset, byteLength }: TensorLike["data"]): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function expectClose(values: Float32Array, expected: Float32Array, tolerance: number): void {
  const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
  const worst = values.reduce((largest, value, i) => Math.max(largest, Math.abs(value - expected[i]!)), 0);
  expect(worst / scale).toBeLessThan(tolerance);
}
