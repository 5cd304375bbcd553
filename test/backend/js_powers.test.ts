import { describe, expect, it } from "vitest";
import { jsBackend } from "../../src/backend/js/backend.js";
import { dtypes, type DTypeName } from "../support/dtypes.js";
import { err } from "../support/error.js";
import { familiesOf } from "../support/family/of_dtype.js";
import { groupByAxes } from "../support/reference/grouping.js";
import { localResponseNormReference, type LocalResponse } from "../support/reference/local_response.js";
import { normalizeReference } from "../support/reference/p_norm.js";
import type { ChannelShape } from "../support/reference/grouping.js";
import { empty, firstDifference, groupsOfFamily, numbers, operand } from "./operands.js";

/** x / max(norm, eps) of [blocks, steps, columns], the same in place and not. */
function powers(dtype: DTypeName, values: Float64Array, shape: readonly number[], p: number, eps: number) {
  const [blocks, steps, columns] = shape;
  const [x, out] = [operand(dtype, values), empty(dtype, values.length)];
  const job = { functionName: "test", blocks, steps, columns, p, eps, x };
  jsBackend.power({ ...job, out });
  jsBackend.power({ ...job, out: x });
  expect(firstDifference(x.data, out.data)).toBe(-1);
  return out;
}

function responses(dtype: DTypeName, values: Float64Array, shape: ChannelShape, options: LocalResponse) {
  const { batch: samples, channels, spatial: span, layout } = shape;
  const { size, alpha, beta, k } = options;
  const [before, after] = [Math.floor(size / 2), Math.floor((size - 1) / 2)];
  const window = { before, after, size, alpha, beta, k };
  const [x, out] = [operand(dtype, values), empty(dtype, values.length)];
  const job = { functionName: "test", samples, channels, span, last: layout === "channels-last", ...window, x };
  jsBackend.localResponse({ ...job, out });
  jsBackend.localResponse({ ...job, out: x });
  expect(firstDifference(x.data, out.data)).toBe(-1);
  return out;
}

const shapes = [
  [2, 5, 7],
  [3, 41, 1],
  [1, 6000, 1],
  [2, 3, 1031],
];

describe.each(dtypes)("%s", (dtype) => {
  const names = Object.keys(familiesOf(dtype));

  it.each(shapes)("divides by p-norms: [%i, %i, %i]", (...shape) => {
    const grouping = groupByAxes(shape, [1]);
    const few = shape.some((size) => size > 1000);
    for (const name of few ? ["uniform", "N(0,1)", "subnormal"] : names) {
      const x = groupsOfFamily(dtype, name, grouping);
      const eps = /subnormal$|magnitude 1e-/.test(name) ? 0 : 1e-12;
      for (const p of few ? [2, 1, Infinity] : [2, 1, Infinity, 3, 0.5, 2.7]) {
        const { data } = powers(dtype, x, shape, p, eps);
        const worst = err(data, normalizeReference(x, shape, { p, dim: 1, eps }), dtype);
        expect(worst, `${name}, p ${p}`).toBeLessThan(8);
      }
    }
  });

  it.each([0.1, 0.5, 1, 2, 3, 50, Infinity])("p = %d: zeros, NaN and infinities", (p) => {
    const run = (values: number[], eps: number) => [
      ...numbers(dtype, powers(dtype, Float64Array.from(values), [1, values.length, 1], p, eps)),
    ];
    expect(run([0, 0, 0], 1e-12)).toEqual([0, 0, 0]);
    expect(run([0, 0, 0], 1e-320)).toEqual([0, 0, 0]);
    expect(run([0, 0], 0)).toEqual([NaN, NaN]);
    expect(run([1, NaN, 2], 1e-12)).toEqual([NaN, NaN, NaN]);
    expect(run([1, -Infinity, 2], 1e-12)).toEqual([0, NaN, 0]);
    expect(run([-3], 0)).toEqual([-1]);
    expect(run([0.5, -0.5], 2048)).toEqual([2 ** -12, -(2 ** -12)]);
  });

  it.each([
    { size: 5, alpha: 1e-4, beta: 0.75, k: 1 },
    { size: 4, alpha: 2, beta: 0.75, k: 0 },
    { size: 3, alpha: 0.5, beta: 0.5, k: 2 },
    { size: 1, alpha: 1, beta: 1, k: 0.1 },
    { size: 9, alpha: 0.3, beta: 0.6, k: 1 },
    { size: 3, alpha: 0.7, beta: 1.3, k: 0 },
  ])("divides by local responses: $size, $alpha, $beta, $k", (options) => {
    for (const layout of ["channels-first", "channels-last"] as const) {
      const shape = { batch: 2, channels: 7, spatial: 5, layout };
      for (const name of names) {
        const x = Float64Array.from(groupsOfFamily(dtype, name, groupByAxes([2, 35], [1])));
        const y = responses(dtype, x, shape, options);
        expect(err(y.data, localResponseNormReference(x, shape, options), dtype), `${name}, ${layout}`).toBeLessThan(8);
      }
    }
  });

  it("takes tiles of channels of any number", () => {
    const options = { size: 5, alpha: 0.1, beta: 0.75, k: 1 };
    for (const [channels, spatial] of [
      [3, 5000],
      [5000, 2],
      [1, 1],
    ]) {
      for (const layout of ["channels-first", "channels-last"] as const) {
        const shape = { batch: 1, channels, spatial, layout };
        const x = groupsOfFamily(dtype, "uniform", groupByAxes([1, channels * spatial], [1]));
        const y = responses(dtype, x, shape, options);
        expect(err(y.data, localResponseNormReference(x, shape, options), dtype)).toBeLessThan(8);
      }
    }
  });

  it("keeps NaN and infinities in the windows that see them", () => {
    const x = Float64Array.from([1, 1, NaN, 1, 1, 1, Infinity, 1, 1]);
    const y = responses(dtype, x, { batch: 1, channels: 9, spatial: 1 }, { size: 3, alpha: 1, beta: 0.75, k: 1 });
    expect([...numbers(dtype, y)].map((value) => (value > 0 ? 1 : value))).toEqual([1, NaN, NaN, NaN, 1, 0, NaN, 0, 1]);
  });
});
