import { describe, expect, it } from "vitest";
import { ArgumentError, createEngineSync, DTypeError, LanenormError, ShapeError } from "../../src/index.js";
import * as nn from "../../src/nn/index.js";
import {
  BatchNorm1d,
  BatchNorm2d,
  GroupNorm,
  InstanceNorm1d,
  InstanceNorm2d,
  LayerNorm,
  RMSNorm,
} from "../../src/nn/index.js";
import { outcomeOf } from "../convert/support.js";
import { cases, disturb, doubles, singles } from "./support.js";

const engine = createEngineSync();

describe("forward is the function of the layer", () => {
  const x = singles([4, 6, 5]);

  it("LayerNorm", () => {
    const module = new LayerNorm([6, 5], { eps: 1e-3, engine });
    disturb(module);
    const { weight, bias } = module;
    expect(module.forward(x)).toEqual(engine.layerNorm(x, [6, 5], { weight, bias, eps: 1e-3 }));
  });

  it("RMSNorm", () => {
    const module = new RMSNorm(5);
    disturb(module);
    expect(module.forward(x)).toEqual(engine.rmsNorm(x, 5, { weight: module.weight }));
    expect(new RMSNorm(5, { eps: 0.5 }).forward(x)).toEqual(engine.rmsNorm(x, 5, { eps: 0.5 }));
  });

  it("GroupNorm", () => {
    const module = new GroupNorm(3, 6);
    disturb(module);
    const { weight, bias } = module;
    expect(module.forward(x)).toEqual(engine.groupNorm(x, 3, { weight, bias }));
  });

  it("BatchNorm: x's statistics in training, running ones in evaluation", () => {
    const module = new BatchNorm1d(6);
    const running = { runningMean: new Float32Array(6), runningVar: new Float32Array(6).fill(1) };
    expect(module.forward(x)).toEqual(engine.batchNorm(x, { ...running, training: true }));
    expect([module.runningMean!.data, module.runningVar!.data]).toEqual([running.runningMean, running.runningVar]);
    expect(module.numBatchesTracked).toBe(1);
    expect(module.eval().forward(x)).toEqual(engine.batchNorm(x, running));
    expect([module.runningMean!.data, module.numBatchesTracked]).toEqual([running.runningMean, 1]);
  });

  it("BatchNorm with momentum null: the average of all batches", () => {
    const module = new BatchNorm1d(2, { momentum: null, dtype: "float64" });
    const batches = [1, 2, 3].map((seed) => doubles([8, 2], seed));
    for (const batch of batches) module.forward(batch);
    const means = batches.map((batch) => engine.nativeBatchNorm(batch, { training: true }).mean.data);
    for (const channel of [0, 1])
      expect(module.runningMean!.data[channel]).toBeCloseTo(
        means.reduce((sum, mean) => sum + mean[channel], 0) / 3,
        14,
      );
    expect(module.numBatchesTracked).toBe(3);
  });

  it("BatchNorm without running statistics: x's in evaluation, too", () => {
    const module = new BatchNorm1d(6, { trackRunningStats: false }).eval();
    expect([module.runningMean, module.runningVar, module.numBatchesTracked]).toEqual([null, null, null]);
    expect(module.forward(x)).toEqual(engine.batchNorm(x, { training: true }));
  });

  it("InstanceNorm", () => {
    expect(new InstanceNorm1d(6).forward(x)).toEqual(engine.instanceNorm(x));
    const module = new InstanceNorm1d(6, { affine: true, trackRunningStats: true, momentum: 0.5 });
    disturb(module);
    const { weight, bias } = module;
    const running = { runningMean: new Float32Array(6), runningVar: new Float32Array(6).fill(1) };
    expect(module.forward(x)).toEqual(engine.instanceNorm(x, { ...running, weight, bias, momentum: 0.5 }));
    expect(module.runningVar!.data).toEqual(running.runningVar);
    const evaluated = module.eval().forward(x);
    expect(evaluated).toEqual(engine.instanceNorm(x, { ...running, weight, bias, useInputStats: false }));
    // PyTorch has the count in the state dict and never moves it.
    expect(module.numBatchesTracked).toBe(0);
  });

  it("InstanceNorm of one sample is that of a batch of one", () => {
    for (const mode of [true, false]) {
      const module = new InstanceNorm2d(3, { affine: true, trackRunningStats: true }).train(mode);
      disturb(module);
      const one = singles([3, 4, 5]);
      const output = module.forward(one);
      expect(output.shape).toEqual([3, 4, 5]);
      const again = new InstanceNorm2d(3, { affine: true, trackRunningStats: true }).train(mode);
      disturb(again);
      expect(output.data).toEqual(again.forward({ ...one, shape: [1, 3, 4, 5] }).data);
    }
  });

  it.each(cases)("in evaluation the same as in training, but for running statistics: $name", ({ make, shape }) => {
    const module = make();
    disturb(module);
    const trained = module.forward(singles(shape));
    if ("runningMean" in module && module.runningMean) return;
    expect(module.eval().forward(singles(shape))).toEqual(trained);
  });

  it.each(cases)("of a resident x is resident, and leaves nothing else in the engine: $name", ({ make, shape }) => {
    const own = createEngineSync();
    const module = make({ engine: own }).eval();
    const resident = own.tensor(singles(shape).data, shape);
    const bytes = own.memory.usedBytes;
    const output = module.forward(resident);
    expect(output.resident).toBe(true);
    output.dispose();
    expect(own.memory.usedBytes).toBe(bytes);
  });
});

describe("modules begin as torch.nn's do", () => {
  it.each(cases)("$name", ({ make }) => {
    const module = make();
    expect(module.training).toBe(true);
    expect(module.eval().training).toBe(false);
    expect(module.train().training).toBe(true);
    const { weight, bias } = module;
    expect(module.parameters()).toEqual([weight, bias].filter((parameter) => parameter !== null));
    expect(new Set(weight?.data ?? [1])).toEqual(new Set([1]));
    expect(new Set(bias?.data ?? [0])).toEqual(new Set([0]));
  });

  it("with PyTorch's defaults", () => {
    const batch = new BatchNorm2d(3);
    expect(batch).toMatchObject({ numFeatures: 3, eps: 1e-5, momentum: 0.1, numBatchesTracked: 0 });
    expect([batch.weight!.shape, batch.runningVar!.data]).toEqual([[3], new Float32Array(3).fill(1)]);
    const instance = new InstanceNorm2d(3);
    expect(instance).toMatchObject({ eps: 1e-5, momentum: 0.1, weight: null, bias: null, runningMean: null });
    expect(new LayerNorm(4)).toMatchObject({ normalizedShape: [4], eps: 1e-5 });
    expect(new GroupNorm(1, 4)).toMatchObject({ numGroups: 1, numChannels: 4, eps: 1e-5 });
    expect(new RMSNorm([4])).toMatchObject({ normalizedShape: [4], eps: null, bias: null });
  });
});

describe("modules refuse", () => {
  type Failure = [string, () => unknown, typeof LanenormError, RegExp];

  it.each<Failure>([
    [
      "no sizes",
      () => new LayerNorm([]),
      ShapeError,
      /^LayerNorm: normalizedShape must have one or more sizes, got \[\]$/,
    ],
    [
      "a size of words",
      () => new LayerNorm(["6"] as never),
      ShapeError,
      /^LayerNorm: normalizedShape must hold integers/,
    ],
    [
      "a misspelt option",
      () => new LayerNorm(6, { epsilon: 1 } as never),
      ArgumentError,
      /^LayerNorm: options must be among eps/,
    ],
    [
      "another layer's option",
      () => new GroupNorm(1, 6, { bias: false } as never),
      ArgumentError,
      /must be among eps, affine/,
    ],
    [
      "groups that do not divide",
      () => new GroupNorm(4, 6),
      ShapeError,
      /^GroupNorm: numGroups must divide numChannels, 6, got 4$/,
    ],
    [
      "no channels",
      () => new BatchNorm2d(0),
      ArgumentError,
      /^BatchNorm2d: numFeatures must be a positive integer, got 0$/,
    ],
    ["a NaN eps", () => new RMSNorm(4, { eps: NaN }), ArgumentError, /^RMSNorm: eps must be a number, got NaN$/],
    [
      "a momentum above 1",
      () => new BatchNorm1d(4, { momentum: 2 }),
      ArgumentError,
      /^BatchNorm1d: momentum must be a number from 0 to 1/,
    ],
    [
      "no momentum",
      () => new InstanceNorm1d(4, { momentum: null as never }),
      ArgumentError,
      /^InstanceNorm1d: momentum/,
    ],
    [
      "parameters of 16 bits",
      () => new LayerNorm(4, { dtype: "float16" as never }),
      DTypeError,
      /^LayerNorm: dtype must be "float32" or "float64", got "float16"$/,
    ],
    [
      "another engine",
      () => new LayerNorm(4, { engine: {} as never }),
      ArgumentError,
      /^LayerNorm: engine must be an Engine/,
    ],
    [
      "a mode of words",
      () => new LayerNorm(4).train("no" as never),
      ArgumentError,
      /^LayerNorm.train: mode must be true or false/,
    ],
  ])("%s", (_, run, type, message) => {
    const error = outcomeOf(run) as Error;
    expect(error).toBeInstanceOf(type);
    expect(error.message).toMatch(message);
  });

  it.each<[string, nn.Norm, unknown, typeof LanenormError, RegExp]>([
    [
      "another shape",
      new LayerNorm([6, 5]),
      singles([2, 5, 6]),
      ShapeError,
      /^LayerNorm.forward: normalizedShape must be the last sizes/,
    ],
    [
      "another dtype",
      new LayerNorm(5),
      doubles([2, 5]),
      DTypeError,
      /^LayerNorm.forward: x must have dtype "float32", as the module has, got "float64"$/,
    ],
    [
      "a dtype without parameters",
      new BatchNorm1d(5, { affine: false }),
      doubles([2, 5]),
      DTypeError,
      /as the module has/,
    ],
    ["no tensor", new LayerNorm(5), null, ArgumentError, /^LayerNorm.forward: x must be a tensor/],
    [
      "other channels",
      new GroupNorm(1, 6),
      singles([2, 4, 3]),
      ShapeError,
      /^GroupNorm.forward: x must have 6 channels at axis 1, got \[2, 4, 3\]$/,
    ],
    ["one axis", new GroupNorm(1, 6), singles([6]), ShapeError, /^GroupNorm.forward: x must have 6 channels at axis 1/],
    [
      "4 axes for 1d",
      new BatchNorm1d(3),
      singles([2, 3, 1, 1]),
      ShapeError,
      /^BatchNorm1d.forward: x must have shape \[N, C\] or \[N, C, L\], got \[2, 3, 1, 1\]$/,
    ],
    ["3 axes for 2d", new BatchNorm2d(3), singles([2, 3, 4]), ShapeError, /must have shape \[N, C, H, W\]/],
    ["4 axes for 3d", new nn.BatchNorm3d(3), singles([2, 3, 4, 4]), ShapeError, /must have shape \[N, C, D, H, W\]/],
    ["1 axis for 1d", new InstanceNorm1d(3), singles([3]), ShapeError, /must have shape \[N, C, L\] or \[C, L\]/],
    ["channels of one sample", new InstanceNorm1d(3), singles([2, 3]), ShapeError, /must have 3 channels at axis 0/],
    [
      "one value per channel",
      new BatchNorm1d(3),
      singles([1, 3]),
      ShapeError,
      /^BatchNorm1d.forward: x must have more than one value per channel/,
    ],
    [
      "one value per channel of a sample",
      new InstanceNorm1d(3),
      singles([2, 3, 1]),
      ShapeError,
      /more than one value per channel/,
    ],
    ["one value per group", new GroupNorm(3, 3), singles([1, 3]), ShapeError, /more than one value per group/],
  ])("to take %s, whatever the mode of training", (_, module, x, type, message) => {
    const before = module.stateDict();
    const error = outcomeOf(() => module.forward(x as never)) as Error;
    expect(error).toBeInstanceOf(type);
    expect(error.message).toMatch(message);
    expect(module.stateDict()).toEqual(before);
  });

  it("but one value per channel is normalised by running statistics", () => {
    expect(new BatchNorm1d(3).eval().forward(singles([1, 3])).shape).toEqual([1, 3]);
  });
});

describe("Parameter", () => {
  it("keeps its array, goes where tensors go, and adds gradients up", () => {
    const data = Float32Array.of(1, 2);
    const parameter = new nn.Parameter(data, [2]);
    expect(parameter.data).toBe(data);
    expect(engine.layerNorm(singles([3, 2]), 2, { weight: parameter }).shape).toEqual([3, 2]);
    parameter.accumulate({ data: Float32Array.of(1, 2), shape: [2] });
    parameter.accumulate(engine.tensor(Float64Array.of(0.5, 0.25), [2]));
    expect(parameter.grad).toMatchObject({ data: Float32Array.of(1.5, 2.25), shape: [2], dtype: "float32" });
    parameter.zeroGrad();
    expect(parameter.grad).toBeNull();
  });

  it.each<[string, () => unknown, RegExp]>([
    ["bits", () => new nn.Parameter(new Uint16Array(2) as never, [2]), /^Parameter: data must/],
    ["another shape", () => new nn.Parameter(new Float32Array(2), [3]), /^Parameter: data must have as many elements/],
    [
      "a gradient of another shape",
      () => new nn.Parameter(new Float32Array(2), [2]).accumulate(singles([1, 2])),
      /^Parameter.accumulate: gradient must have shape \[2\], got \[1, 2\]$/,
    ],
    [
      "a gradient that is none",
      () => new nn.Parameter(new Float32Array(2), [2]).accumulate(null as never),
      /^Parameter.accumulate: gradient must be a tensor/,
    ],
  ])("refuses %s", (_, run, message) => {
    const error = outcomeOf(run) as Error;
    expect(error).toBeInstanceOf(LanenormError);
    expect(error.message).toMatch(message);
  });
});
