// The kernels of gradients: a module of its own, compiled when the first gradient is asked for.

import * as backward from "./backward.generated.js";
import type { ComputeType } from "../dtype.js";
import { decodeBinary } from "./embedded.js";
import type { MemoryLike } from "./memory.js";
import { kernelsOf, type Offset } from "./module.js";

/** The exports of assembly/backward/index.ts for a type that is computed in, without its suffix. Strides are elements. */
export interface GradientKernelSet {
  parameter_bytes(columns: number): number;
  /** Takes a copy of gamma into the sums, where rows find it. */
  begin_parameters(sums: Offset, gamma: Offset, columns: number): void;
  /** The address of the sums of weight, float64, which those of bias follow after whole groups of 32 bytes of elements. */
  end_parameters(sums: Offset, columns: number): Offset;
  rows_backward(
    dx: Offset,
    dy: Offset,
    x: Offset,
    mean: Offset,
    rstd: Offset,
    gamma: Offset,
    parameters: Offset,
    first: number,
    rows: number,
    n: number,
    scratch: Offset,
    flags: number,
  ): void;
  gather_rows(
    sums: Offset,
    dy: Offset,
    x: Offset,
    stride: number,
    gamma: Offset,
    count: number,
    mean: Offset,
    rstd: Offset,
    rows: number,
    flags: number,
  ): void;
  settle_rows(
    coefficients: Offset,
    sums: Offset,
    mean: Offset,
    rstd: Offset,
    rows: number,
    inverse: number,
    flags: number,
  ): void;
  strip_backward(
    dx: Offset,
    dy: Offset,
    x: Offset,
    stride: number,
    gamma: Offset,
    parameters: Offset,
    first: number,
    rows: number,
    columns: number,
    coefficients: Offset,
    scratch: Offset,
    flags: number,
  ): void;
  accumulate_runs(
    sums: Offset,
    dy: Offset,
    x: Offset,
    mean: Offset,
    rstd: Offset,
    runs: number,
    count: number,
    stride: number,
  ): void;
  /** Leaves three float64 numbers for each run at `sums`. */
  total_runs(sums: Offset, runs: number): void;
  map_runs(dx: Offset, dy: Offset, x: Offset, coefficients: Offset, runs: number, count: number, stride: number): void;
  columns_bytes(columns: number): number;
  /** Clears the state; the caller stores statistics, as in COLUMN_GROUP_BYTES. */
  begin_columns(state: Offset, columns: number): void;
  accumulate_columns(state: Offset, dy: Offset, x: Offset, steps: number, stride: number, columns: number): void;
  /** Leaves three float64 numbers for each column at `totals`. */
  total_columns(totals: Offset, state: Offset, columns: number): void;
  map_columns(dx: Offset, dy: Offset, x: Offset, state: Offset, steps: number, stride: number, columns: number): void;
}

export type GradientKernels = Record<ComputeType, GradientKernelSet>;

/** Bytes of the coefficients of a row or a run, and of the sums of either. */
export const COEFFICIENT_BYTES = 40;
export const SUMS_BYTES = 96;
/** Of the scratch of rows_backward and strip_backward: sums and coefficients of a batch of rows. */
export const ROWS_SCRATCH_BYTES = 16 * (SUMS_BYTES + COEFFICIENT_BYTES);
/** Bytes of a vector of columns in their state: mean and rstd, of 16 bytes each, and for the map factor, slope and constant. */
export const COLUMN_GROUP_BYTES = 80;

let compiled: WebAssembly.Module | undefined;

/** What makes these kernels on `memory` when it is first asked for them. */
export function gradientKernels(memory: MemoryLike): () => GradientKernels {
  let kernels: GradientKernels | undefined;
  return () => (kernels ??= instantiate(memory));
}

function instantiate(memory: MemoryLike): GradientKernels {
  compiled ??= new WebAssembly.Module(decodeBinary(backward));
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory: memory as WebAssembly.Memory } });
  return { float32: kernelsOf(exports, "_f32", "_f64"), float64: kernelsOf(exports, "_f64", "_f32") };
}
