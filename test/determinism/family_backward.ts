// Gradients on groups of mixed kinds. Statistics are what the forward call of the same backend gives, so that kernels meet what
// they will meet: means that were rounded, groups of NaN, deviations that overflow.

import type { Engine, TensorLike } from "../../src/index.js";
import { type Data, toData } from "../support/dtypes.js";
import { createRandom } from "../support/random.js";
import {
  groupBatch,
  groupByAxes,
  groupChannels,
  product,
  type Grouping,
  type Layout,
} from "../support/reference/grouping.js";
import type { Operand, Operands, Results } from "./calls.js";
import { callOf, type Channels, channelParameters, type GroupedCall, shapeOf, type Source } from "./family.js";

/** The gradients of a call: all of them, and what may take paths of its own, that of the input alone. */
const MASKS = [
  [true, true, true],
  [true, false, false],
] as const;

type Mask = (typeof MASKS)[number];

/** gradInput may go to a place that is given. */
interface Options {
  readonly outputMask: Mask;
  readonly out: { readonly gradInput?: TensorLike };
}

type Run = (engine: Engine, dy: Operand, x: Operand, others: Operands, options: Options) => object;

/** Layer and RMS norm. */
export function rowGradients(source: Source, rows: number, n: number): GroupedCall[] {
  const { weight } = channelParameters(n, source.dtype);
  const of = (name: string, others: Operands, run: Run): GroupedCall[] => {
    return gradients(name, source, [rows, n], groupByAxes([rows, n], [1]), others, run);
  };
  return [
    ...of("layerNormBackward", { weight }, (engine, dy, x, others, options) => {
      const { mean, rstd } = engine.nativeLayerNorm(x, n);
      return engine.layerNormBackward(dy, x, n, { mean, rstd, ...others, ...options });
    }),
    ...of("rmsNormBackward", { weight }, (engine, dy, x, others, { outputMask: [input, weight], out }) => {
      const { rstd } = engine.nativeRmsNorm(x, n);
      return engine.rmsNormBackward(dy, x, n, { rstd, ...others, outputMask: [input, weight], out });
    }),
  ];
}

/** Group, instance and batch norm, the latter with both kinds of statistics. */
export function channelGradients(source: Source, sizes: Channels, layout: Layout): GroupedCall[] {
  const { batch, channels, groups, span } = sizes;
  const tensor = { batch, channels, spatial: span, layout };
  const { weight } = channelParameters(channels, source.dtype);
  const of = (name: string, grouping: Grouping, run: Run): GroupedCall[] => {
    return gradients(`${name}, ${layout}`, source, shapeOf(sizes, layout), grouping, { weight }, run);
  };
  return [
    ...of(`groupNormBackward in ${groups}`, groupChannels(tensor, groups), (engine, dy, x, others, options) => {
      const { mean, rstd } = engine.nativeGroupNorm(x, groups, { layout });
      return engine.groupNormBackward(dy, x, groups, { mean, rstd, layout, ...others, ...options });
    }),
    ...of("instanceNormBackward", groupChannels(tensor, channels), (engine, dy, x, others, options) => {
      const { mean, rstd } = engine.nativeInstanceNorm(x, { layout });
      return engine.instanceNormBackward(dy, x, { mean, rstd, layout, ...others, ...options });
    }),
    ...[true, false].flatMap((training) =>
      of(`batchNormBackward, training ${training}`, groupBatch(tensor), (engine, dy, x, others, options) => {
        const { mean, rstd } = engine.nativeBatchNorm(x, { training: true, layout });
        return engine.batchNormBackward(dy, x, { mean, rstd, layout, training, ...others, ...options });
      }),
    ),
  ];
}

export function responseGradients(source: Source, sizes: Channels, layout: Layout): GroupedCall[] {
  const { batch, channels, span } = sizes;
  const grouping = groupChannels({ batch, channels, spatial: span, layout }, channels);
  return one(
    `localResponseNormBackward, ${layout}`,
    source,
    shapeOf(sizes, layout),
    grouping,
    (engine, dy, x, _, { out }) => {
      return engine.localResponseNormBackward(dy, x, 4, { alpha: 0.1, layout, out });
    },
  );
}

export function lineGradients(source: Source, shape: readonly number[], dim: number): GroupedCall[] {
  return [2, 3].flatMap((p) =>
    one(`normalizeBackward by p = ${p}`, source, shape, groupByAxes(shape, [dim]), (engine, dy, x, _, { out }) => {
      return engine.normalizeBackward(dy, x, { p, dim, out });
    }),
  );
}

function one(name: string, source: Source, shape: readonly number[], grouping: Grouping, run: Run): GroupedCall[] {
  return gradients(name, source, shape, grouping, {}, run, MASKS.slice(0, 1));
}

function gradients(
  name: string,
  source: Source,
  shape: readonly number[],
  grouping: Grouping,
  others: Operands,
  run: Run,
  masks: readonly Mask[] = MASKS,
): GroupedCall[] {
  const gradOutput = { data: normals(source, product(shape)), shape, dtype: source.dtype };
  return masks.map((outputMask) =>
    callOf(
      `${name} with [${outputMask}]`,
      source,
      shape,
      grouping,
      { gradOutput, ...others },
      (engine, { x, gradOutput, ...others }, out) => {
        return present(run(engine, gradOutput, x, others, { outputMask, out: { gradInput: out } }));
      },
    ),
  );
}

/** Those that are not null. */
function present(gradients: object): Results {
  return Object.fromEntries(Object.entries(gradients).filter(([, gradient]) => gradient !== null)) as Results;
}

function normals({ dtype }: Source, count: number): Data {
  return toData(dtype, Float64Array.from({ length: count }, createRandom(count).normal));
}
