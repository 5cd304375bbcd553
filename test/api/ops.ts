// Every op as data: what it takes, and how it is called with some of that spoiled.

import type { Engine } from "../../src/index.js";
import type { Home } from "./support.js";

/** Arguments by name; a test may put anything into each. */
export type Arguments = Readonly<Record<string, unknown>>;

/** A tensor that a call may be given to write to. */
export interface Place {
  /** Among the arguments of these tests. */
  readonly name: string;
  /** What messages call it. */
  readonly argument: string;
  readonly shape: readonly number[];
}

export interface Op {
  /** The function of the API. */
  readonly name: string;
  /** The function, and what is particular about the call. */
  readonly title: string;
  /** x, and for gradients gradOutput, which is of x's shape, dtype and home. */
  readonly inputs: readonly string[];
  /** The shape of x. */
  readonly shape: readonly number[];
  /** The shapes of the other tensors it takes, by argument. */
  readonly parameters: Readonly<Record<string, readonly number[]>>;
  /** Those that are statistics: of the dtype that x is computed in. */
  readonly statistics: readonly string[];
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
  /** Where it may be told to write. The first is for what is like x, and may be exactly one of `inputs`. */
  readonly places: readonly Place[];
  /** The operands for which the wasm backend needs linear memory besides them. */
  readonly scratchFor: readonly Home[];
  /** Calls it; `size` is its normalizedShape, numGroups, axes ... */
  readonly call: (engine: Engine, args: Arguments) => unknown;
}

/** The arguments of a function: positional ones, then options. */
interface Signature {
  readonly positional: readonly string[];
  readonly sizeName?: string;
  readonly options: readonly string[];
  /** What is in `out`, where that is not a tensor. */
  readonly gradients?: readonly string[];
  readonly scratchFor?: readonly Home[];
}

const affine = ["weight", "bias", "eps", "out"];
const running = ["runningMean", "runningVar"];

function signature(sizeName: string | undefined, options: readonly string[]): Signature {
  return { positional: sizeName === undefined ? ["x"] : ["x", "size"], sizeName, options };
}

function backward(
  sizeName: string | undefined,
  options: readonly string[],
  gradients: readonly string[] = ["gradInput", "gradWeight", "gradBias"],
): Signature {
  const { positional } = signature(sizeName, options);
  return { positional: ["gradOutput", ...positional], sizeName, options: [...options, "out"], gradients };
}

const rmsNorm = signature("normalizedShape", ["weight", "eps", "out"]);
const layerNorm = signature("normalizedShape", affine);
const groupNorm = signature("numGroups", [...affine, "layout"]);
const batchNorm = signature(undefined, [...affine, "layout", ...running, "training", "momentum"]);
const instanceNorm = signature(undefined, [...affine, "layout", ...running, "useInputStats", "momentum"]);

const saved = ["mean", "rstd", "weight", "outputMask"];

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
  affineGlobal: { positional: ["x", "scale", "bias"], options: ["out"], scratchFor: ["host"] },
  affineVectorized: { positional: ["x", "scale", "bias", "gamma", "beta"], options: ["out"], scratchFor: ["host"] },
  layerNormBackward: backward("normalizedShape", [...saved, "bias"]),
  rmsNormBackward: backward("normalizedShape", ["rstd", "weight", "outputMask"], ["gradInput", "gradWeight"]),
  groupNormBackward: backward("numGroups", [...saved, "layout"]),
  instanceNormBackward: backward(undefined, [...saved, "layout", "useInputStats"]),
  batchNormBackward: backward(undefined, [...saved, "layout", "training"]),
  normalizeBackward: backward(undefined, ["p", "dim", "eps"], ["gradInput"]),
  // Not in WebAssembly.
  localResponseNormBackward: {
    ...backward("size", ["alpha", "beta", "k", "layout"], ["gradInput"]),
    scratchFor: [],
  },
} satisfies Record<string, Signature>;

export type FunctionName = keyof typeof signatures;

interface Particulars {
  readonly size?: unknown;
  readonly parameters?: Readonly<Record<string, readonly number[]>>;
  readonly required?: readonly string[];
  readonly updates?: readonly string[];
  readonly settings?: Arguments;
  readonly about?: string;
  /** Where not what others of this name take. */
  readonly scratchFor?: readonly Home[];
}

const shape = [2, 4, 3];

function op(name: FunctionName, particulars: Particulars): Op {
  const {
    positional,
    sizeName,
    options,
    gradients,
    scratchFor: usual = ["host", "resident"],
  }: Signature = signatures[name];
  const { size, parameters = {}, required = [], updates = [], settings = {}, about, scratchFor = usual } = particulars;
  const places = placesOf(options, parameters, gradients);
  return {
    name,
    title: about === undefined ? name : `${name}, ${about}`,
    inputs: positional.filter((argument) => argument === "gradOutput" || argument === "x"),
    shape,
    parameters,
    statistics: gradients ? Object.keys(parameters).filter((argument) => /^(mean|rstd)$/.test(argument)) : [],
    required,
    updates,
    settings,
    size,
    sizeName,
    options,
    takesEps: options.includes("eps"),
    takesOut: options.includes("out"),
    places,
    scratchFor,
    call: (engine, args) => {
      const first = positional.map((argument) => args[argument]);
      const rest = options.length > 0 ? [optionsOf(args, options, gradients)] : [];
      return (engine[name] as (...args: unknown[]) => unknown)(...first, ...rest);
    },
  };
}

function placesOf(
  options: readonly string[],
  { weight = [] }: Readonly<Record<string, readonly number[]>>,
  gradients: readonly string[] | undefined,
): readonly Place[] {
  if (!options.includes("out")) return [];
  if (!gradients) return [{ name: "out", argument: "out", shape }];
  return gradients.map((name, index) => ({ name, argument: `out.${name}`, shape: index === 0 ? shape : weight }));
}

/** Options as the caller writes them: what a test does not mention is not there. */
function optionsOf(args: Arguments, names: readonly string[], gradients: readonly string[] = []): unknown {
  if ("options" in args) return args.options;
  const out = mentioned(args, gradients);
  return { ...(Object.keys(out).length > 0 && { out }), ...mentioned(args, names) };
}

function mentioned(args: Arguments, names: readonly string[]): Arguments {
  return Object.fromEntries(names.filter((name) => name in args).map((name) => [name, args[name]]));
}

const perElement = { weight: [4, 3], bias: [4, 3] };
const perChannel = { weight: [4], bias: [4] };
const perLastChannel = { weight: [3], bias: [3] };
const withRunning = { ...perChannel, runningMean: [4], runningVar: [4] };
const withLastRunning = { ...perLastChannel, runningMean: [3], runningVar: [3] };
const last = { layout: "channels-last" };
const updating = { required: running, updates: running };

/** The statistics and the weight of a call for gradients. */
function given(statistics: readonly number[], weight: readonly number[]) {
  return { parameters: { mean: statistics, rstd: statistics, weight }, required: ["mean", "rstd"] };
}

const layerStatistics = { ...given([2, 1, 1], [4, 3]), size: [4, 3] };

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
  op("layerNormBackward", {
    ...layerStatistics,
    parameters: { ...layerStatistics.parameters, bias: [4, 3] },
  }),
  op("rmsNormBackward", { size: 3, parameters: { rstd: [2, 4, 1], weight: [3] }, required: ["rstd"] }),
  op("groupNormBackward", { size: 2, ...given([2, 2], [4]) }),
  op("instanceNormBackward", given([2, 4], [4])),
  op("batchNormBackward", { ...given([4], [4]), settings: { training: true } }),
  op("normalizeBackward", {}),
  op("localResponseNormBackward", { size: 3 }),
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
  op("layerNormBackward", { about: "short rows", size: 3, ...given([2, 4, 1], [3]) }),
  op("groupNormBackward", { about: "channels last", size: 1, ...given([2, 1], [3]), settings: last }),
  op("instanceNormBackward", { about: "channels last", ...given([2, 3], [3]), settings: last }),
  op("instanceNormBackward", {
    about: "without input statistics",
    ...given([2, 4], [4]),
    settings: { useInputStats: false },
  }),
  op("instanceNormBackward", {
    about: "without input statistics, channels last",
    ...given([2, 3], [3]),
    settings: { ...last, useInputStats: false },
  }),
  op("batchNormBackward", { about: "channels last", ...given([3], [3]), settings: { ...last, training: true } }),
  op("batchNormBackward", { about: "of constant statistics", ...given([4], [4]), settings: { training: false } }),
  op("batchNormBackward", {
    about: "of constant statistics, channels last",
    ...given([3], [3]),
    settings: { ...last, training: false },
  }),
  // Norms other than by 2 are not in WebAssembly.
  op("normalizeBackward", { about: "p = 1", settings: { p: 1, dim: -1 }, scratchFor: [] }),
  op("normalizeBackward", { about: "p = Infinity", settings: { p: Infinity, dim: 0 }, scratchFor: [] }),
  op("normalizeBackward", { about: "p = 3.5", settings: { p: 3.5 }, scratchFor: [] }),
  op("localResponseNormBackward", { about: "channels last", size: 2, settings: { ...last, alpha: 0.5, beta: 0.6 } }),
];

export const calls: readonly Op[] = [...ops, ...variations];

export const callsWithOut: readonly Op[] = calls.filter(({ takesOut }) => takesOut);
export const callsThatUpdate: readonly Op[] = calls.filter(({ updates }) => updates.length > 0);
export const opsWithOut: readonly Op[] = ops.filter(({ takesOut }) => takesOut);
export const opsWithEps: readonly Op[] = ops.filter(({ takesEps }) => takesEps);

export function opOf(name: FunctionName): Op {
  return ops.find((one) => one.name === name)!;
}
