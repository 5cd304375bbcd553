// Gradients of the smallest tensors: one row, one channel, no elements at all.

import { describe, expect, it } from "vitest";
import { createEngineSync, type Engine, type TensorLike } from "../../src/index.js";
import { normals } from "./tensors.js";

type Numbers = Float32Array;

function numbersOf({ data }: TensorLike): number[] {
  return [...(data as Numbers)];
}

function expectClose(actual: TensorLike, expected: readonly number[]): void {
  expect(actual.data).toHaveLength(expected.length);
  for (const [index, value] of numbersOf(actual).entries()) expect(value).toBeCloseTo(expected[index], 4);
}

/** By the formula, for one group and a weight of ones. */
function inputGradient(dy: readonly number[], xhat: readonly number[], rstd: number): number[] {
  const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [average, slope] = [meanOf(dy), meanOf(dy.map((value, index) => value * xhat[index]))];
  return dy.map((value, index) => rstd * (value - average - xhat[index] * slope));
}

describe.each(["wasm", "js"] as const)("gradients on %s", (backend) => {
  const engine = createEngineSync({ backend });

  it.each([1, 2, 5, 128, 1030, 20_000])("of one row of %i", (n) => {
    const [dy, x] = [normals([1, n], 1), normals([1, n], 2)];
    const { mean, rstd } = engine.nativeLayerNorm(x, n);
    const { gradInput, gradWeight, gradBias } = engine.layerNormBackward(dy, x, n, { mean, rstd });
    const [centre, slope] = [numbersOf(mean)[0], numbersOf(rstd)[0]];
    const xhat = numbersOf(x).map((value) => (value - centre) * slope);
    expectClose(gradInput, n === 1 ? [0] : inputGradient(numbersOf(dy), xhat, slope));
    // Sums of one term.
    expect(numbersOf(gradBias)).toEqual(numbersOf(dy));
    expectClose(
      gradWeight,
      numbersOf(dy).map((value, index) => value * xhat[index]),
    );
  });

  it.each([
    ["channels-first", [3, 1, 5]],
    ["channels-last", [3, 5, 1]],
    ["channels-first", [1, 1, 700]],
    ["channels-last", [1, 700, 1]],
  ] as const)("of one channel, %s, of %j", (layout, shape) => {
    const [dy, x] = [normals(shape, 1), normals(shape, 2)];
    const rows = { ...x, shape: [shape[0], x.data.length / shape[0]] };
    const ofRows = engine.nativeLayerNorm(rows, rows.shape[1]);
    const asRows = engine.layerNormBackward({ ...dy, shape: rows.shape }, rows, rows.shape[1], {
      mean: ofRows.mean,
      rstd: ofRows.rstd,
    });
    const saved = { mean: ofRows.mean.data, rstd: ofRows.rstd.data, layout };
    for (const gradients of [
      engine.groupNormBackward(dy, x, 1, saved),
      engine.instanceNormBackward(dy, x, saved),
      ...(shape[0] === 1 ? [engine.batchNormBackward(dy, x, { ...saved, training: true })] : []),
    ]) {
      expectClose(gradients.gradInput, numbersOf(asRows.gradInput));
      const sum = (tensor: TensorLike) => numbersOf(tensor).reduce((total, value) => total + value, 0);
      expectClose(gradients.gradWeight, [sum(asRows.gradWeight)]);
      expectClose(gradients.gradBias, [sum(asRows.gradBias)]);
    }
  });

  it("of layer norm with a bias and no weight: gradBias has its dtype, and the bits that it has without", () => {
    const [dy, x] = [normals([3, 9], 1, "float16"), normals([3, 9], 2, "float16")];
    const saved = { mean: new Float32Array(3), rstd: new Float32Array(3).fill(1) };
    const [bias, half] = [normals([9], 3), normals([9], 3, "float16")];
    const wide = engine.layerNormBackward(dy, x, 9, { ...saved, bias });
    const narrow = engine.layerNormBackward(dy, x, 9, { ...saved, bias: half });
    const without = engine.layerNormBackward(dy, x, 9, saved);
    expect([wide.gradWeight.dtype, wide.gradBias.dtype]).toEqual(["float16", "float32"]);
    for (const name of ["gradInput", "gradWeight", "gradBias"] as const) {
      expect(narrow[name].data).toEqual(without[name].data);
      if (name !== "gradBias") expect(wide[name].data).toEqual(without[name].data);
    }
  });

  describe.each(Object.entries(emptyCalls))("of no elements, %s", (_, { shape, run }) => {
    it.each(["host", "resident"] as const)("%s: zeros for parameters, and no memory held", (home) => {
      const { usedBytes } = engine.memory;
      engine.scope(() => {
        const [dy, x] = [1, 2].map((seed) => {
          const { data } = normals(shape, seed);
          return home === "host" ? { data, shape } : engine.tensor(data, shape);
        });
        const gradients = Object.entries(run(engine, dy, x)) as [string, TensorLike & { resident: boolean }][];
        for (const [name, { data, shape: sizes, resident }] of gradients) {
          expect(resident).toBe(home === "resident");
          if (name === "gradInput") expect(sizes).toEqual(shape);
          expect([...(data as Numbers)].every((value) => value === 0)).toBe(true);
        }
      });
      expect(engine.memory.usedBytes).toBe(usedBytes);
    });
  });
});

interface EmptyCall {
  readonly shape: readonly number[];
  run(engine: Engine, dy: TensorLike, x: TensorLike): object;
}

/** Statistics of so many groups. */
function savedFor(groups: number) {
  return { mean: new Float32Array(groups), rstd: new Float32Array(groups).fill(1) };
}

const emptyCalls: Readonly<Record<string, EmptyCall>> = {
  "rows of none": { shape: [3, 0], run: (engine, dy, x) => engine.layerNormBackward(dy, x, 0, savedFor(3)) },
  "no rows": { shape: [0, 3], run: (engine, dy, x) => engine.layerNormBackward(dy, x, 3, savedFor(0)) },
  "no rows of RMS norm": {
    shape: [0, 3],
    run: (engine, dy, x) => engine.rmsNormBackward(dy, x, 3, { rstd: new Float32Array(0) }),
  },
  "no places": { shape: [2, 4, 0], run: (engine, dy, x) => engine.groupNormBackward(dy, x, 2, savedFor(4)) },
  "no channels": { shape: [2, 0, 3], run: (engine, dy, x) => engine.instanceNormBackward(dy, x, savedFor(0)) },
  "no samples of batch norm, training": {
    shape: [0, 4, 3],
    run: (engine, dy, x) => engine.batchNormBackward(dy, x, { ...savedFor(4), training: true }),
  },
  "no samples of constant statistics, channels last": {
    shape: [0, 3, 4],
    run: (engine, dy, x) =>
      engine.batchNormBackward(dy, x, { ...savedFor(4), training: false, layout: "channels-last" }),
  },
  "lines of none": { shape: [2, 0, 3], run: (engine, dy, x) => engine.normalizeBackward(dy, x) },
  "local responses of none": { shape: [2, 3, 0], run: (engine, dy, x) => engine.localResponseNormBackward(dy, x, 3) },
};
