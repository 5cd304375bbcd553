import { describe, expect, it } from "vitest";
import { createEngineSync, type Tensor } from "../../src/index.js";
import { host, resident } from "../determinism/placements.js";
import { computingDtype, dtypes, toData } from "../support/dtypes.js";
import { product } from "../support/reference/grouping.js";

const places = { host, resident };
const homes = ["host", "resident"] as const;
const cases = homes.flatMap((home) => dtypes.map((dtype) => ({ home, dtype })));

for (const backend of ["wasm", "js"] as const) {
  const engine = createEngineSync({ backend });

  describe.each(cases)(`empty tensors on ${backend}: $dtype, $home`, ({ home, dtype }) => {
    it.each([
      { shape: [0, 5], normalized: [5], statistics: [0, 1] },
      { shape: [3, 0], normalized: [0], statistics: [3, 1] },
      { shape: [2, 3, 0], normalized: [3, 0], statistics: [2, 1, 1] },
      { shape: [0, 0], normalized: [0, 0], statistics: [1, 1] },
    ])("layer and RMS norm of $shape over $normalized", ({ shape, normalized, statistics }) => {
      const { output, mean, rstd } = engine.nativeLayerNorm(empty(shape), normalized);
      expectStatistics(mean, rstd, statistics);
      expectEmpty(output, shape);
      const { weight, bias } = parameters(normalized);
      expectEmpty(engine.layerNorm(empty(shape), normalized, { weight, bias }), shape);
      expectEmpty(engine.rmsNorm(empty(shape), normalized, { weight }), shape);
      expectRepeated(engine.nativeRmsNorm(empty(shape), normalized).rstd, NaN, statistics);
    });

    it.each([
      { shape: [0, 4, 3], groups: 2 },
      { shape: [2, 4, 0], groups: 2 },
      { shape: [2, 0, 3], groups: 1 },
      { shape: [0, 4], groups: 4 },
      { shape: [3, 4, 5, 0], groups: 1 },
    ])("what has channels, of $shape, in $groups groups", ({ shape, groups }) => {
      for (const layout of ["channels-first", "channels-last"] as const) {
        const sizes = layout === "channels-last" ? [shape[0], ...shape.slice(2), shape[1]] : shape;
        const [batch, channels] = shape;
        const x = empty(sizes);
        const options = { layout, ...parameters([channels]) };
        const group = engine.nativeGroupNorm(x, groups, { layout });
        expectStatistics(group.mean, group.rstd, [batch, groups]);
        expectEmpty(group.output, sizes);
        expectEmpty(engine.groupNorm(x, groups, options), sizes);
        const instance = engine.nativeInstanceNorm(x, options);
        expectStatistics(instance.mean, instance.rstd, [batch, channels]);
        expectEmpty(instance.output, sizes);
        const trained = engine.nativeBatchNorm(x, { ...options, training: true, ...running(channels) });
        expectStatistics(trained.mean, trained.rstd, [channels]);
        expectEmpty(trained.output, sizes);
        expectEmpty(engine.batchNorm(x, { ...options, ...running(channels) }), sizes);
        if (shape.length > 2) expectEmpty(engine.localResponseNorm(x, 3, { layout }), sizes);
      }
    });

    it("running statistics stay as they were", () => {
      const given = running(3);
      engine.batchNorm(empty([0, 3, 5]), { ...given, training: true });
      engine.instanceNorm(empty([0, 3, 5]), given);
      expect([...given.runningMean]).toEqual([1, 1, 1]);
      expect([...given.runningVar]).toEqual([1, 1, 1]);
    });

    it.each([
      { shape: [0, 5, 2], axes: [1] },
      { shape: [4, 0, 2], axes: [1] },
      { shape: [4, 0, 2], axes: [0, 2] },
      { shape: [0, 3, 0, 3], axes: [] },
    ])("standardize of $shape over $axes", ({ shape, axes }) => {
      expectEmpty(engine.standardize(empty(shape), axes, parameters(axes.map((axis) => shape[axis]))), shape);
      expectEmpty(engine.normalize(empty(shape), { dim: 1 }), shape);
      const { count, mean } = engine.axisMoments(empty(shape), axes);
      expect(mean).toHaveLength(product(shape.filter((_, axis) => !axes.includes(axis))));
      expect(count).toBe(product(axes.map((axis) => shape[axis])));
    });

    it("the halves", () => {
      const { mean, variance } = engine.rowwiseMoments(empty([0, 7]), 7);
      expectEmpty(mean, [0]);
      expectEmpty(variance, [0]);
      const [none, three] = [0, 3].map((count) => toData(dtype, new Float64Array(count)));
      expectEmpty(engine.affineGlobal(empty([2, 0, 3]), none, none), [2, 0, 3]);
      expectEmpty(engine.affineGlobal(empty([2, 3, 0]), three, three), [2, 3, 0]);
      expectEmpty(engine.affineVectorized(empty([0, 3]), none, none, three, three), [0, 3]);
      expectEmpty(engine.affineVectorized(empty([3, 0]), three, three, none, none), [3, 0]);
    });

    function empty(shape: readonly number[]) {
      return places[home](engine, { data: toData(dtype, []), shape, dtype }, "x");
    }

    function parameters(shape: number[]) {
      const data = toData(dtype, new Float64Array(product(shape)));
      return { weight: data, bias: { data, shape, dtype } };
    }

    function running(channels: number) {
      const ones = () => toData(computingDtype(dtype), new Array<number>(channels).fill(1));
      return { runningMean: ones(), runningVar: ones() };
    }

    function expectEmpty(tensor: Tensor, shape: readonly number[]): void {
      expect(tensor.shape).toEqual(shape);
      expect(tensor.data).toHaveLength(0);
      expect(tensor.resident).toBe(home === "resident");
    }
  });
}

/** Of groups without elements, as in PyTorch. */
function expectStatistics(mean: Tensor, rstd: Tensor, shape: number[]): void {
  expectRepeated(mean, 0, shape);
  expectRepeated(rstd, NaN, shape);
}

function expectRepeated({ data, shape }: Tensor, value: number, expected: number[]): void {
  expect(shape).toEqual(expected);
  expect([...(data as Float32Array)]).toEqual(new Array(product(expected)).fill(value));
}
