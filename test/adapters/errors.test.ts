// Calls that are refused, and how.

import { describe, expect, it } from "vitest";
import * as onnx from "../../src/adapters/onnx/index.js";
import * as webnn from "../../src/adapters/webnn/index.js";
import {
  ArgumentError,
  createEngineSync,
  DisposedError,
  DTypeError,
  type LanenormError,
  OutOfMemoryError,
  ShapeError,
  type TensorLike,
} from "../../src/index.js";
import { type Operator, tensorOf } from "./support.js";

const x = tensorOf("float32", [2, 4, 3, 3], 1);
const four = tensorOf("float32", [4], 2);
const three = tensorOf("float32", [3], 3);
const doubles = tensorOf("float64", [4], 4);

type Class = new (...args: never[]) => LanenormError;
type Refused = [
  name: keyof typeof onnx,
  inputs: unknown,
  attributes: unknown,
  options: unknown,
  errorClass: Class,
  message: string,
];

const group = { num_groups: 2 };
const contrib = { groups: 2, activation: 0, channels_last: 0 };

const refused: Refused[] = [
  [
    "LayerNormalization",
    [x, three],
    { eps: 1 },
    {},
    ArgumentError,
    'LayerNormalization: attributes must be among axis, epsilon, stash_type, got "eps"',
  ],
  [
    "LayerNormalization",
    [x, three],
    { axis: 4 },
    {},
    ArgumentError,
    "LayerNormalization: axis must be an integer from -4 to 3, got 4",
  ],
  [
    "LayerNormalization",
    [x, three],
    { epsilon: NaN },
    {},
    ArgumentError,
    "LayerNormalization: epsilon must be a number, got NaN",
  ],
  [
    "LayerNormalization",
    [x, three],
    { stash_type: 10 },
    {},
    ArgumentError,
    "LayerNormalization: stash_type must be 1 or 16, got 10",
  ],
  [
    "LayerNormalization",
    [x, four],
    {},
    {},
    ShapeError,
    "LayerNormalization: Scale must broadcast to shape [2, 4, 3, 3], got [4]",
  ],
  [
    "LayerNormalization",
    [x, three, tensorOf("float32", [1, 2, 4, 3, 3], 5)],
    {},
    {},
    ShapeError,
    "LayerNormalization: B must broadcast to shape [2, 4, 3, 3], got [1, 2, 4, 3, 3]",
  ],
  [
    "LayerNormalization",
    [x, tensorOf("float64", [3], 6)],
    {},
    {},
    DTypeError,
    'LayerNormalization: Scale must have dtype "float32", as X has, got "float64"',
  ],
  ["LayerNormalization", [x], {}, {}, ArgumentError, "LayerNormalization: Scale must be given, got undefined"],
  ["LayerNormalization", [null, three], {}, {}, ArgumentError, "LayerNormalization: X must be given, got null"],
  [
    "LayerNormalization",
    [x, three, null, three],
    {},
    {},
    ArgumentError,
    "LayerNormalization: inputs must be at most 3: X, Scale, B?, got 4",
  ],
  ["LayerNormalization", x, {}, {}, ArgumentError, "LayerNormalization: inputs must be an array, got Object"],
  ["LayerNormalization", [x, three], 5, {}, ArgumentError, "LayerNormalization: attributes must be an object, got 5"],
  [
    "LayerNormalization",
    [x, three],
    {},
    { opset: 16 },
    ArgumentError,
    "LayerNormalization: opset must be an integer from 17 to 28, got 16",
  ],
  [
    "LayerNormalization",
    [x, three],
    {},
    { opset: 17.5 },
    ArgumentError,
    "LayerNormalization: opset must be an integer from 17 to 28, got 17.5",
  ],
  [
    "LayerNormalization",
    [x, three],
    {},
    { outputs: 4 },
    ArgumentError,
    "LayerNormalization: outputs must be from 1 to 3, got 4",
  ],
  [
    "LayerNormalization",
    [x, three],
    {},
    { outputs: ["Y"] },
    ArgumentError,
    "LayerNormalization: outputs must be from 1 to 3, got Array",
  ],
  [
    "LayerNormalization",
    [x, three],
    {},
    { engine: 1 },
    ArgumentError,
    "LayerNormalization: engine must be an Engine, got 1",
  ],
  [
    "LayerNormalization",
    [x, three],
    {},
    { output: 1 },
    ArgumentError,
    'LayerNormalization: options must be among opset, outputs, engine, got "output"',
  ],
  [
    "LayerNormalization",
    [{ data: new Float32Array(1), shape: [] }, three],
    {},
    {},
    ShapeError,
    "LayerNormalization: X must have at least 1 dimensions, got []",
  ],
  [
    "LayerNormalization",
    [{ data: new Int32Array(3), shape: [3] }, three],
    {},
    {},
    DTypeError,
    "LayerNormalization: X.data must be a Float32Array",
  ],
  [
    "RMSNormalization",
    [x, four],
    {},
    {},
    ShapeError,
    "RMSNormalization: scale must broadcast to shape [2, 4, 3, 3], got [4]",
  ],
  [
    "RMSNormalization",
    [x, three],
    { stash_type: 2 },
    {},
    ArgumentError,
    "RMSNormalization: stash_type must be 1 or 10 or 11 or 16, got 2",
  ],
  ["SimplifiedLayerNormalization", [x, four], {}, {}, ShapeError, "SimplifiedLayerNormalization: scale must broadcast"],
  [
    "GroupNormalization",
    [x, four, four],
    {},
    {},
    ArgumentError,
    "GroupNormalization: num_groups must be a positive integer, got undefined",
  ],
  [
    "GroupNormalization",
    [x, four, four],
    { num_groups: 3 },
    {},
    ShapeError,
    "GroupNormalization: num_groups must divide the 4 channels, got 3",
  ],
  [
    "GroupNormalization",
    [x, four, four],
    group,
    { opset: 18 },
    ShapeError,
    "GroupNormalization: scale must have shape [2], got [4]",
  ],
  [
    "GroupNormalization",
    [x, four, four],
    { ...group, stash_type: 1 },
    { opset: 18 },
    ArgumentError,
    "GroupNormalization: attributes must be among epsilon, num_groups, got",
  ],
  [
    "GroupNormalization",
    [x, four, three],
    group,
    {},
    ShapeError,
    "GroupNormalization: bias must have shape [4], got [3]",
  ],
  [
    "GroupNormalization",
    [x, doubles, four],
    group,
    {},
    DTypeError,
    'GroupNormalization: scale must have dtype "float32"',
  ],
  [
    "InstanceNormalization",
    [tensorOf("float32", [2, 4], 7), four, four],
    {},
    {},
    ShapeError,
    "InstanceNormalization: input must have at least 3 dimensions, got [2, 4]",
  ],
  [
    "InstanceNormalization",
    [tensorOf("float32", [2, 4, 3], 7), four, four],
    {},
    { opset: 1 },
    ShapeError,
    "InstanceNormalization: input must have 4 dimensions, got [2, 4, 3]",
  ],
  ["InstanceNormalization", [x, four, null], {}, {}, ArgumentError, "InstanceNormalization: B must be given, got null"],
  [
    "BatchNormalization",
    [x, four, four, four, three],
    {},
    {},
    ShapeError,
    "BatchNormalization: input_var must have shape [4], got [3]",
  ],
  [
    "BatchNormalization",
    [x, four, four, four, four],
    {},
    { outputs: 3 },
    ArgumentError,
    "BatchNormalization: outputs must be 1 unless training, got 3",
  ],
  [
    "BatchNormalization",
    [x, four, four, four, four],
    { training_mode: 2 },
    {},
    ArgumentError,
    "BatchNormalization: training_mode must be true or false, got 2",
  ],
  [
    "BatchNormalization",
    [x, four, four, four, four],
    { spatial: 1 },
    { opset: 9 },
    ArgumentError,
    'BatchNormalization: attributes must be among epsilon, momentum, got "spatial"',
  ],
  [
    "MeanVarianceNormalization",
    [tensorOf("float32", [2, 4, 3], 8)],
    {},
    {},
    ArgumentError,
    "MeanVarianceNormalization: axes must be an integer from -3 to 2, got 3",
  ],
  [
    "MeanVarianceNormalization",
    [x],
    { axes: [0, -4] },
    {},
    ArgumentError,
    "MeanVarianceNormalization: axes must name each dimension once",
  ],
  ["MeanVarianceNormalization", [x], {}, { opset: 7 }, ArgumentError, "MeanVarianceNormalization: opset must be"],
  ["LpNormalization", [x], { p: 3 }, {}, ArgumentError, "LpNormalization: p must be 1 or 2, got 3"],
  ["LRN", [x], {}, {}, ArgumentError, "LRN: size must be a positive integer, got undefined"],
  ["LRN", [four], { size: 3 }, {}, ShapeError, "LRN: X must have at least 2 dimensions, got [4]"],
  [
    "GroupNorm",
    [x, three, three],
    { groups: 3 },
    {},
    ArgumentError,
    "GroupNorm: activation must be 0 or 1, got undefined",
  ],
  [
    "GroupNorm",
    [x, four, four],
    { groups: 2, activation: 0 },
    {},
    ShapeError,
    "GroupNorm: groups must divide the 3 channels, got 2",
  ],
  [
    "GroupNorm",
    [tensorOf("float32", [2, 4, 3], 9), four, four],
    contrib,
    {},
    ShapeError,
    "GroupNorm: X must have 4 dimensions, got [2, 4, 3]",
  ],
  [
    "GroupNorm",
    [x, four, four],
    contrib,
    { opset: 2 },
    ArgumentError,
    "GroupNorm: opset must be an integer from 1 to 1, got 2",
  ],
  [
    "SkipGroupNorm",
    [x, four, four, three],
    contrib,
    {},
    ShapeError,
    "SkipGroupNorm: skip must have shape [2, 4, 3, 3] or [2, 4, 1, 1] or [2, 4], got [3]",
  ],
  [
    "SkipGroupNorm",
    [x, four, four, x, three],
    contrib,
    {},
    ShapeError,
    "SkipGroupNorm: bias must have shape [4], got [3]",
  ],
  [
    "SkipLayerNormalization",
    [x, x, three],
    {},
    {},
    ShapeError,
    "SkipLayerNormalization: input must have 2 to 3 dimensions, got [2, 4, 3, 3]",
  ],
  [
    "SkipLayerNormalization",
    [tensorOf("float32", [2, 4, 3], 10), three, three],
    {},
    {},
    ShapeError,
    "SkipLayerNormalization: skip must have shape [2, 4, 3] or [1, 4, 3] or [4, 3], got [3]",
  ],
  [
    "SkipLayerNormalization",
    [tensorOf("float32", [2, 3], 10), tensorOf("float64", [2, 3], 10), three],
    {},
    {},
    DTypeError,
    'SkipLayerNormalization: skip must have dtype "float32", as input has, got "float64"',
  ],
  [
    "SkipSimplifiedLayerNormalization",
    [tensorOf("float32", [2, 3], 10), tensorOf("float32", [2, 3], 10), four],
    {},
    {},
    ShapeError,
    "SkipSimplifiedLayerNormalization: gamma must have shape [3], got [4]",
  ],
];

describe("lanenorm/onnx refuses", () => {
  it.each(refused)("%s %#", (name, inputs, attributes, options, errorClass, message) => {
    const call = () => (onnx[name] as Operator)(inputs as never, attributes as never, options as never);
    expect(call).toThrow(errorClass);
    expect(call).toThrow(message);
  });

  it("names the operator where the engine has no memory, and holds none afterwards", () => {
    const engine = createEngineSync({ maximumBytes: 4 * 65536 });
    const big = { data: new Float32Array(40_000), shape: [1, 4, 10_000] };
    const resident = engine.tensor(big.data, big.shape);
    const { usedBytes } = engine.memory;
    const calls: [string, () => unknown][] = [
      ["LRN", () => onnx.LRN([resident], { size: 4 }, { engine })],
      [
        "SkipLayerNormalization",
        () => onnx.SkipLayerNormalization([resident, resident, tensorOf("float32", [10_000], 1)], {}, { engine }),
      ],
      ["InstanceNormalization", () => onnx.InstanceNormalization([resident, four, four], {}, { engine })],
    ];
    for (const [name, call] of calls) {
      expect(call).toThrow(OutOfMemoryError);
      expect(call).toThrow(new RegExp(`^${name}: `));
      expect(engine.memory.usedBytes).toBe(usedBytes);
    }
  });

  it("tensors of other engines, and what was disposed", () => {
    const engine = createEngineSync();
    const other = createEngineSync();
    const foreign = other.tensor(x.data, x.shape);
    expect(() => onnx.LRN([foreign], { size: 3 }, { engine })).toThrow("LRN: X must belong to this engine");
    foreign.dispose();
    expect(() => onnx.LRN([foreign], { size: 3 }, { engine: other })).toThrow(DisposedError);
    engine.dispose();
    expect(() => onnx.LRN([x], { size: 3 }, { engine })).toThrow(DisposedError);
  });
});

describe("lanenorm/webnn refuses", () => {
  const statistics: [TensorLike, TensorLike] = [four, four];

  it.each<[string, () => unknown, Class, string]>([
    [
      "unknown options",
      () => webnn.layerNormalization(x, { axis: 1 } as object),
      ArgumentError,
      "layerNormalization: options must be among axes, scale, bias, epsilon, label, engine",
    ],
    [
      "negative axes",
      () => webnn.layerNormalization(x, { axes: [-1] }),
      ArgumentError,
      "layerNormalization: axes must be a dimension of [2, 4, 3, 3], counted from 0, got -1",
    ],
    [
      "axes twice",
      () => webnn.layerNormalization(x, { axes: [1, 1] }),
      ArgumentError,
      "layerNormalization: axes must name each dimension once, got 1 again",
    ],
    [
      "one axis by itself",
      () => webnn.layerNormalization(x, { axes: 1 as never }),
      ArgumentError,
      "layerNormalization: axes must be an array, got 1",
    ],
    [
      "a scale in another order",
      () => webnn.layerNormalization(x, { axes: [2, 1], scale: tensorOf("float32", [4, 3], 1) }),
      ShapeError,
      "layerNormalization: scale must have shape [3, 4], got [4, 3]",
    ],
    [
      "a layout of others",
      () => webnn.instanceNormalization(x, { layout: "NCHW" as never }),
      ArgumentError,
      'instanceNormalization: layout must be "nchw" or "nhwc", got "NCHW"',
    ],
    [
      "parameters of another dtype",
      () => webnn.instanceNormalization(tensorOf("float16", [1, 4, 1, 2], 1), { scale: four }),
      DTypeError,
      'instanceNormalization: scale must have dtype "float16", as input has, got "float32"',
    ],
    [
      "an axis that is not there",
      () => webnn.batchNormalization(x, ...statistics, { axis: 4 }),
      ArgumentError,
      "batchNormalization: axis must be a dimension of [2, 4, 3, 3], counted from 0, got 4",
    ],
    [
      "statistics of another axis",
      () => webnn.batchNormalization(x, ...statistics, { axis: 2 }),
      ShapeError,
      "batchNormalization: mean must have shape [3], got [4]",
    ],
  ])("%s", (_, call, errorClass, message) => {
    expect(call).toThrow(errorClass);
    expect(call).toThrow(message);
  });
});
