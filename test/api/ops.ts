// Every op as data: what it takes, and how it is called with some of that spoiled.

import type { Engine } from "../../src/index.js";

/** Arguments by name; a test may put anything into each. */
export type Arguments = Readonly<Record<string, unknown>>;

export interface Op {
  /** The function of the API. */
  readonly name: string;
  /** The function, and what is particular about the call. */
  readonly title: string;
  /** The shape of x. */
  readonly shape: readonly number[];
  /** The shapes of the other tensors it takes, by argument. */
  readonly parameters: Readonly<Record<string, readonly number[]>>;
  /** Those that cannot be left out. */
  readonly required: readonly string[];
  /** Those it writes to. */
  readonly updates: readonly string[];
  /** Options besides tensors that the call is about. */
  readonly settings: Arguments;
  /** The size that fits `shape`, and what the function calls it. */
  readonly size: unknown;
  readonly sizeName: string | undefined;
  /** All options the function has; none if it has no options at all. */
  readonly options: readonly string[];
  readonly takesEps: boolean;
  readonly takesOut: boolean;
  /** Calls it; `size` is its normalizedShape, numGroups, axes ... */
  readonly call: (engine: Engine, args: Arguments) => unknown;
}

/** The arguments of a function: after x come positional ones, then options. */
interface Signature {
  readonly positional: readonly string[];
  readonly sizeName?: string;
  readonly options: readonly string[];
}

const affine = ["weight", "bias", "eps", "out"];
const running = ["runningMean", "runningVar"];

function signature(sizeName: string | undefined, options: readonly string[]): Signature {
  return { positional: sizeName === undefined ? [] : ["size"], sizeName, options };
}

const rmsNorm = signature("normalizedShape", ["weight", "eps", "out"]);
const layerNorm = signature("normalizedShape", affine);
const groupNorm = signature("numGroups", [...affine, "layout"]);
const batchNorm = signature(undefined, [...affine, "layout", ...running, "training", "momentum"]);
const instanceNorm = signature(undefined, [...affine, "layout", ...running, "useInputStats", "momentum"]);

const signatures = {
  layerNorm,
  nativeLayerNorm: layerNorm,
  rmsNorm,
  nativeRmsNorm: rmsNorm,
  groupNorm,
  nativeGroupNorm: groupNorm,
  instanceNorm,
  nativeInstanceNorm: instanceNorm,
  batchNorm,
  nativeBatchNorm: batchNorm,
  standardize: signature("axes", affine),
  normalize: signature(undefined, ["p", "dim", "eps", "out"]),
  localResponseNorm: signature("size", ["alpha", "beta", "k", "layout", "out"]),
  rowwiseMoments: signature("n", []),
  affineGlobal: { positional: ["scale", "bias"], options: ["out"] },
  affineVectorized: { positional: ["scale", "bias", "gamma", "beta"], options: ["out"] },
} satisfies Record<string, Signature>;

export type FunctionName = keyof typeof signatures;

interface Particulars {
  readonly size?: unknown;
  readonly parameters?: Readonly<Record<string, readonly number[]>>;
  readonly required?: readonly string[];
  readonly updates?: readonly string[];
  readonly settings?: Arguments;
  readonly about?: string;
}

const shape = [2, 4, 3];

function op(name: FunctionName, particulars: Particulars): Op {
  const { positional, sizeName, options }: Signature = signatures[name];
  const { size, parameters = {}, required = [], updates = [], settings = {}, about } = particulars;
  return {
    name,
    title: about === undefined ? name : `${name}, ${about}`,
    shape,
    parameters,
    required,
    updates,
    settings,
    size,
    sizeName,
    options,
    takesEps: options.includes("eps"),
    takesOut: options.includes("out"),
    call: (engine, args) => {
      const first = ["x", ...positional].map((argument) => args[argument]);
      const rest = options.length > 0 ? [optionsOf(args, options)] : [];
      return (engine[name] as (...args: unknown[]) => unknown)(...first, ...rest);
    },
  };
}

/** Options as the caller writes them: what a test does not mention is not there. */
function optionsOf(args: Arguments, names: readonly string[]): unknown {
  if ("options" in args) return args.options;
  return Object.fromEntries(names.filter((name) => name in args).map((name) => [name, args[name]]));
}

const perElement = { weight: [4, 3], bias: [4, 3] };
const perChannel = { weight: [4], bias: [4] };
const perLastChannel = { weight: [3], bias: [3] };
const withRunning = { ...perChannel, runningMean: [4], runningVar: [4] };
const withLastRunning = { ...perLastChannel, runningMean: [3], runningVar: [3] };
const last = { layout: "channels-last" };
const updating = { required: running, updates: running };

/** One call of every function. */
export const ops: readonly Op[] = [
  op("layerNorm", { size: [4, 3], parameters: perElement }),
  op("nativeLayerNorm", { size: [4, 3], parameters: perElement }),
  op("rmsNorm", { size: [4, 3], parameters: { weight: [4, 3] } }),
  op("nativeRmsNorm", { size: 3, parameters: { weight: [3] } }),
  op("groupNorm", { size: 2, parameters: perChannel }),
  op("nativeGroupNorm", { size: 2, parameters: perChannel }),
  op("instanceNorm", { parameters: perChannel }),
  op("nativeInstanceNorm", { parameters: perChannel }),
  op("batchNorm", { parameters: withRunning, required: running }),
  op("nativeBatchNorm", { parameters: perChannel, settings: { training: true } }),
  op("standardize", { size: [1], parameters: perChannel }),
  op("normalize", {}),
  op("localResponseNorm", { size: 3 }),
  op("rowwiseMoments", { size: 12 }),
  op("affineGlobal", { parameters: { scale: [2, 4], bias: [2, 4] }, required: ["scale", "bias"] }),
  op("affineVectorized", {
    parameters: { scale: [2], bias: [2], gamma: [4, 3], beta: [4, 3] },
    required: ["scale", "bias", "gamma", "beta"],
  }),
];

/** Calls that take another way through the library. */
export const variations: readonly Op[] = [
  op("groupNorm", { about: "channels last", size: 1, parameters: perLastChannel, settings: last }),
  op("nativeGroupNorm", { about: "channels last", size: 3, parameters: perLastChannel, settings: last }),
  op("instanceNorm", { about: "channels last", parameters: perLastChannel, settings: last }),
  op("instanceNorm", { about: "updating", parameters: withRunning, ...updating }),
  op("instanceNorm", {
    about: "without input statistics",
    parameters: withLastRunning,
    required: running,
    settings: { ...last, useInputStats: false },
  }),
  op("nativeInstanceNorm", { about: "updating", parameters: withLastRunning, ...updating, settings: last }),
  op("batchNorm", { about: "channels last", parameters: withLastRunning, required: running, settings: last }),
  op("batchNorm", { about: "training", parameters: perChannel, settings: { training: true } }),
  op("batchNorm", {
    about: "updating",
    parameters: withRunning,
    ...updating,
    settings: { training: true, momentum: 0.25 },
  }),
  op("nativeBatchNorm", {
    about: "updating, channels last",
    parameters: withLastRunning,
    ...updating,
    settings: { ...last, training: true },
  }),
  op("nativeBatchNorm", { about: "inference", parameters: withRunning, required: running }),
  op("standardize", { about: "strided", size: [0, 2], parameters: { weight: [2, 3], bias: [2, 3] } }),
  op("standardize", { about: "rows", size: [-1], parameters: { weight: [3], bias: [3] } }),
  op("standardize", { about: "first axis", size: [0], parameters: { weight: [2], bias: [2] } }),
  op("normalize", { about: "p = 1", settings: { p: 1, dim: -1 } }),
  op("normalize", { about: "p = Infinity", settings: { p: Infinity, dim: 0 } }),
  op("normalize", { about: "p = 3.5", settings: { p: 3.5 } }),
  op("localResponseNorm", { about: "channels last", size: 2, settings: { ...last, alpha: 0.5, beta: 0.6, k: 2 } }),
];

export const calls: readonly Op[] = [...ops, ...variations];

export const callsWithOut: readonly Op[] = calls.filter(({ takesOut }) => takesOut);
export const callsThatUpdate: readonly Op[] = calls.filter(({ updates }) => updates.length > 0);
export const opsWithOut: readonly Op[] = ops.filter(({ takesOut }) => takesOut);
export const opsWithEps: readonly Op[] = ops.filter(({ takesEps }) => takesEps);

export function opOf(name: FunctionName): Op {
  return ops.find((one) => one.name === name)!;
}
