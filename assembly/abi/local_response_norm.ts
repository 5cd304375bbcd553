// The kernels of local response norm for both types.

import { columns, columnsScratch, rows, rowsScratch } from "../local_response_norm/layouts";

// prettier-ignore
export function local_response_norm_columns_f32(out: usize, x: usize, blocks: i32, channels: i32, span: i32, before: i32, after: i32, size: f64, alpha: f64, beta: f64, k: f64, scratch: usize): void {
  columns(2, out, x, blocks, channels, span, before, after, size, alpha, beta, k, scratch);
}
// prettier-ignore
export function local_response_norm_rows_f32(out: usize, x: usize, count: i32, channels: i32, before: i32, after: i32, size: f64, alpha: f64, beta: f64, k: f64, scratch: usize): void {
  rows(2, out, x, count, channels, before, after, size, alpha, beta, k, scratch);
}
// prettier-ignore
export function local_response_norm_columns_scratch_f32(channels: i32, span: i32, before: i32, after: i32): usize {
  return columnsScratch(2, channels, span, before, after);
}
// prettier-ignore
export function local_response_norm_rows_scratch_f32(count: i32, channels: i32, before: i32, after: i32): usize {
  return rowsScratch(2, count, channels, before, after);
}

// prettier-ignore
export function local_response_norm_columns_f64(out: usize, x: usize, blocks: i32, channels: i32, span: i32, before: i32, after: i32, size: f64, alpha: f64, beta: f64, k: f64, scratch: usize): void {
  columns(3, out, x, blocks, channels, span, before, after, size, alpha, beta, k, scratch);
}
// prettier-ignore
export function local_response_norm_rows_f64(out: usize, x: usize, count: i32, channels: i32, before: i32, after: i32, size: f64, alpha: f64, beta: f64, k: f64, scratch: usize): void {
  rows(3, out, x, count, channels, before, after, size, alpha, beta, k, scratch);
}
// prettier-ignore
export function local_response_norm_columns_scratch_f64(channels: i32, span: i32, before: i32, after: i32): usize {
  return columnsScratch(3, channels, span, before, after);
}
// prettier-ignore
export function local_response_norm_rows_scratch_f64(count: i32, channels: i32, before: i32, after: i32): usize {
  return rowsScratch(3, count, channels, before, after);
}
