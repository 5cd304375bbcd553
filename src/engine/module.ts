import { instantiateSync } from "@assemblyscript/loader";
import { wasmHex } from "./binary.generated.js";
import type { MemoryLike } from "./memory.js";

type Offset = number;

/** The exports of assembly/index.ts. Offsets are bytes; sizes are elements; flags as in that file. */
export interface Kernels {
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
  row_moments(mean: Offset, variance: Offset, x: Offset, rows: number, n: number, scratch: Offset): void;
  affine_global(out: Offset, x: Offset, scale: Offset, bias: Offset, runs: number, span: number, period: number): void;
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
  moments_finish(state: Offset, inverse: number, eps: number): number;
  moments_rescale(state: Offset, magnitude: number): void;
  mean_of_eight(x: Offset, stepBytes: number): number;
  largest_magnitude(x: Offset, count: number): number;
  prescaled(state: Offset, out: Offset, x: Offset, n: number): Offset;
  map_row(out: Offset, x: Offset, gamma: Offset, beta: Offset, n: number, state: Offset, parameters: number): void;
  map_run(out: Offset, x: Offset, gamma: Offset, beta: Offset, count: number, state: Offset, flags: number): void;
  store_statistics(state: Offset, mean: Offset, rstd: Offset, row: number): void;
  store_moments(state: Offset, mean: Offset, variance: Offset): void;
  pow(x: number, y: number): number;
  powers_begin(state: Offset, p: number): void;
  powers_rescale(state: Offset): number;
  power_columns_begin(state: Offset, columns: number, p: number): void;
  power_columns_state_bytes(columns: number): number;
  normalize_rows_f32(out: Offset, x: Offset, rows: number, n: number, p: number, eps: number, scratch: Offset): void;
  powers_accumulate_f32(state: Offset, x: Offset, count: number): void;
  powers_magnitude_f32(state: Offset, x: Offset, count: number): void;
  powers_finish_f32(state: Offset, eps: number): number;
  powers_map_f32(out: Offset, x: Offset, count: number, state: Offset): void;
  normalize_columns_f32(
    out: Offset,
    x: Offset,
    blocks: number,
    steps: number,
    columns: number,
    p: number,
    eps: number,
    scratch: Offset,
  ): void;
  normalize_columns_scratch_f32(columns: number): number;
  power_columns_accumulate_f32(state: Offset, x: Offset, steps: number, strideBytes: number): void;
  power_columns_magnitude_f32(state: Offset, x: Offset, steps: number, strideBytes: number): void;
  power_columns_rescale_f32(state: Offset): number;
  power_columns_finish_f32(state: Offset, eps: number): number;
  power_columns_map_f32(out: Offset, x: Offset, steps: number, strideBytes: number, state: Offset): void;
  normalize_rows_f64(out: Offset, x: Offset, rows: number, n: number, p: number, eps: number, scratch: Offset): void;
  powers_accumulate_f64(state: Offset, x: Offset, count: number): void;
  powers_magnitude_f64(state: Offset, x: Offset, count: number): void;
  powers_finish_f64(state: Offset, eps: number): number;
  powers_map_f64(out: Offset, x: Offset, count: number, state: Offset): void;
  normalize_columns_f64(
    out: Offset,
    x: Offset,
    blocks: number,
    steps: number,
    columns: number,
    p: number,
    eps: number,
    scratch: Offset,
  ): void;
  normalize_columns_scratch_f64(columns: number): number;
  power_columns_accumulate_f64(state: Offset, x: Offset, steps: number, strideBytes: number): void;
  power_columns_magnitude_f64(state: Offset, x: Offset, steps: number, strideBytes: number): void;
  power_columns_rescale_f64(state: Offset): number;
  power_columns_finish_f64(state: Offset, eps: number): number;
  power_columns_map_f64(out: Offset, x: Offset, steps: number, strideBytes: number, state: Offset): void;
  local_response_norm_columns_f32(
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
  local_response_norm_rows_f32(
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
  local_response_norm_columns_scratch_f32(channels: number, span: number, before: number, after: number): number;
  local_response_norm_rows_scratch_f32(rows: number, channels: number, before: number, after: number): number;
  local_response_norm_columns_f64(
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
  local_response_norm_rows_f64(
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
  local_response_norm_columns_scratch_f64(channels: number, span: number, before: number, after: number): number;
  local_response_norm_rows_scratch_f64(rows: number, channels: number, before: number, after: number): number;
}

/** Bytes that kernels need besides their operands: the states of three rows, or the slots of a batch of short rows. */
export const SCRATCH_BYTES = 1024;

let compiled: WebAssembly.Module | undefined;

/** The compiled kernels; compiled once. A failure is not remembered: the next call tries again. */
export function compileSync(): WebAssembly.Module {
  return (compiled ??= new WebAssembly.Module(decodeBinary()));
}

export async function compile(): Promise<WebAssembly.Module> {
  return (compiled ??= await WebAssembly.compile(decodeBinary()));
}

/** Kernels on `memory`. */
export function instantiate(module: WebAssembly.Module, memory: MemoryLike): Kernels {
  // The loader's types want a WebAssembly.Memory by name; a memory of another realm is as good.
  const { instance } = instantiateSync(module, { env: { memory: memory as WebAssembly.Memory } });
  return instance.exports as unknown as Kernels;
}

function decodeBinary(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(wasmHex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(wasmHex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
