import type { Engine, TensorLike } from "../../src/index.js";
import { computingDtype, toData, type Data, type DTypeName } from "../support/dtypes.js";
import { product } from "../support/reference/grouping.js";
import type { Numbers } from "./bits.js";
import { parameters, type Rows } from "./data.js";

/** A tensor in the making, or one in its place. */
export type Operand = TensorLike<Data>;

export type Operands = Readonly<Record<string, Operand>>;

export type Results = Readonly<Record<string, Numbers>>;

/** A call of the library that does not say where its operands live; `x` is among the inputs. */
export interface Call {
  readonly name: string;
  readonly inputs: Operands;
  run(engine: Engine, inputs: Operands, out?: TensorLike): Results;
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
export function layerNorm(x: Rows, n: number, names: ParameterNames, eps = 1e-5): Call {
  const shape = [x.data.length / n, n];
  return {
    name: `layerNorm ${describe(x, shape, names, eps)}`,
    inputs: { x: { ...x, shape }, ...parameterOperands(names, n, x.dtype) },
    run: (engine, { x, ...rest }, out) => ({ ...engine.nativeLayerNorm(x, n, { ...rest, eps, out }) }),
  };
}

/** Group norm with statistics. */
export function groupNorm(x: Rows, grouping: Grouping, names: ParameterNames, eps = 1e-5): Call {
  const { groups, channels } = grouping;
  const shape = shapeOf(grouping);
  return {
    name: `groupNorm ${describe(x, shape, names, eps)} / ${groups}`,
    inputs: { x: { ...x, shape }, ...parameterOperands(names, groups * channels, x.dtype) },
    run: (engine, { x, ...rest }, out) => ({ ...engine.nativeGroupNorm(x, groups, { ...rest, eps, out }) }),
  };
}

export function rowwiseMoments(x: Rows, n: number): Call {
  return {
    name: `rowwiseMoments ${x.dtype} ${x.data.length / n} x ${n}`,
    inputs: { x: { ...x, shape: [x.data.length] } },
    run: (engine, { x }) => ({ ...engine.rowwiseMoments(x, n) }),
  };
}

/** The global map, with one pair per channel or per sample and channel. */
export function affineGlobal(x: Rows, grouping: Grouping, perSample: boolean): Call {
  const shape = shapeOf(grouping);
  const pairs = perSample ? shape.slice(0, 2) : [shape[1]];
  return {
    name: `affineGlobal ${x.dtype} [${shape}] with [${pairs}]`,
    inputs: {
      x: { ...x, shape },
      scale: parameterOperand(pairs, 3, x.dtype),
      bias: parameterOperand(pairs, 4, computingDtype(x.dtype)),
    },
    run: (engine, { x, scale, bias }, out) => ({ output: engine.affineGlobal(x, scale, bias, { out }) }),
  };
}

export function affineVectorized(x: Rows, n: number): Call {
  const shape = [x.data.length / n, n];
  const [perRow, perElement] = [[shape[0]], [n]];
  return {
    name: `affineVectorized ${x.dtype} [${shape}]`,
    inputs: {
      x: { ...x, shape },
      scale: parameterOperand(perRow, 3, x.dtype),
      bias: parameterOperand(perRow, 4, computingDtype(x.dtype)),
      gamma: parameterOperand(perElement, 5, x.dtype),
      beta: parameterOperand(perElement, 6, computingDtype(x.dtype)),
    },
    run: (engine, { x, scale, bias, gamma, beta }, out) => {
      return { output: engine.affineVectorized(x, scale, bias, gamma, beta, { out }) };
    },
  };
}

/** Every function on the same rows, with and without parameters. */
export function everyCall(x: Rows, n: number, grouping = groupingOf(x.data.length / n, n)): Call[] {
  return [...normalizingCalls(x, n, grouping), rowwiseMoments(x, n), ...mappingCalls(x, n, grouping)];
}

/** Those that write into an `out` of x's shape. */
export function callsWithOut(x: Rows, n: number): Call[] {
  const grouping = groupingOf(x.data.length / n, n);
  return [...normalizingCalls(x, n, grouping), ...mappingCalls(x, n, grouping)];
}

function normalizingCalls(x: Rows, n: number, grouping: Grouping): Call[] {
  return PARAMETERS.flatMap((names) => [layerNorm(x, n, names), groupNorm(x, grouping, names)]).concat(
    // Only where eps is negligible can squares underflow.
    layerNorm(x, n, ["weight", "bias"], 0),
    groupNorm(x, grouping, ["weight", "bias"], 0),
  );
}

function mappingCalls(x: Rows, n: number, grouping: Grouping): Call[] {
  return [affineGlobal(x, grouping, false), affineGlobal(x, grouping, true), affineVectorized(x, n)];
}

function shapeOf({ batch, groups, channels, span }: Grouping): number[] {
  return [batch, groups * channels, span];
}

/** Of 16-bit calls the weight is as x, the bias in the dtype that is computed in. */
export function parameterOperands(names: readonly ("weight" | "bias")[], count: number, dtype: DTypeName): Operands {
  const operands = names.map((name) => {
    return [name, parameterOperand([count], name.length, name === "weight" ? dtype : computingDtype(dtype))];
  });
  return Object.fromEntries(operands);
}

export function parameterOperand(shape: readonly number[], seed: number, dtype: DTypeName): Operand {
  return { data: toData(dtype, parameters(product(shape), seed)), shape, dtype };
}

function describe({ dtype }: Rows, shape: number[], names: ParameterNames, eps: number): string {
  return `${dtype} [${shape}] with ${names.length ? names.join(" and ") : "nothing"}, eps ${eps}`;
}
