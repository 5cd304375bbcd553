import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchNormalization, instanceNormalization, layerNormalization } from "../../src/adapters/webnn/index.js";
import { createEngineSync, type Tensor, type TensorLike } from "../../src/index.js";
import { dtypes } from "../support/dtypes.js";
import { elementwise, indicesOf, normalised, rstdOf } from "./oracle.js";
import { bitsOf, expectClose, numbersOf, residentOf, tensorOf } from "./support.js";

/** Puts an operand where it is to lie. */
type Place = (tensor: TensorLike) => TensorLike;

/** A shape, some of its dimensions in any order, and one of them. */
const shapes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 }).chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    axes: fc.shuffledSubarray(shape.map((_, axis) => axis)),
    axis: fc.nat(shape.length - 1),
    dtype: fc.constantFrom(...dtypes),
  }),
);

describe.each(["wasm", "js"] as const)("%s backend", (backend) => {
  const engine = createEngineSync({ backend });

  /** Expects that resident operands give the same bits, and that nothing else stays in memory. */
  function expectSameResident(run: (place: Place) => Tensor, result: Tensor): void {
    const resident = engine.scope(() => run((tensor) => residentOf(engine, tensor)));
    expect(resident.resident).toBe(true);
    expect(bitsOf([resident])).toEqual(bitsOf([result]));
    resident.dispose();
    expect(engine.memory.usedBytes).toBe(0);
  }

  it("layerNormalization is what float64 gives, for axes in any order", () => {
    fc.assert(
      fc.property(shapes, ({ shape, axes, dtype }) => {
        const [x, scale, bias] = [shape, axes.map((axis) => shape[axis]), axes.map((axis) => shape[axis])].map(
          (sizes, seed) => tensorOf(dtype, sizes, seed, { shift: 2 }),
        );
        const parameterAt = (parameter: TensorLike) => (indices: number[]) =>
          numbersOf(parameter).values[axes.reduce((at, axis) => at * shape[axis] + indices[axis], 0)];
        const run = (place: Place) =>
          layerNormalization(place(x), { axes, scale: place(scale), bias: place(bias), epsilon: 1e-3, engine });
        const result = run((tensor) => tensor);
        expectClose(
          result,
          normalised(numbersOf(x), {
            nameOf: (indices) => indices.map((index, axis) => (axes.includes(axis) ? "" : index)).join(),
            factorOf: rstdOf(1e-3),
            gammaOf: parameterAt(scale),
            betaOf: parameterAt(bias),
          }),
        );
        expectSameResident(run, result);
      }),
    );
  });

  it("batchNormalization is what float64 gives, for any axis", () => {
    fc.assert(
      fc.property(shapes, ({ shape, axis, dtype }) => {
        const [x, mean, scale, bias] = [shape, [shape[axis]], [shape[axis]], [shape[axis]]].map((sizes, seed) =>
          tensorOf(dtype, sizes, seed),
        );
        const variance = tensorOf(dtype, [shape[axis]], 9, { positive: true });
        const run = (place: Place) =>
          batchNormalization(place(x), place(mean), place(variance), {
            axis,
            scale: place(scale),
            bias: place(bias),
            engine,
          });
        const result = run((tensor) => tensor);
        const at = (tensor: TensorLike, index: number) => numbersOf(tensor).values[indicesOf(index, shape)[axis]];
        const terms = numbersOf(x).values.map((value, index) => {
          const factor = at(scale, index) / Math.sqrt(at(variance, index) + 1e-5);
          return (value - at(mean, index)) * factor;
        });
        const values = terms.map((term, index) => term + at(bias, index));
        const magnitudes = terms.map((term, index) => Math.abs(term) + Math.abs(at(bias, index)));
        expectClose(result, { ...elementwise({ values, shape }), scale: magnitudes });
        expectSameResident(run, result);
      }),
    );
  });

  it.each(dtypes)("instanceNormalization of %s is the same in either layout", (dtype) => {
    const x = tensorOf(dtype, [2, 3, 4, 5], 1, { shift: 3 });
    const [scale, bias] = [tensorOf(dtype, [3], 2), tensorOf(dtype, [3], 3)];
    const expected = normalised(numbersOf(x), {
      nameOf: ([n, c]) => `${n} ${c}`,
      factorOf: rstdOf(1e-5),
      gammaOf: ([, c]) => numbersOf(scale).values[c],
      betaOf: ([, c]) => numbersOf(bias).values[c],
    });
    expectClose(instanceNormalization(x, { scale, bias, engine }), expected);
    const last = instanceNormalization({ ...x, shape: [2, 3, 20, 1] }, { layout: "nhwc", engine });
    expect(last.shape).toEqual([2, 3, 20, 1]);
  });

  it("no axes leave the bias, and one value per channel too", () => {
    const x = tensorOf("float32", [1, 3, 1, 1], 4);
    const bias = { data: Float32Array.of(2), shape: [] };
    expect(Array.from(numbersOf(layerNormalization(x, { axes: [], bias, engine })).values)).toEqual([2, 2, 2]);
    const three = tensorOf("float32", [3], 5);
    expect(numbersOf(instanceNormalization(x, { bias: three, label: "node 7", engine })).values).toEqual(
      numbersOf(three).values,
    );
  });
});
