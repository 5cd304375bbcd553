// The ABI of the kernels for gradients, a module of its own that is compiled when the first gradient is asked for. As that of
// assembly/index.ts, and on the same memory. flags: WANTS_INPUT = 1, WANTS_PARAMETERS = 2,
// UNCENTRED = 4.

import { accumulateColumns, beginColumns, columnsBytes, mapColumns, totalColumns } from "./columns";
import { settleRows } from "./coefficients";
import { beginParameters, endParameters, parameterBytes } from "./parameters";
import { gatherRows, UNCENTRED, WANTS_INPUT } from "./row_sums";
import { rowsBackward, stripBackward } from "./rows";
import { accumulateRuns, mapRuns, totalRuns } from "./runs";

// prettier-ignore
export function parameter_bytes_f32(columns: i32): usize { return parameterBytes<f32>(columns); }
// prettier-ignore
export function parameter_bytes_f64(columns: i32): usize { return parameterBytes<f64>(columns); }
// prettier-ignore
export function begin_parameters_f32(sums: usize, gamma: usize, columns: i32): void { beginParameters<f32>(sums, gamma, columns); }
// prettier-ignore
export function begin_parameters_f64(sums: usize, gamma: usize, columns: i32): void { beginParameters<f64>(sums, gamma, columns); }
// prettier-ignore
export function end_parameters_f32(sums: usize, columns: i32): usize { return endParameters<f32>(sums, columns); }
// prettier-ignore
export function end_parameters_f64(sums: usize, columns: i32): usize { return endParameters<f64>(sums, columns); }
// prettier-ignore
export function rows_backward_f32(dx: usize, dy: usize, x: usize, mean: usize, rstd: usize, gamma: usize, parameters: usize, first: i32, rows: i32, n: i32, scratch: usize, flags: i32): void { rowsBackward<f32>(dx, dy, x, mean, rstd, gamma, parameters, first, rows, n, scratch, flags); }
// prettier-ignore
export function rows_backward_f64(dx: usize, dy: usize, x: usize, mean: usize, rstd: usize, gamma: usize, parameters: usize, first: i32, rows: i32, n: i32, scratch: usize, flags: i32): void { rowsBackward<f64>(dx, dy, x, mean, rstd, gamma, parameters, first, rows, n, scratch, flags); }
// prettier-ignore
export function strip_backward_f32(dx: usize, dy: usize, x: usize, stride: i32, gamma: usize, parameters: usize, first: i32, rows: i32, columns: i32, coefficients: usize, scratch: usize, flags: i32): void { stripBackward<f32>(dx, dy, x, (<usize>stride) << alignof<f32>(), gamma, parameters, first, rows, columns, coefficients, scratch, flags); }
// prettier-ignore
export function strip_backward_f64(dx: usize, dy: usize, x: usize, stride: i32, gamma: usize, parameters: usize, first: i32, rows: i32, columns: i32, coefficients: usize, scratch: usize, flags: i32): void { stripBackward<f64>(dx, dy, x, (<usize>stride) << alignof<f64>(), gamma, parameters, first, rows, columns, coefficients, scratch, flags); }
// prettier-ignore
export function gather_rows_f32(sums: usize, dy: usize, x: usize, stride: i32, gamma: usize, count: i32, mean: usize, rstd: usize, rows: i32, flags: i32): void { gatherRows<f32>(sums, dy, x, (<usize>stride) << alignof<f32>(), gamma, count, mean, rstd, rows, WANTS_INPUT | (flags & UNCENTRED)); }
// prettier-ignore
export function gather_rows_f64(sums: usize, dy: usize, x: usize, stride: i32, gamma: usize, count: i32, mean: usize, rstd: usize, rows: i32, flags: i32): void { gatherRows<f64>(sums, dy, x, (<usize>stride) << alignof<f64>(), gamma, count, mean, rstd, rows, WANTS_INPUT | (flags & UNCENTRED)); }
// prettier-ignore
export function settle_rows_f32(coefficients: usize, sums: usize, mean: usize, rstd: usize, rows: i32, inverse: f64, flags: i32): void { settleRows<f32>(coefficients, sums, mean, rstd, rows, inverse, (flags & UNCENTRED) != 0); }
// prettier-ignore
export function settle_rows_f64(coefficients: usize, sums: usize, mean: usize, rstd: usize, rows: i32, inverse: f64, flags: i32): void { settleRows<f64>(coefficients, sums, mean, rstd, rows, inverse, (flags & UNCENTRED) != 0); }
// prettier-ignore
export function accumulate_runs_f32(sums: usize, dy: usize, x: usize, mean: usize, rstd: usize, runs: i32, count: i32, stride: i32): void { accumulateRuns<f32>(sums, dy, x, mean, rstd, runs, count, stride); }
// prettier-ignore
export function accumulate_runs_f64(sums: usize, dy: usize, x: usize, mean: usize, rstd: usize, runs: i32, count: i32, stride: i32): void { accumulateRuns<f64>(sums, dy, x, mean, rstd, runs, count, stride); }
// prettier-ignore
export function total_runs_f32(sums: usize, runs: i32): void { totalRuns<f32>(sums, runs); }
// prettier-ignore
export function total_runs_f64(sums: usize, runs: i32): void { totalRuns<f64>(sums, runs); }
// prettier-ignore
export function map_runs_f32(dx: usize, dy: usize, x: usize, coefficients: usize, runs: i32, count: i32, stride: i32): void { mapRuns<f32>(dx, dy, x, coefficients, runs, count, stride); }
// prettier-ignore
export function map_runs_f64(dx: usize, dy: usize, x: usize, coefficients: usize, runs: i32, count: i32, stride: i32): void { mapRuns<f64>(dx, dy, x, coefficients, runs, count, stride); }
// prettier-ignore
export function columns_bytes_f32(columns: i32): usize { return columnsBytes<f32>(columns); }
// prettier-ignore
export function columns_bytes_f64(columns: i32): usize { return columnsBytes<f64>(columns); }
// prettier-ignore
export function begin_columns_f32(state: usize, columns: i32): void { beginColumns<f32>(state, columns); }
// prettier-ignore
export function begin_columns_f64(state: usize, columns: i32): void { beginColumns<f64>(state, columns); }
// prettier-ignore
export function accumulate_columns_f32(state: usize, dy: usize, x: usize, steps: i32, stride: i32, columns: i32): void { accumulateColumns<f32>(state, dy, x, steps, stride, columns); }
// prettier-ignore
export function accumulate_columns_f64(state: usize, dy: usize, x: usize, steps: i32, stride: i32, columns: i32): void { accumulateColumns<f64>(state, dy, x, steps, stride, columns); }
// prettier-ignore
export function total_columns_f32(totals: usize, state: usize, columns: i32): void { totalColumns<f32>(totals, state, columns); }
// prettier-ignore
export function total_columns_f64(totals: usize, state: usize, columns: i32): void { totalColumns<f64>(totals, state, columns); }
// prettier-ignore
export function map_columns_f32(dx: usize, dy: usize, x: usize, state: usize, steps: i32, stride: i32, columns: i32): void { mapColumns<f32>(dx, dy, x, state, steps, stride, columns); }
// prettier-ignore
export function map_columns_f64(dx: usize, dy: usize, x: usize, state: usize, steps: i32, stride: i32, columns: i32): void { mapColumns<f64>(dx, dy, x, state, steps, stride, columns); }
