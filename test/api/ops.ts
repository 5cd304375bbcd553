// Every op as data: what it takes, and how it is called with some of that spoiled.

import type { Engine } from "../../src/index.js";

/** Arguments by name; a test may put anything into each. */
export type Arguments = Readonly<Record<string, unknown>>;

export interface Op {
  readonly name: string;
  /** The shape of x in `call`'s terms. */
  readonly shape: readonly number[];
  /** The shapes of the other tensors it takes, by argument. */
  readonly parameters: Readonly<Record<string, readonly number[]>>;
  readonly optional: boolean;
  readonly takesEps: boolean;
  readonly takesOut: boolean;
  /** Calls it; `size` is its normalizedShape, numGroups or n. */
  readonly call: (engine: Engine, args: Arguments) => unknown;
  /** The size that fits `shape`. */
  readonly size: unknown;
}

const shape = [2, 4, 3];

/** Options as the caller writes them: what a test does not mention is not there. */
function optionsOf(args: Arguments): never {
  if ("options" in args) return args.options as never;
  const names = ["weight", "bias", "eps", "out"].filter((name) => name in args);
  return Object.fromEntries(names.map((name) => [name, args[name]])) as never;
}

function normalizing(
  name: "layerNorm" | "nativeLayerNorm" | "groupNorm" | "nativeGroupNorm",
  size: number | number[],
  parameter: number[],
): Op {
  return {
    name,
    shape,
    size,
    parameters: { weight: parameter, bias: parameter },
    optional: true,
    takesEps: true,
    takesOut: true,
    call: (engine, args) => engine[name](args.x as never, args.size as never, optionsOf(args)),
  };
}

const moments: Op = {
  name: "rowwiseMoments",
  shape,
  size: 12,
  parameters: {},
  optional: true,
  takesEps: false,
  takesOut: false,
  call: (engine, args) => engine.rowwiseMoments(args.x as never, args.size as never),
};

const global: Op = {
  name: "affineGlobal",
  shape,
  size: undefined,
  parameters: { scale: [2, 4], bias: [2, 4] },
  optional: false,
  takesEps: false,
  takesOut: true,
  call: (engine, args) => engine.affineGlobal(args.x as never, args.scale as never, args.bias as never, outOf(args)),
};

const vectorized: Op = {
  name: "affineVectorized",
  shape,
  size: undefined,
  parameters: { scale: [2], bias: [2], gamma: [4, 3], beta: [4, 3] },
  optional: false,
  takesEps: false,
  takesOut: true,
  call: (engine, { x, scale, bias, gamma, beta, ...rest }) =>
    engine.affineVectorized(x as never, scale as never, bias as never, gamma as never, beta as never, outOf(rest)),
};

/** `bias` is a positional argument of the maps, so their options are read by themselves. */
function outOf(args: Arguments): never {
  if ("options" in args) return args.options as never;
  return ("out" in args ? { out: args.out } : undefined) as never;
}

export const ops: readonly Op[] = [
  normalizing("layerNorm", [4, 3], [4, 3]),
  normalizing("nativeLayerNorm", [4, 3], [4, 3]),
  normalizing("groupNorm", 2, [4]),
  normalizing("nativeGroupNorm", 2, [4]),
  moments,
  global,
  vectorized,
];

export const opsWithOut: readonly Op[] = ops.filter((op) => op.takesOut);
export const opsWithEps: readonly Op[] = ops.filter((op) => op.takesEps);
