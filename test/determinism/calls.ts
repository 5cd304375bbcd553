import type { Engine, TensorLike } from "../../src/index.js";
import { parameters } from "./data.js";

export type Operands = Readonly<Record<string, TensorLike>>;

/** A call of the library that does not say where its operands live; `x` is among the inputs. */
export interface Call {
  readonly name: string;
  readonly inputs: Operands;
  run(engine: Engine, inputs: Operands, out?: TensorLike): Operands;
}

/** Rows of a channels-first tensor that share statistics: [batch, groups * channels, span]. */
export interface Grouping {
  readonly batch: number;
  readonly groups: number;
  /** Per group. */
  readonly channels: number;
  readonly span: number;
}

/** Two samples where the rows divide, and as many channels per group as can be had below 64. */
export function groupingOf(rows: number, n: number): Grouping {
  const batch = rows % 2 === 0 ? 2 : 1;
  let channels = Math.min(n, 63);
  while (n % channels !== 0) channels--;
  return { batch, groups: rows / batch, channels, span: n / channels };
}

/** Which parameters a normalisation has. */
export const PARAMETERS = [[], ["weight"], ["bias"], ["weight", "bias"]] as const;

type ParameterNames = (typeof PARAMETERS)[number];

/** Layer norm of rows of n elements, with statistics. */
export function layerNorm(x: Float32Array, n: number, names: ParameterNames, eps = 1e-5): Call {
  const shape = [x.length / n, n];
  return {
    name: `layerNorm ${describe(shape, names, eps)}`,
    inputs: { x: { data: x, shape }, ...parameterOperands(names, n) },
    run: (engine, { x, ...rest }, out) => ({ ...engine.nativeLayerNorm(x, n, { ...rest, eps, out }) }),
  };
}

/** Group norm with statistics. */
export function groupNorm(x: Float32Array, grouping: Grouping, names: ParameterNames, eps = 1e-5): Call {
  const { groups, channels } = grouping;
  const shape = shapeOf(grouping);
  return {
    name: `groupNorm ${describe(shape, names, eps)} / ${groups}`,
    inputs: { x: { data: x, shape }, ...parameterOperands(names, groups * channels) },
    run: (engine, { x, ...rest }, out) => ({ ...engine.nativeGroupNorm(x, groups, { ...rest, eps, out }) }),
  };
}

export function rowwiseMoments(x: Float32Array, n: number): Call {
  return {
    name: `rowwiseMoments ${x.length / n} x ${n}`,
    inputs: { x: { data: x, shape: [x.length] } },
    run: (engine, { x }) => ({ ...engine.rowwiseMoments(x, n) }),
  };
}

/** The global map, with one pair per channel or per sample and channel. */
export function affineGlobal(x: Float32Array, grouping: Grouping, perSample: boolean): Call {
  const shape = shapeOf(grouping);
  const pairs = perSample ? shape.slice(0, 2) : [shape[1]];
  return {
    name: `affineGlobal [${shape}] with [${pairs}]`,
    inputs: { x: { data: x, shape }, scale: parameterOperand(pairs, 3), bias: parameterOperand(pairs, 4) },
    run: (engine, { x, scale, bias }, out) => ({ output: engine.affineGlobal(x, scale, bias, { out }) }),
  };
}

export function affineVectorized(x: Float32Array, n: number): Call {
  const shape = [x.length / n, n];
  const [perRow, perElement] = [[shape[0]], [n]];
  return {
    name: `affineVectorized [${shape}]`,
    inputs: {
      x: { data: x, shape },
      scale: parameterOperand(perRow, 3),
      bias: parameterOperand(perRow, 4),
      gamma: parameterOperand(perElement, 5),
      beta: parameterOperand(perElement, 6),
    },
    run: (engine, { x, scale, bias, gamma, beta }, out) => {
      return { output: engine.affineVectorized(x, scale, bias, gamma, beta, { out }) };
    },
  };
}

/** Every function on the same rows, with and without parameters. */
export function everyCall(x: Float32Array, n: number, grouping = groupingOf(x.length / n, n)): Call[] {
  return [...normalizingCalls(x, n, grouping), rowwiseMoments(x, n), ...mappingCalls(x, n, grouping)];
}

/** Those that write into an `out` of x's shape. */
export function callsWithOut(x: Float32Array, n: number): Call[] {
  const grouping = groupingOf(x.length / n, n);
  return [...normalizingCalls(x, n, grouping), ...mappingCalls(x, n, grouping)];
}

function normalizingCalls(x: Float32Array, n: number, grouping: Grouping): Call[] {
  return PARAMETERS.flatMap((names) => [layerNorm(x, n, names), groupNorm(x, grouping, names)]).concat(
    // Only where eps is negligible can squares underflow.
    layerNorm(x, n, ["weight", "bias"], 0),
    groupNorm(x, grouping, ["weight", "bias"], 0),
  );
}

function mappingCalls(x: Float32Array, n: number, grouping: Grouping): Call[] {
  return [affineGlobal(x, grouping, false), affineGlobal(x, grouping, true), affineVectorized(x, n)];
}

function shapeOf({ batch, groups, channels, span }: Grouping): number[] {
  return [batch, groups * channels, span];
}

function parameterOperands(names: ParameterNames, count: number): Operands {
  return Object.fromEntries(names.map((name) => [name, parameterOperand([count], name.length)]));
}

function parameterOperand(shape: number[], seed: number): TensorLike {
  const count = shape.reduce((product, extent) => product * extent, 1);
  return { data: parameters(count, seed), shape };
}

function describe(shape: number[], names: ParameterNames, eps: number): string {
  return `[${shape}] with ${names.length ? names.join(" and ") : "nothing"}, eps ${eps}`;
}
