import { describe, expect, it } from "vitest";
import { createEngineSync } from "../../src/index.js";
import { host, resident } from "../determinism/placements.js";

const places = { host, resident };

for (const backend of ["wasm", "js"] as const) {
  const engine = createEngineSync({ backend });

  describe.each(["host", "resident"] as const)(`empty tensors on ${backend}, %s`, (home) => {
    it.each([
      { shape: [0, 5], normalized: [5], statistics: [0, 1] },
      { shape: [3, 0], normalized: [0], statistics: [3, 1] },
      { shape: [2, 3, 0], normalized: [3, 0], statistics: [2, 1, 1] },
      { shape: [0, 0], normalized: [0, 0], statistics: [1, 1] },
    ])("layer norm of $shape over $normalized", ({ shape, normalized, statistics }) => {
      const { output, mean, rstd } = engine.nativeLayerNorm(empty(shape), normalized);
      expectStatistics(mean, rstd, statistics);
      expectEmpty(output, shape);
      expectEmpty(engine.layerNorm(empty(shape), normalized, parameters(normalized)), shape);
    });

    it.each([
      { shape: [0, 4, 3], groups: 2 },
      { shape: [2, 4, 0], groups: 2 },
      { shape: [2, 0, 3], groups: 1 },
      { shape: [0, 4], groups: 4 },
      { shape: [3, 4, 5, 0], groups: 1 },
    ])("group norm of $shape in $groups", ({ shape, groups }) => {
      const { output, mean, rstd } = engine.nativeGroupNorm(empty(shape), groups);
      expectStatistics(mean, rstd, [shape[0], groups]);
      expectEmpty(output, shape);
      expectEmpty(engine.groupNorm(empty(shape), groups, parameters([shape[1]])), shape);
    });

    it("the halves", () => {
      const { mean, variance } = engine.rowwiseMoments(empty([0, 7]), 7);
      expectEmpty(mean, [0]);
      expectEmpty(variance, [0]);
      const [none, three] = [new Float32Array(0), new Float32Array(3)];
      expectEmpty(engine.affineGlobal(empty([2, 0, 3]), none, none), [2, 0, 3]);
      expectEmpty(engine.affineGlobal(empty([2, 3, 0]), three, three), [2, 3, 0]);
      expectEmpty(engine.affineVectorized(empty([0, 3]), none, none, three, three), [0, 3]);
      expectEmpty(engine.affineVectorized(empty([3, 0]), three, three, none, none), [3, 0]);
    });

    function empty(shape: number[]) {
      return places[home](engine, { data: new Float32Array(0), shape }, "x");
    }

    function expectEmpty(
      tensor: { data: Float32Array; shape: readonly number[]; resident: boolean },
      shape: number[],
    ): void {
      expect(tensor.shape).toEqual(shape);
      expect(tensor.data).toHaveLength(0);
      expect(tensor.resident).toBe(home === "resident");
    }
  });
}

interface Statistics {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** Of groups without elements, as in PyTorch. */
function expectStatistics(mean: Statistics, rstd: Statistics, shape: number[]): void {
  const count = shape.reduce((product, extent) => product * extent, 1);
  expect(mean.shape).toEqual(shape);
  expect(rstd.shape).toEqual(shape);
  expect([...mean.data]).toEqual(new Array(count).fill(0));
  expect([...rstd.data]).toEqual(new Array(count).fill(NaN));
}

function parameters(shape: number[]) {
  const count = shape.reduce((product, extent) => product * extent, 1);
  return { weight: new Float32Array(count), bias: { data: new Float32Array(count), shape } };
}
