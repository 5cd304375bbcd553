import type {
  BackwardEngine,
  ForwardEngine,
  GradientInput,
  Gradients,
  LayoutInput,
  NormInput,
  TensorInput,
  TensorOutput,
} from "../support/api.js";
import { groupBatch, groupByAxes, groupChannels, type Grouping, type Layout } from "../support/reference/grouping.js";

/** Results, as far as an operation gives them. */
export interface Results {
  readonly output: TensorOutput;
  readonly mean?: TensorOutput;
  readonly rstd?: TensorOutput;
}

/** An operation on a tensor of some shape, whose groups lie wherever the operation has them. */
export interface Placed {
  readonly shape: readonly number[];
  readonly grouping: Grouping;
  readonly parameterShape: readonly number[];
  /** Without parameters, with statistics where the operation has them. */
  plain(engine: ForwardEngine, x: TensorInput, eps: number): Results;
  affine(engine: ForwardEngine, x: TensorInput, options: NormInput): TensorOutput;
  /** The gradients, of operations that have a function for them. */
  backward?(engine: BackwardEngine, dy: TensorInput, x: TensorInput, options: GradientInput): Gradients;
}

/**
 * A way of laying rows of n elements into a tensor so that an operation's groups are those rows: one reference then
 * serves every operation and layout.
 */
export interface Placement {
  readonly name: string;
  readonly operation: keyof ForwardEngine;
  readonly layout?: Layout;
  /** Root mean squares rather than standard deviations; such operations have no bias. */
  readonly isAboutZero?: boolean;
  place(rows: number, n: number): Placed;
}

export const placements: readonly Placement[] = [
  { name: "layerNorm", operation: "layerNorm", place: asLayerNorm },
  { name: "rmsNorm", operation: "rmsNorm", isAboutZero: true, place: asRmsNorm },
  ...inBothLayouts("groupNorm", asGroupNorm),
  ...inBothLayouts("instanceNorm", asInstanceNorm),
  ...inBothLayouts("batchNorm", asBatchNorm),
  { name: "standardize, channels", operation: "standardize", place: (rows, n) => asStandardize([2, n, rows / 2], [1]) },
  {
    name: "standardize, two axes",
    operation: "standardize",
    place: (rows, n) => asStandardize([divisorUpTo(8, n), rows, n / divisorUpTo(8, n)], [0, 2]),
  },
];

function inBothLayouts(
  operation: "groupNorm" | "instanceNorm" | "batchNorm",
  place: (layout: Layout, rows: number, n: number) => Placed,
): Placement[] {
  const layouts: Layout[] = ["channels-first", "channels-last"];
  return layouts.map((layout) => {
    return { name: `${operation}, ${layout}`, operation, layout, place: (rows, n) => place(layout, rows, n) };
  });
}

function asLayerNorm(rows: number, n: number): Placed {
  const shape = [rows, n];
  return {
    shape,
    grouping: groupByAxes(shape, [1]),
    parameterShape: [n],
    plain: (engine, x, eps) => engine.nativeLayerNorm(x, n, { eps }),
    affine: (engine, x, options) => engine.layerNorm(x, n, options),
    backward: (engine, dy, x, options) => engine.layerNormBackward(dy, x, n, options),
  };
}

function asRmsNorm(rows: number, n: number): Placed {
  const shape = [rows, n];
  return {
    shape,
    grouping: groupByAxes(shape, [1]),
    parameterShape: [n],
    plain: (engine, x, eps) => engine.nativeRmsNorm(x, n, { eps }),
    affine: (engine, x, { weight, eps }) => engine.rmsNorm(x, n, { weight, eps }),
    backward: (engine, dy, x, { rstd, weight }) => engine.rmsNormBackward(dy, x, n, { rstd, weight }),
  };
}

/** Two samples, and as many channels per group as can be had below 64. */
function asGroupNorm(layout: Layout, rows: number, n: number): Placed {
  const [batch, groups, width] = [2, rows / 2, divisorUpTo(63, n)];
  const channels = groups * width;
  const spatial = n / width;
  return {
    shape: channelShape(layout, batch, channels, spatial),
    grouping: groupChannels({ batch, channels, spatial, layout }, groups),
    parameterShape: [channels],
    plain: (engine, x, eps) => engine.nativeGroupNorm(x, groups, { eps, ...optionOf(layout) }),
    affine: (engine, x, options) => engine.groupNorm(x, groups, { ...options, ...optionOf(layout) }),
    backward: (engine, dy, x, options) => engine.groupNormBackward(dy, x, groups, { ...options, ...optionOf(layout) }),
  };
}

function asInstanceNorm(layout: Layout, rows: number, n: number): Placed {
  const [batch, channels] = [2, rows / 2];
  return {
    shape: channelShape(layout, batch, channels, n),
    grouping: groupChannels({ batch, channels, spatial: n, layout }, channels),
    parameterShape: [channels],
    plain: (engine, x, eps) => engine.nativeInstanceNorm(x, { eps, ...optionOf(layout) }),
    affine: (engine, x, options) => engine.instanceNorm(x, { ...options, ...optionOf(layout) }),
    backward: (engine, dy, x, options) => engine.instanceNormBackward(dy, x, { ...options, ...optionOf(layout) }),
  };
}

function asBatchNorm(layout: Layout, channels: number, n: number): Placed {
  const batch = divisorUpTo(8, n);
  const spatial = n / batch;
  return {
    // [N, C] where there is nothing else.
    shape: spatial === 1 ? [batch, channels] : channelShape(layout, batch, channels, spatial),
    grouping: groupBatch({ batch, channels, spatial, layout }),
    parameterShape: [channels],
    plain: (engine, x, eps) => engine.nativeBatchNorm(x, { eps, ...optionOf(layout), training: true }),
    affine: (engine, x, options) => engine.batchNorm(x, { ...options, ...optionOf(layout), training: true }),
    backward: (engine, dy, x, options) => {
      return engine.batchNormBackward(dy, x, { ...options, ...optionOf(layout), training: true });
    },
  };
}

function asStandardize(shape: readonly number[], axes: readonly number[]): Placed {
  return {
    shape,
    grouping: groupByAxes(shape, axes),
    parameterShape: axes.map((axis) => shape[axis]),
    plain: (engine, x, eps) => ({ output: engine.standardize(x, axes, { eps }) }),
    affine: (engine, x, options) => engine.standardize(x, axes, options),
  };
}

/** Channels-first is the default. */
export function optionOf(layout: Layout): LayoutInput {
  return layout === "channels-last" ? { layout } : {};
}

export function channelShape(layout: Layout, batch: number, channels: number, spatial: number): number[] {
  return layout === "channels-last" ? [batch, spatial, channels] : [batch, channels, spatial];
}

/** The largest divisor of a number that is not above the limit. */
export function divisorUpTo(limit: number, value: number): number {
  let divisor = limit;
  while (value % divisor !== 0) divisor--;
  return divisor;
}
