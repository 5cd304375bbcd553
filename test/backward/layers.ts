// Every layer that has gradients, as data: its shapes, its forward call and its backward call.

import type { Engine, Tensor, TensorLike } from "../../src/index.js";

export type GradientName = "gradInput" | "gradWeight" | "gradBias";

/** Null for what is not asked for, missing for what a layer has not. */
export type Gradients = Readonly<Record<"gradInput", Tensor | null>> &
  Readonly<Partial<Record<"gradWeight" | "gradBias", Tensor | null>>>;

/** Options by name: a test may put anything into each. */
export type Options = Readonly<Record<string, unknown>>;

export interface Layer {
  /** The function of the API. */
  readonly name: string;
  readonly title: string;
  readonly shape: readonly number[];
  /** Undefined where there are no parameters. */
  readonly parameterShape?: readonly number[];
  /** The statistics that backward takes, and their shape. */
  readonly statistics: readonly ("mean" | "rstd")[];
  readonly statisticsShape: readonly number[];
  /** Whether statistics are constants. */
  readonly frozen?: boolean;
  /** The gradients it has. */
  readonly gradients: readonly GradientName[];
  /** Options of the forward call that backward takes too. */
  readonly options: Options;
  /** The statistics of x. */
  statisticsOf(engine: Engine, x: TensorLike): Options;
  /** The result of the forward call, whose gradient it is. */
  forward(engine: Engine, x: TensorLike, options: Options): Tensor;
  backward(engine: Engine, gradOutput: TensorLike, x: TensorLike, options: Options): Gradients;
}

const all: readonly GradientName[] = ["gradInput", "gradWeight", "gradBias"];
const centred = ["mean", "rstd"] as const;

type Method = (...args: unknown[]) => never;

function method(engine: Engine, name: string): Method {
  return (engine as unknown as Record<string, Method>)[name].bind(engine);
}

interface Particulars {
  readonly shape: readonly number[];
  readonly parameterShape?: readonly number[];
  readonly statistics?: readonly ("mean" | "rstd")[];
  readonly statisticsShape?: readonly number[];
  readonly gradients?: readonly GradientName[];
  readonly options?: Options;
  /** normalizedShape, numGroups, size. */
  readonly rest?: readonly unknown[];
  readonly frozen?: boolean;
}

function layer(forwardName: string, particulars: Particulars): Layer {
  const { shape, parameterShape, statistics = [], statisticsShape = [], options = {}, rest = [], frozen } = particulars;
  const name = `${forwardName}Backward`;
  const native = `native${forwardName[0].toUpperCase()}${forwardName.slice(1)}`;
  const given = JSON.stringify({ ...options, p: String(options.p) });
  return {
    name,
    title: `${name} of [${shape}] ${rest.map((argument) => `[${String(argument)}]`).join()} ${given}`,
    ...{ shape, parameterShape, statistics, statisticsShape, options, frozen },
    gradients: particulars.gradients ?? (parameterShape ? all : ["gradInput"]),
    statisticsOf: (engine, x) => {
      if (statistics.length === 0) return {};
      const own = forwardName === "batchNorm" ? { training: true } : {};
      const layout = options.layout ? { layout: options.layout } : {};
      const { mean, rstd }: { mean?: Tensor; rstd: Tensor } = method(engine, native)(x, ...rest, { ...layout, ...own });
      return mean ? { mean, rstd } : { rstd };
    },
    forward: (engine, x, more) => method(engine, forwardName)(x, ...rest, { ...options, ...more }),
    backward: (engine, gradOutput, x, more) => {
      return method(engine, name)(gradOutput, x, ...rest, { ...options, ...more });
    },
  };
}

const last = { layout: "channels-last" };

/** Channels [C] of x in either layout, with statistics of some shape. */
function channels(
  name: string,
  sizes: { shape: readonly number[]; statisticsShape: readonly number[] },
  more: Partial<Particulars> = {},
): Layer {
  const { shape } = sizes;
  const count = more.options?.layout === "channels-last" ? shape[shape.length - 1] : shape[1];
  return layer(name, { ...sizes, parameterShape: [count], statistics: centred, ...more });
}

/** Two samples of four channels of six elements, and what differs from that. */
export const layers: readonly Layer[] = [
  layer("layerNorm", {
    shape: [3, 2, 9],
    parameterShape: [2, 9],
    statistics: centred,
    statisticsShape: [3, 1, 1],
    rest: [[2, 9]],
  }),
  layer("rmsNorm", {
    shape: [3, 2, 9],
    parameterShape: [9],
    statistics: ["rstd"],
    statisticsShape: [3, 2, 1],
    gradients: ["gradInput", "gradWeight"],
    rest: [9],
  }),
  channels("groupNorm", { shape: [2, 4, 6], statisticsShape: [2, 2] }, { rest: [2] }),
  channels("groupNorm", { shape: [2, 6, 4], statisticsShape: [2, 2] }, { rest: [2], options: last }),
  channels("groupNorm", { shape: [3, 6], statisticsShape: [3, 3] }, { rest: [3] }),
  channels("instanceNorm", { shape: [2, 4, 6], statisticsShape: [2, 4] }),
  channels("instanceNorm", { shape: [2, 6, 4], statisticsShape: [2, 4] }, { options: last }),
  channels(
    "instanceNorm",
    { shape: [2, 4, 6], statisticsShape: [2, 4] },
    { options: { useInputStats: false }, frozen: true },
  ),
  channels("batchNorm", { shape: [2, 4, 6], statisticsShape: [4] }, { options: { training: true } }),
  channels("batchNorm", { shape: [2, 6, 4], statisticsShape: [4] }, { options: { ...last, training: true } }),
  channels("batchNorm", { shape: [7, 4], statisticsShape: [4] }, { options: { training: true } }),
  channels("batchNorm", { shape: [2, 4, 6], statisticsShape: [4] }, { options: { training: false }, frozen: true }),
  channels(
    "batchNorm",
    { shape: [2, 6, 4], statisticsShape: [4] },
    { options: { ...last, training: false }, frozen: true },
  ),
  ...[1, 2, 3, Infinity].map((p) => layer("normalize", { shape: [2, 5, 3], options: { p } })),
  layer("localResponseNorm", { shape: [2, 5, 3], rest: [4], options: { alpha: 0.5 } }),
  layer("localResponseNorm", { shape: [2, 3, 5], rest: [3], options: { ...last, alpha: 0.5, beta: 1.5 } }),
];

/** Those with a weight. */
export const layersWithWeight = layers.filter(({ parameterShape }) => parameterShape);
