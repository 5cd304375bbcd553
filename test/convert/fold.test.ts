import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  batchNormToAffine,
  foldIntoConv1x1,
  foldIntoLinear,
  groupNormalization18To21,
  momentumFromOnnx,
  momentumToOnnx,
} from "../../src/convert/index.js";
import { ArgumentError, DTypeError, LanenormError, ShapeError } from "../../src/errors.js";
import { affineGlobal, batchNorm, groupNorm } from "../../src/index.js";
import { GroupNormalization } from "../../src/adapters/onnx/index.js";
import { doubles, singles } from "../nn/support.js";
import { dense, expectClose } from "./networks.js";
import { outcomeOf } from "./support.js";

describe("foldIntoLinear", () => {
  it("gives the layer that does both", () => {
    const [x, g, b] = [doubles([5, 6]), doubles([6], 2), doubles([6], 3)];
    const linear = { weight: doubles([4, 6], 4), bias: doubles([4], 5) };
    const scaled = { ...x, data: x.data.map((value, i) => value * g.data[i % 6] + b.data[i % 6]) };
    const folded = foldIntoLinear({ weight: g, bias: b }, linear);
    expectClose(dense(x, folded), dense(scaled, linear));
    expect([folded.weight.shape, folded.bias!.shape]).toEqual([[4, 6], [4]]);
  });

  it("rounds once, and keeps the dtypes of the linear layer", () => {
    const weight = { data: Float32Array.of(1 / 3, 3), shape: [1, 2] };
    const folded = foldIntoLinear({ weight: Float64Array.of(3, 1 / 3), bias: Float64Array.of(1, 2) }, { weight });
    const third = Math.fround(1 / 3);
    expect(folded.weight.data).toEqual(Float32Array.of(Math.fround(third * 3), Math.fround(3 * (1 / 3))));
    expect(folded.bias!.data).toEqual(Float32Array.of(third + 2 * 3));
    const bits = { data: Uint16Array.of(0x3f80), shape: [1, 1], dtype: "bfloat16" as const };
    expect(foldIntoLinear({ weight: Float32Array.of(2) }, { weight: bits }).weight.data).toEqual(
      Uint16Array.of(0x4000),
    );
  });

  it("does without whatever is missing", () => {
    const linear = { weight: doubles([2, 3]) };
    expect(foldIntoLinear({}, linear)).toEqual({ weight: { ...linear.weight, dtype: "float64" }, bias: null });
    expect(foldIntoLinear({ weight: doubles([3]) }, linear).bias).toBeNull();
    expect(foldIntoLinear({}, { ...linear, bias: doubles([2]) }).bias).toMatchObject({ data: doubles([2]).data });
    expect(foldIntoLinear({ bias: doubles([3]) }, linear).bias!.shape).toEqual([2]);
  });

  it("leaves what it was given as it was", () => {
    const [norm, linear] = [
      { weight: doubles([3]), bias: doubles([3]) },
      { weight: doubles([2, 3]), bias: doubles([2]) },
    ];
    const before = structuredClone([norm, linear]);
    const folded = foldIntoLinear({}, linear);
    for (const { data } of [folded.weight, folded.bias!]) (data as Float64Array).fill(0);
    expect([norm, linear]).toEqual(before);
  });
});

describe("foldIntoConv1x1", () => {
  it("is foldIntoLinear at every location", () => {
    const [g, b] = [doubles([3], 2), doubles([3], 3)];
    const linear = { weight: doubles([2, 3], 4), bias: doubles([2], 5) };
    const expected = foldIntoLinear({ weight: g, bias: b }, linear);
    for (const shape of [
      [2, 3, 1],
      [2, 3, 1, 1],
      [2, 3, 1, 1, 1],
    ]) {
      const folded = foldIntoConv1x1({ weight: g, bias: b }, { ...linear, weight: { ...linear.weight, shape } });
      expect(folded.weight).toEqual({ ...expected.weight, shape });
      expect(folded.bias).toEqual(expected.bias);
    }
  });
});

describe("batchNormToAffine", () => {
  it("does what a batch norm in evaluation does", () => {
    const runningVar = { data: Float64Array.of(0.5, 1, 4), shape: [3] };
    const state = {
      runningMean: doubles([3], 2),
      runningVar,
      weight: doubles([3], 3),
      bias: doubles([3], 4),
      eps: 1e-3,
    };
    const x = doubles([2, 3, 4]);
    const { scale, bias } = batchNormToAffine(state);
    expectClose(affineGlobal(x, scale, bias), batchNorm(x, state));
  });

  it("without parameters, of bare arrays, in what 16 bits are computed in", () => {
    const { scale, bias } = batchNormToAffine({
      runningMean: Float32Array.of(3),
      runningVar: Float32Array.of(4),
      eps: 0,
    });
    expect([scale, bias]).toEqual([
      { data: Float32Array.of(0.5), shape: [1], dtype: "float32" },
      { data: Float32Array.of(-1.5), shape: [1], dtype: "float32" },
    ]);
    const bits = { data: Uint16Array.of(0x4400), shape: [1], dtype: "float16" as const };
    expect(batchNormToAffine({ runningMean: bits, runningVar: bits, eps: 0 }).scale.dtype).toBe("float32");
  });

  it("folds into the layer behind, as it is", () => {
    const state = { runningMean: doubles([3], 2), runningVar: Float64Array.of(0.5, 1, 4), weight: doubles([3], 3) };
    const linear = { weight: doubles([2, 3], 4), bias: doubles([2], 5) };
    const affine = batchNormToAffine(state);
    const x = doubles([4, 3]);
    const folded = foldIntoLinear(affine, linear);
    expectClose(dense(x, folded), dense(batchNorm(x, state), linear));
    expect(foldIntoLinear({ weight: affine.scale, bias: affine.bias }, linear)).toEqual(folded);
    const convolution = { ...linear, weight: { ...linear.weight, shape: [2, 3, 1] } };
    expect(foldIntoConv1x1(affine, convolution).weight.data).toEqual(folded.weight.data);
  });
});

describe("ONNX", () => {
  it("GroupNormalization 18's parameters become 21's, which are PyTorch's", () => {
    const x = singles([2, 6, 4]);
    const [scale, bias] = [singles([3], 2), singles([3], 3)];
    const converted = groupNormalization18To21({ scale, bias }, 6);
    const { data } = scale;
    expect(converted.scale).toEqual({
      data: Float32Array.of(data[0], data[0], data[1], data[1], data[2], data[2]),
      shape: [6],
      dtype: "float32",
    });
    const attributes = { num_groups: 3, epsilon: 1e-5 };
    const [old] = GroupNormalization([x, scale, bias], attributes, { opset: 18 });
    const [current] = GroupNormalization([x, converted.scale, converted.bias], attributes, { opset: 21 });
    expect(current.data).toEqual(old.data);
    expect(groupNorm(x, 3, { weight: converted.scale, bias: converted.bias }).data).toEqual(old.data);
  });

  it("momentum is the other way round, there and back", () => {
    expect([0, 0.25, 1].map(momentumToOnnx)).toEqual([1, 0.75, 0]);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (momentum) => {
        expect(momentumFromOnnx(momentumToOnnx(momentum))).toBeCloseTo(momentum, 15);
      }),
    );
  });
});

describe("conversion refuses", () => {
  const linear = { weight: doubles([2, 3]) };
  const running = { runningMean: doubles([3]), runningVar: doubles([3]) };

  it.each<[string, () => unknown, typeof LanenormError, RegExp]>([
    [
      "a weight of other inputs",
      () => foldIntoLinear({ weight: doubles([4]) }, linear),
      ShapeError,
      /^foldIntoLinear: weight must have 3 elements, got \[4\]$/,
    ],
    [
      "a bias of other outputs",
      () => foldIntoLinear({}, { ...linear, bias: doubles([3]) }),
      ShapeError,
      /linear.bias must have 2 elements, got \[3\]$/,
    ],
    [
      "a matrix without a shape",
      () => foldIntoLinear({}, { weight: new Float32Array(6) as never }),
      ShapeError,
      /linear.weight must have shape \[out, in\], got an array of 6$/,
    ],
    [
      "a convolution",
      () => foldIntoLinear({}, { weight: doubles([2, 3, 1, 1]) }),
      ShapeError,
      /must have shape \[out, in\], got \[2, 3, 1, 1\]$/,
    ],
    [
      "a matrix for a convolution",
      () => foldIntoConv1x1({}, linear),
      ShapeError,
      /^foldIntoConv1x1: convolution.weight must have shape \[out, in, 1, ...\], got \[2, 3\]$/,
    ],
    [
      "no convolution",
      () => foldIntoConv1x1({}, null as never),
      ArgumentError,
      /^foldIntoConv1x1: convolution must be an object with weight and bias, got null$/,
    ],
    [
      "a convolution's bias of other outputs",
      () => foldIntoConv1x1({}, { weight: doubles([2, 3, 1]), bias: doubles([3]) }),
      ShapeError,
      /^foldIntoConv1x1: convolution.bias must have 2 elements, got \[3\]$/,
    ],
    [
      "a weight and a scale",
      () => foldIntoLinear({ weight: doubles([3]), scale: doubles([3]), bias: doubles([3]) }, linear),
      ArgumentError,
      /^foldIntoLinear: norm must hold weight or scale, two names of one thing, got both$/,
    ],
    [
      "a scale of other inputs",
      () => foldIntoLinear({ scale: doubles([4]), bias: doubles([4]) }, linear),
      ShapeError,
      /^foldIntoLinear: scale must have 3 elements, got \[4\]$/,
    ],
    [
      "a bias that is not the scale's",
      () => foldIntoLinear({ scale: doubles([3]), bias: doubles([4]) }, linear),
      ShapeError,
      /^foldIntoLinear: bias must have as many elements as scale, 3, got 4$/,
    ],
    [
      "a misspelt norm",
      () => foldIntoLinear({ wieght: doubles([3]) } as never, linear),
      ArgumentError,
      /^foldIntoLinear: norm must hold weight, scale and bias only, got "wieght"$/,
    ],
    [
      "a larger convolution",
      () => foldIntoConv1x1({}, { weight: doubles([2, 3, 3, 3]) }),
      ShapeError,
      /got \[2, 3, 3, 3\]$/,
    ],
    [
      "parameters that vary over locations",
      () => foldIntoConv1x1({ weight: doubles([3, 4]) }, { weight: doubles([2, 3, 1]) }),
      ShapeError,
      /^foldIntoConv1x1: weight must have 3 elements, got \[3, 4\]$/,
    ],
    [
      "no linear layer",
      () => foldIntoLinear({}, null as never),
      ArgumentError,
      /linear must be an object with weight and bias, got null$/,
    ],
    [
      "a misspelt one",
      () => foldIntoLinear({}, { wieght: 1 } as never),
      ArgumentError,
      /linear must hold weight and bias only, got "wieght"$/,
    ],
    [
      "integers",
      () => foldIntoLinear({ weight: { data: new Int32Array(3), shape: [3] } as never }, linear),
      DTypeError,
      /weight must be/,
    ],
    [
      "no running variance",
      () => batchNormToAffine({ runningMean: doubles([3]) } as never),
      ArgumentError,
      /runningVar must be given, with shape \[C\], got undefined$/,
    ],
    [
      "another mean",
      () => batchNormToAffine({ ...running, runningMean: doubles([4]) }),
      ShapeError,
      /runningMean must have shape \[3\], got \[4\]$/,
    ],
    [
      "another weight",
      () => batchNormToAffine({ ...running, weight: doubles([3, 1]) }),
      ShapeError,
      /weight must have shape \[3\], got \[3, 1\]$/,
    ],
    [
      "a negative eps",
      () => batchNormToAffine({ ...running, eps: -1 }),
      ArgumentError,
      /eps must be a finite number of at least 0, got -1$/,
    ],
    ["no state", () => batchNormToAffine(undefined as never), ArgumentError, /state must be an object/],
    [
      "a misspelt weight",
      () => batchNormToAffine({ ...running, wieght: doubles([3]) } as never),
      ArgumentError,
      /^batchNormToAffine: state must hold runningMean, runningVar, weight, bias and eps only, got "wieght"$/,
    ],
    [
      "another name of eps",
      () => batchNormToAffine({ ...running, epsilon: 3 } as never),
      ArgumentError,
      /only, got "epsilon"$/,
    ],
    [
      "PyTorch's names",
      () => batchNormToAffine({ running_mean: doubles([3]), running_var: doubles([3]) } as never),
      ArgumentError,
      /only, got "running_mean", which is runningMean here$/,
    ],
    [
      "groups that do not divide",
      () => groupNormalization18To21({ scale: doubles([3]), bias: doubles([3]) }, 7),
      ShapeError,
      /numChannels must be a multiple of the 3 groups, got 7$/,
    ],
    [
      "two numbers of groups",
      () => groupNormalization18To21({ scale: doubles([3]), bias: doubles([2]) }, 6),
      ShapeError,
      /bias must have shape \[3\], as scale has, got \[2\]$/,
    ],
    [
      "no scale",
      () => groupNormalization18To21({ bias: doubles([2]) } as never, 6),
      ArgumentError,
      /scale must be a tensor of shape \[G\], got undefined$/,
    ],
    [
      "a momentum that averages",
      () => momentumToOnnx(null as never),
      ArgumentError,
      /^momentumToOnnx: momentum must be a number from 0 to 1, got null$/,
    ],
    [
      "a momentum above 1",
      () => momentumFromOnnx(2),
      ArgumentError,
      /^momentumFromOnnx: momentum must be a number from 0 to 1, got 2$/,
    ],
  ])("%s", (_, run, type, message) => {
    const error = outcomeOf(run) as Error;
    expect(error).toBeInstanceOf(type);
    expect(error.message).toMatch(message);
  });

  it("anything with an error of the library", () => {
    const tensors = fc.oneof(
      fc.anything(),
      fc.record({ data: fc.float32Array({ maxLength: 6 }), shape: fc.array(fc.nat(3)) }),
    );
    const pairs = fc.record({ weight: tensors, scale: tensors, bias: tensors }, { requiredKeys: [] });
    const parameters = fc.oneof(fc.anything(), pairs);
    const states = fc.oneof(fc.anything(), fc.record({ runningMean: tensors, runningVar: tensors, weight: tensors }));
    const groups = fc.oneof(fc.anything(), fc.record({ scale: tensors, bias: tensors }));
    fc.assert(
      fc.property(parameters, parameters, states, groups, fc.anything(), (a, b, state, given, count) => {
        const runs = [
          () => foldIntoLinear(a as never, b as never),
          () => foldIntoConv1x1(a as never, b as never),
          () => batchNormToAffine(state as never),
          () => groupNormalization18To21(given as never, count as never),
        ];
        for (const run of runs) {
          const outcome = outcomeOf<unknown>(run);
          if (outcome instanceof Error) expect(outcome).toBeInstanceOf(LanenormError);
        }
      }),
      { numRuns: 5000 },
    );
  });
});
