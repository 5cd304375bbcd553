// The tests of TF.js and Keras, where there is a function of ours that does what theirs does. docs/conformance.md has the
// mapping.

import { describe, expect, it } from "vitest";
import { createEngineSync, type Engine, type Tensor, type TensorLike } from "../../src/index.js";
import { type Case, tensorOf, withCases } from "./cases.js";
import { expectOutput } from "./compare.js";

/** A case as a call: attributes, and inputs by name. */
interface Call {
  readonly engine: Engine;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly x: TensorLike;
  readonly parameters: Readonly<Record<string, TensorLike | undefined>>;
}

type Mapping = (call: Call) => Tensor[];

/** x as another shape sees it. */
function viewed({ data, dtype }: TensorLike, shape: readonly number[]): TensorLike {
  return { data, dtype, shape };
}

function flat(tensor: TensorLike | undefined): TensorLike | undefined {
  return tensor && viewed(tensor, [tensor.data.length]);
}

/** A result under x's shape. */
function back(engine: Engine, x: TensorLike, shape: readonly number[], run: (view: TensorLike) => Tensor): Tensor {
  const { data } = run(viewed(x, shape));
  return engine.tensor(data as Float32Array, x.shape);
}

/** Channels are those of the statistics, which cover x's last dimensions: all of them for statistics of x's shape. */
const batchNorm: Mapping = ({ engine, attributes, x, parameters: { mean, variance, offset, scale } }) => {
  const channels = mean!.data.length;
  return [
    back(engine, x, [x.data.length / channels, channels], (view) =>
      engine.batchNorm(view, {
        runningMean: flat(mean),
        runningVar: flat(variance),
        weight: flat(scale),
        bias: flat(offset),
        eps: attributes.epsilon as number,
      }),
    ),
  ];
};

/** Mean and biased variance come out as running statistics do that forget what they were. */
const normalizeBatchInTraining: Mapping = ({ engine, attributes, x, parameters: { gamma, beta } }) => {
  const channels = gamma!.data.length;
  const n = x.data.length / channels;
  const runningMean = new Float32Array(channels);
  const runningVar = new Float32Array(channels);
  const normed = back(engine, x, [n, channels], (view) =>
    engine.batchNorm(view, {
      ...{ training: true, momentum: 1, runningMean, runningVar },
      weight: flat(gamma),
      bias: flat(beta),
      eps: attributes.epsilon as number,
    }),
  );
  const variance = runningVar.map((unbiased) => (unbiased * (n - 1)) / n);
  return [normed, engine.tensor(runningMean, gamma!.shape), engine.tensor(variance, gamma!.shape)];
};

/** The radius reaches to either side, and alpha multiplies the sum rather than the mean. */
const localResponseNormalization: Mapping = ({ engine, attributes, x }) => {
  const { depthRadius, alpha, beta, bias } = attributes as Record<string, number>;
  const size = 2 * depthRadius + 1;
  return [engine.localResponseNorm(x, size, { alpha: alpha * size, beta, k: bias, layout: "channels-last" })];
};

const layerNormalization: Mapping = ({ engine, attributes, x, parameters: { gamma, beta } }) => {
  const axes = [attributes.axis as number | number[]].flat();
  return [engine.standardize(x, axes, { weight: gamma, bias: beta, eps: attributes.epsilon as number })];
};

const groupNormalization: Mapping = ({ engine, attributes, x }) => {
  const { axis, groups, epsilon: eps } = attributes as Record<string, number>;
  const layout = axis === 1 ? "channels-first" : "channels-last";
  return [engine.groupNorm(x, groups, { eps, layout })];
};

const rmsNormalization: Mapping = ({ engine, attributes, x, parameters: { scale } }) => [
  engine.rmsNorm(x, scale!.shape, { weight: scale, eps: attributes.epsilon as number }),
];

/** Without an axis, over all of x. */
const normalize: Mapping = ({ engine, attributes, x }) => {
  const { axis, order: p, epsilon: eps } = attributes as { axis: number | null; order: number; epsilon: number };
  if (axis !== null) return [engine.normalize(x, { p, dim: axis, eps })];
  return [back(engine, x, [x.data.length], (view) => engine.normalize(view, { p, dim: 0, eps }))];
};

const mappings: Readonly<Record<string, Mapping>> = {
  batchNorm,
  batch_normalization: batchNorm,
  normalizeBatchInTraining,
  localResponseNormalization,
  layerNormalization,
  LayerNormalization: layerNormalization,
  layer_normalization: layerNormalization,
  GroupNormalization: groupNormalization,
  RMSNormalization: rmsNormalization,
  rms_normalization: rmsNormalization,
  normalize,
};

/** Divides by the standard deviation without subtracting the mean, which nothing of ours does. */
const unmapped = ["LayerNormalization test_output_with_rms_scaling"];

function run({ op, attributes, inputs }: Case, engine: Engine): Tensor[] {
  const [x, ...rest] = inputs;
  const parameters = Object.fromEntries(rest.flatMap((input) => (input ? [[input.name, tensorOf(input)]] : [])));
  return mappings[op]({ engine, attributes, x: tensorOf(x!), parameters });
}

describe.each(["wasm", "js"] as const)("%s backend", (backend) => {
  const engine = createEngineSync({ backend });

  describe.each([
    ["tfjs", 45, 0],
    ["keras", 20, 1],
  ])("%s", (project, count, exceptions) => {
    withCases(project, (cases) => {
      const mapped = cases.filter(({ name }) => !unmapped.includes(name));

      it("has all cases", () => {
        expect(cases.length).toBe(count);
        expect(cases.length - mapped.length).toBe(exceptions);
      });

      it.each(mapped)("$name", (testCase) => {
        const results = run(testCase, engine);
        expect(results.length).toBe(testCase.outputs.length);
        results.forEach((result, index) => expectOutput(result, testCase.outputs[index], testCase));
      });
    });
  });
});
