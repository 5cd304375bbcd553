import type { ComputeType } from "../dtype.js";
import { decodeBinary } from "./embedded.js";
import * as forward from "./lanenorm.generated.js";
import type { MemoryLike } from "./memory.js";

export type Offset = number;

/** Kernels that see rows. Offsets are bytes; sizes and strides are elements; flags as in assembly/index.ts. */
interface RowKernels {
  layer_norm(
    out: Offset,
    x: Offset,
    gamma: Offset,
    beta: Offset,
    mean: Offset,
    rstd: Offset,
    rows: number,
    n: number,
    eps: number,
    scratch: Offset,
    flags: number,
  ): void;
  group_norm(
    out: Offset,
    x: Offset,
    gamma: Offset,
    beta: Offset,
    mean: Offset,
    rstd: Offset,
    rows: number,
    channels: number,
    span: number,
    period: number,
    eps: number,
    scratch: Offset,
    flags: number,
  ): void;
  batch_norm(
    out: Offset,
    x: Offset,
    gamma: Offset,
    beta: Offset,
    mean: Offset,
    rstd: Offset,
    groups: number,
    runs: number,
    span: number,
    eps: number,
    scratch: Offset,
    flags: number,
  ): void;
  row_moments(mean: Offset, variance: Offset, x: Offset, rows: number, n: number, scratch: Offset, flags: number): void;
  affine_global(
    out: Offset,
    x: Offset,
    centre: Offset,
    scale: Offset,
    bias: Offset,
    runs: number,
    span: number,
    period: number,
  ): void;
  affine_vectorized(
    out: Offset,
    x: Offset,
    scale: Offset,
    bias: Offset,
    gamma: Offset,
    beta: Offset,
    rows: number,
    n: number,
  ): void;
  moments_begin(state: Offset, shift: number, scale: number, attempts: number): void;
  moments_accumulate(state: Offset, x: Offset, count: number): void;
  moments_end_run(state: Offset): void;
  moments_finish(state: Offset, n: number, eps: number): number;
  moments_rescale(state: Offset, magnitude: number): void;
  /** Begins a row that is in memory from its first element on: moments_begin with a shift for n elements. */
  begin_row(state: Offset, x: Offset, n: number, flags: number): void;
  mean_of_eight(x: Offset, stepBytes: number): number;
  largest_magnitude(x: Offset, count: number): number;
  prescaled(state: Offset, out: Offset, x: Offset, n: number): Offset;
  map_row(out: Offset, x: Offset, gamma: Offset, beta: Offset, n: number, state: Offset, flags: number): void;
  map_run(out: Offset, x: Offset, gamma: Offset, beta: Offset, count: number, state: Offset, flags: number): void;
  store_statistics(state: Offset, mean: Offset, rstd: Offset, row: number, flags: number): void;
}

/** Kernels that see blocks of steps of columns. */
interface ColumnKernels {
  columns_samples(steps: number, width: number): number;
  columns_norm_bytes(columns: number, width: number): number;
  columns_state_bytes(columns: number, width: number, flags: number): number;
  columns_norm(
    out: Offset,
    x: Offset,
    gamma: Offset,
    beta: Offset,
    mean: Offset,
    rstd: Offset,
    blocks: number,
    steps: number,
    columns: number,
    width: number,
    eps: number,
    scratch: Offset,
    flags: number,
  ): void;
  columns_affine(
    out: Offset,
    x: Offset,
    centre: Offset,
    scale: Offset,
    bias: Offset,
    steps: number,
    columns: number,
  ): void;
  columns_begin(state: Offset, columns: number, width: number, flags: number): void;
  columns_shift(state: Offset, x: Offset, samples: number, stride: number): void;
  columns_accumulate(state: Offset, x: Offset, steps: number, stride: number): void;
  columns_end_piece(state: Offset): void;
  columns_finish(state: Offset, n: number, eps: number): number;
  columns_magnitude(state: Offset, x: Offset, steps: number, stride: number): void;
  columns_rescale(state: Offset): void;
  columns_statistics(state: Offset, mean: Offset, rstd: Offset, first: number, flags: number): void;
  columns_coefficients(state: Offset, gamma: Offset, beta: Offset, flags: number): void;
  columns_step_coefficients(state: Offset): void;
  columns_map(out: Offset, x: Offset, state: Offset, steps: number, stride: number): void;
  columns_map_steps(
    out: Offset,
    x: Offset,
    state: Offset,
    gamma: Offset,
    beta: Offset,
    steps: number,
    stride: number,
  ): void;
}

/** The kernels of normalize: rows, columns, and either in pieces. */
interface PowerKernels {
  normalize_rows(out: Offset, x: Offset, rows: number, n: number, p: number, eps: number, scratch: Offset): void;
  normalize_columns(
    out: Offset,
    x: Offset,
    blocks: number,
    steps: number,
    columns: number,
    p: number,
    eps: number,
    scratch: Offset,
  ): void;
  normalize_columns_scratch(columns: number): number;
  powers_begin(state: Offset, p: number): void;
  powers_accumulate(state: Offset, x: Offset, count: number): void;
  powers_magnitude(state: Offset, x: Offset, count: number): void;
  powers_rescale(state: Offset): number;
  powers_finish(state: Offset, eps: number): number;
  powers_map(out: Offset, x: Offset, count: number, state: Offset): void;
  power_columns_state_bytes(columns: number): number;
  power_columns_begin(state: Offset, columns: number, p: number): void;
  power_columns_accumulate(state: Offset, x: Offset, steps: number, stride: number): void;
  power_columns_magnitude(state: Offset, x: Offset, steps: number, stride: number): void;
  power_columns_rescale(state: Offset): number;
  power_columns_finish(state: Offset, eps: number): number;
  power_columns_map(out: Offset, x: Offset, steps: number, stride: number, state: Offset): void;
}

/** The kernels of local response norm: channels that are `span` apart, or follow each other. */
interface LocalResponseKernels {
  local_response_norm_columns(
    out: Offset,
    x: Offset,
    blocks: number,
    channels: number,
    span: number,
    before: number,
    after: number,
    size: number,
    alpha: number,
    beta: number,
    k: number,
    scratch: Offset,
  ): void;
  local_response_norm_columns_scratch(channels: number, span: number, before: number, after: number): number;
  local_response_norm_rows(
    out: Offset,
    x: Offset,
    rows: number,
    channels: number,
    before: number,
    after: number,
    size: number,
    alpha: number,
    beta: number,
    k: number,
    scratch: Offset,
  ): void;
  local_response_norm_rows_scratch(rows: number, channels: number, before: number, after: number): number;
}

/** Between float32 and 16 bits: `count` numbers. Widening may read what lies in the upper half of `out`. */
export interface Conversions {
  decode_f16(out: Offset, x: Offset, count: number): void;
  decode_bf16(out: Offset, x: Offset, count: number): void;
  encode_f16(out: Offset, x: Offset, count: number): void;
  encode_bf16(out: Offset, x: Offset, count: number): void;
}

/** Kernels on numbers of 16 bits as they are stored, with parameters and statistics of float32. */
export interface ReducedKernels {
  /** Rows of more than 128 elements. gamma and beta must be there; scratch is SCRATCH_BYTES and a float32 row. */
  layer_norm_bf16: RowKernels["layer_norm"];
}

/** The exports of assembly/index.ts for a type that is computed in, without its suffix. */
export type KernelSet = RowKernels & ColumnKernels & PowerKernels & LocalResponseKernels;

/** All kernels on one memory. */
export interface Kernels extends Record<ComputeType, KernelSet> {
  readonly conversions: Conversions;
  readonly reduced: ReducedKernels;
}

/** Bytes that kernels need besides their operands: the states of three rows, or the slots of a batch of short rows. */
export const SCRATCH_BYTES = 1024;

let compiled: WebAssembly.Module | undefined;

/** The compiled kernels; compiled once. A failure is not remembered: the next call tries again. */
export function compileSync(): WebAssembly.Module {
  return (compiled ??= new WebAssembly.Module(decodeBinary(forward)));
}

export async function compile(): Promise<WebAssembly.Module> {
  return (compiled ??= await WebAssembly.compile(decodeBinary(forward)));
}

/** Kernels on `memory`. */
export function instantiate(module: WebAssembly.Module, memory: MemoryLike): Kernels {
  // The types want a WebAssembly.Memory by name; a memory of another realm is as good.
  const { exports } = new WebAssembly.Instance(module, { env: { memory: memory as WebAssembly.Memory } });
  return {
    float32: kernelsOf(exports, "_f32", "_f64"),
    float64: kernelsOf(exports, "_f64", "_f32"),
    conversions: exports as unknown as Conversions,
    reduced: exports as unknown as ReducedKernels,
  };
}

/** @internal The kernels of one type: those that have its suffix, and those that serve both. */
export function kernelsOf<Kernels>(exports: WebAssembly.Exports, suffix: string, other: string): Kernels {
  const kernels = Object.entries(exports)
    .filter(([name]) => !name.endsWith(other))
    .map(([name, kernel]) => [name.replace(suffix, ""), kernel]);
  return Object.fromEntries(kernels) as Kernels;
}
