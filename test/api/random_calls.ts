// Calls that must be fine: any shape that an op takes, from no dimensions to eight, sizes of 0 and 1 among them, with any
// options, data of any kind, at any home.

import fc from "fast-check";
import type { Engine, TensorLike } from "../../src/index.js";
import { sizeOf } from "../../src/shape.js";
import { type Kind, kinds, parameterKinds } from "./kinds.js";
import type { Arguments, Op } from "./ops.js";
import { type Home, homes, placeArgument } from "./support.js";

/** What a call is about, wherever its tensors lie. */
export interface Layer {
  readonly name: string;
  readonly shape: readonly number[];
  readonly size: unknown;
  readonly settings: Arguments;
  readonly parameters: Readonly<Record<string, readonly number[]>>;
}

export interface RandomCall extends Layer {
  readonly kind: Kind;
  readonly parameterKinds: readonly Kind[];
  readonly xHome: Home;
  readonly parameterHomes: readonly Home[];
  readonly bare: boolean;
  readonly out: "none" | "new" | "x";
  readonly seed: number;
}

const leastRanks: Readonly<Record<string, number>> = {
  standardize: 0,
  normalize: 0,
  rowwiseMoments: 0,
  layerNorm: 1,
  nativeLayerNorm: 1,
  rmsNorm: 1,
  nativeRmsNorm: 1,
  affineVectorized: 1,
  localResponseNorm: 3,
};

/** Sizes whose product stays small enough for thousands of calls; one in five shapes has a size of 0. */
function shapeFor(name: string): fc.Arbitrary<readonly number[]> {
  const extent = fc.constantFrom(1, 1, 2, 2, 3, 4, 5, 17);
  const sizes = fc
    .array(extent, { minLength: leastRanks[name] ?? 2, maxLength: 8, size: "max" })
    .filter((shape) => sizeOf(shape) < 3000);
  const emptied = fc.option(fc.nat(7), { freq: 4, nil: undefined });
  return fc.tuple(sizes, emptied).map(([shape, axis]) => shape.map((size, index) => (index === axis ? 0 : size)));
}

const home = fc.constantFrom(...homes);
const switches = fc.record({
  choice: fc.nat(1000),
  last: fc.boolean(),
  ownStatistics: fc.boolean(),
  remembers: fc.boolean(),
  without: fc.nat(3),
});
type Switches = typeof switches extends fc.Arbitrary<infer Value> ? Value : never;

export function randomCall({ name }: Op): fc.Arbitrary<RandomCall> {
  const layer = fc.tuple(shapeFor(name), switches).map(([shape, choices]) => layerOf(name, shape, choices));
  const kind = fc.constantFrom(...kinds).chain((x) =>
    fc.record({
      kind: fc.constant(x),
      parameterKinds: fc.array(fc.constantFrom(...parameterKinds(x)), { minLength: 4, maxLength: 4 }),
    }),
  );
  const placement = fc.record({
    xHome: home,
    parameterHomes: fc.array(home, { minLength: 4, maxLength: 4 }),
    bare: fc.boolean(),
    out: fc.constantFrom("none" as const, "new" as const, "x" as const),
    seed: fc.nat(1000),
  });
  return fc.tuple(layer, kind, placement).map(([about, data, rest]) => ({ ...about, ...data, ...rest }));
}

function layerOf(name: string, shape: readonly number[], choices: Switches): Layer {
  const { size, settings = {}, parameters = {} } = particularsOf(name, shape, choices);
  const optional = Object.entries(parameters).filter(
    ([argument]) => !(choices.without & 1 && argument === "weight") && !(choices.without & 2 && argument === "bias"),
  );
  // Of the maps, bias is not optional.
  const given = name.startsWith("affine") ? parameters : Object.fromEntries(optional);
  return { name, shape, size, settings, parameters: given };
}

type Particulars = Partial<Pick<Layer, "size" | "settings" | "parameters">>;

function particularsOf(name: string, shape: readonly number[], choices: Switches): Particulars {
  const { choice, last } = choices;
  const tail = shape.slice(choice % Math.max(1, shape.length));
  const layout = last ? "channels-last" : "channels-first";
  const channels = shape[last ? shape.length - 1 : 1];
  switch (name) {
    case "layerNorm":
    case "nativeLayerNorm":
      return { size: tail.length === 1 && last ? tail[0] : tail, parameters: { weight: tail, bias: tail } };
    case "rmsNorm":
    case "nativeRmsNorm":
      return { size: tail.length === 1 && last ? tail[0] : tail, parameters: { weight: tail } };
    case "groupNorm":
    case "nativeGroupNorm": {
      const divisors = [1, 2, 3, 4, 5, 17].filter((divisor) => channels % divisor === 0);
      const parameters = { weight: [channels], bias: [channels] };
      return { size: divisors[choice % divisors.length], settings: { layout }, parameters };
    }
    case "instanceNorm":
    case "nativeInstanceNorm":
    case "batchNorm":
    case "nativeBatchNorm":
      return channelNorm(name, channels, layout, choices);
    case "standardize":
      return overAxes(shape, choices);
    case "normalize": {
      const dim = (choice % (2 * Math.max(1, shape.length))) - Math.max(1, shape.length);
      return { settings: { dim, p: [1, 2, 3, 0.5, Infinity, 2.5][choice % 6] } };
    }
    case "localResponseNorm":
      return {
        size: 1 + (choice % 7),
        settings: { layout, alpha: 0.3, beta: [0.75, 0.5, 1, 0.6][choice % 4], k: 1.5 },
      };
    case "rowwiseMoments":
      return { size: Math.max(1, sizeOf(tail)) };
    case "affineGlobal": {
      const coefficients = last ? shape.slice(0, 2) : [shape[1]];
      return { parameters: { scale: coefficients, bias: coefficients } };
    }
    default: {
      const leading = shape.slice(0, shape.length - tail.length);
      const perRow = last ? [...leading, ...tail.map(() => 1)] : leading;
      return { parameters: { scale: perRow, bias: perRow, gamma: tail, beta: tail } };
    }
  }
}

function channelNorm(name: string, channels: number, layout: string, choices: Switches): Particulars {
  const { ownStatistics, remembers } = choices;
  const own = name.endsWith("atchNorm") ? { training: ownStatistics } : { useInputStats: ownStatistics };
  const parameters: Record<string, readonly number[]> = { weight: [channels], bias: [channels] };
  if (!ownStatistics || remembers) parameters.runningMean = parameters.runningVar = [channels];
  return { settings: { layout, momentum: 0.3, ...own }, parameters };
}

function overAxes(shape: readonly number[], { choice, last }: Switches): Particulars {
  const axes = shape.map((_, axis) => axis).filter((axis) => (choice >> axis) & 1);
  const sizes = axes.map((axis) => shape[axis]);
  const size = last ? axes.map((axis) => axis - shape.length).reverse() : axes;
  return { size, parameters: { weight: sizes, bias: sizes } };
}

/** Whether a call refuses its x for having one value per group, as PyTorch does. */
export function hasLoneValues({ name, shape, size, settings }: Layer): boolean {
  const channels = shape[settings.layout === "channels-last" ? shape.length - 1 : 1];
  switch (name) {
    case "groupNorm":
      return sizeOf(shape) === size;
    case "instanceNorm":
      return settings.useInputStats === true && sizeOf(shape.slice(1)) === channels && spanOf(shape, settings) === 1;
    case "batchNorm":
      return settings.training === true && shape[0] * spanOf(shape, settings) === 1;
    default:
      return false;
  }
}

function spanOf(shape: readonly number[], { layout }: Arguments): number {
  return sizeOf(layout === "channels-last" ? shape.slice(1, -1) : shape.slice(2));
}

/** The parameters that a call writes to. */
export function updatesOf({ settings, parameters }: Layer): string[] {
  const writes = settings.training === true || settings.useInputStats === true;
  return writes ? Object.keys(parameters).filter((name) => name.startsWith("running")) : [];
}

/** The arguments of a call, freshly made. */
export function argumentsOf(engine: Engine, call: RandomCall): Record<string, unknown> {
  const x = placeArgument(engine, call.xHome, "x", call.shape, call.seed, call.kind);
  const args: Record<string, unknown> = { x, size: call.size, ...call.settings };
  for (const [index, [name, shape]] of Object.entries(call.parameters).entries()) {
    const kind = call.parameterKinds[index];
    args[name] = placeArgument(engine, call.parameterHomes[index], name, shape, call.seed + index + 1, kind);
  }
  if (call.out === "new") args.out = placeArgument(engine, call.xHome, "out", call.shape, call.seed + 9, call.kind);
  if (call.out === "x") args.out = args.x;
  // Arrays are taken last: making tensors may grow the memory, which detaches them. For the maps, a bare array of as
  // many elements as several sizes have would be ambiguous; and bits are taken for numbers as those of x.
  if (call.bare && !call.name.startsWith("affine")) {
    for (const name of Object.keys(call.parameters)) args[name] = (args[name] as TensorLike).data;
  }
  return args;
}
