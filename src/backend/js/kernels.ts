import type { Operand } from "../../ops/operand.js";
import type { State } from "./state.js";

/** What a job is computed on: arrays of its computing type. */
export type Computed = Float32Array | Float64Array;

/** All elements of an x or an out. */
export function dataOf({ data }: Operand): Computed {
  return data as Computed;
}

/**
 * The loops over elements. There is one set per class of array: a loop that meets two classes is compiled for both, and
 * slow on each. x and out may be the same array; `i` is the index of the first element in both.
 */
export interface Kernels {
  /** How far, in variances, the shift may lie from the mean, squared, before the sums are taken again. */
  readonly tolerance: number;
  /** Whether squares of elements may leave the range of float64. */
  readonly rescales: boolean;
  /** How many elements are summed at once, if not all. */
  readonly window?: number;

  /** Adds n elements to the sums of a column. */
  addRun(x: Computed, i: number, n: number, state: State, column: number): void;
  /** Adds `steps` steps, `stride` elements apart, to the sums of the first `columns` columns. */
  addColumns(x: Computed, i: number, steps: number, stride: number, columns: number, state: State): void;

  /** (x - mean) * rstd * gamma + beta, with parameters of their own for each of n elements, from index p on. */
  mapElements(
    out: Computed,
    x: Computed,
    i: number,
    n: number,
    state: State,
    group: number,
    gamma: Computed | undefined,
    beta: Computed | undefined,
    p: number,
  ): void;
  /** (x - mean) * slope + bias. */
  mapRun(
    out: Computed,
    x: Computed,
    i: number,
    n: number,
    state: State,
    group: number,
    slope: number,
    bias: number,
  ): void;
  /** ((x - centre) * slope + bias) * gamma + beta: the former three per column, the latter two per step, from index p on. */
  mapColumns(
    out: Computed,
    x: Computed,
    i: number,
    steps: number,
    stride: number,
    columns: number,
    state: State,
    gamma: Computed | undefined,
    beta: Computed | undefined,
    p: number,
  ): void;
  /** (x * scale + bias) * gamma + beta: the latter two per element. */
  mapRow(
    out: Computed,
    x: Computed,
    i: number,
    n: number,
    scale: number,
    bias: number,
    gamma: Computed,
    beta: Computed,
  ): void;
}
