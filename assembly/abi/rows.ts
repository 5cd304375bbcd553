// Rows: whole tensors, and a row in pieces.
import { affineGlobal, affineVectorized } from "../affine_rows";
import { finish } from "../finish";
import { groupNorm, mapRun } from "../group_norm";
import { layerNorm } from "../layer_norm";
import { accumulate } from "../moments";
import { largestMagnitude } from "../range";
import { rowMoments } from "../row_moments";
import { beginRow, mapRow, prescaled, storeStatistics } from "../rows";
import { meanOfEight } from "../shift";
import { begin, closeChunk, rescale } from "../state";

// Whole tensors
// prettier-ignore
export function layer_norm_f32(out: usize, x: usize, gamma: usize, beta: usize, mean: usize, rstd: usize, rows: i32, n: i32, eps: f64, scratch: usize, flags: i32): void { layerNorm<f32>(out, x, gamma, beta, mean, rstd, rows, n, eps, scratch, flags); }
// prettier-ignore
export function group_norm_f32(out: usize, x: usize, gamma: usize, beta: usize, mean: usize, rstd: usize, rows: i32, channels: i32, span: i32, period: i32, eps: f64, scratch: usize, flags: i32): void { groupNorm<f32>(out, x, gamma, beta, mean, rstd, rows, channels, span, period, eps, scratch, flags); }
// prettier-ignore
export function row_moments_f32(mean: usize, variance: usize, x: usize, rows: i32, n: i32, scratch: usize, flags: i32): void { rowMoments<f32>(mean, variance, x, rows, n, scratch, flags); }
// prettier-ignore
export function affine_global_f32(out: usize, x: usize, centre: usize, scale: usize, bias: usize, runs: i32, span: i32, period: i32): void { affineGlobal<f32>(out, x, centre, scale, bias, runs, span, period); }
// prettier-ignore
export function affine_vectorized_f32(out: usize, x: usize, scale: usize, bias: usize, gamma: usize, beta: usize, rows: i32, n: i32): void { affineVectorized<f32>(out, x, scale, bias, gamma, beta, rows, n); }
// prettier-ignore
export function layer_norm_f64(out: usize, x: usize, gamma: usize, beta: usize, mean: usize, rstd: usize, rows: i32, n: i32, eps: f64, scratch: usize, flags: i32): void { layerNorm<f64>(out, x, gamma, beta, mean, rstd, rows, n, eps, scratch, flags); }
// prettier-ignore
export function group_norm_f64(out: usize, x: usize, gamma: usize, beta: usize, mean: usize, rstd: usize, rows: i32, channels: i32, span: i32, period: i32, eps: f64, scratch: usize, flags: i32): void { groupNorm<f64>(out, x, gamma, beta, mean, rstd, rows, channels, span, period, eps, scratch, flags); }
// prettier-ignore
export function row_moments_f64(mean: usize, variance: usize, x: usize, rows: i32, n: i32, scratch: usize, flags: i32): void { rowMoments<f64>(mean, variance, x, rows, n, scratch, flags); }
// prettier-ignore
export function affine_global_f64(out: usize, x: usize, centre: usize, scale: usize, bias: usize, runs: i32, span: i32, period: i32): void { affineGlobal<f64>(out, x, centre, scale, bias, runs, span, period); }
// prettier-ignore
export function affine_vectorized_f64(out: usize, x: usize, scale: usize, bias: usize, gamma: usize, beta: usize, rows: i32, n: i32): void { affineVectorized<f64>(out, x, scale, bias, gamma, beta, rows, n); }

// A row in pieces
// prettier-ignore
export function moments_begin_f32(state: usize, shift: f32, scale: f32, attempts: i32): void { begin<f32>(state, shift, scale, attempts); }
// prettier-ignore
export function moments_accumulate_f32(state: usize, x: usize, count: i32): void { accumulate<f32>(state, x, count); }
// prettier-ignore
export function moments_end_run_f32(state: usize): void { closeChunk<f32>(state); }
// prettier-ignore
export function moments_finish_f32(state: usize, n: f64, eps: f64): i32 { return finish<f32>(state, n, eps); }
// prettier-ignore
export function moments_rescale_f32(state: usize, magnitude: f32): void { rescale<f32>(state, magnitude); }
// prettier-ignore
export function begin_row_f32(state: usize, x: usize, n: i32, flags: i32): void { beginRow<f32>(state, x, n, flags); }
// prettier-ignore
export function mean_of_eight_f32(x: usize, step: usize): f32 { return meanOfEight<f32>(x, step); }
// prettier-ignore
export function largest_magnitude_f32(x: usize, count: i32): f32 { return largestMagnitude<f32>(x, count); }
// prettier-ignore
export function prescaled_f32(state: usize, out: usize, x: usize, n: i32): usize { return prescaled<f32>(state, out, x, n); }
// prettier-ignore
export function map_row_f32(out: usize, x: usize, gamma: usize, beta: usize, n: i32, state: usize, flags: i32): void { mapRow<f32>(out, x, gamma, beta, n, state, flags); }
// prettier-ignore
export function map_run_f32(out: usize, x: usize, gamma: usize, beta: usize, count: i32, state: usize, flags: i32): void { mapRun<f32>(out, x, gamma, beta, count, state, flags); }
// prettier-ignore
export function store_statistics_f32(state: usize, mean: usize, rstd: usize, row: i32, flags: i32): void { storeStatistics<f32>(state, mean, rstd, row, flags); }
// prettier-ignore
export function moments_begin_f64(state: usize, shift: f64, scale: f64, attempts: i32): void { begin<f64>(state, shift, scale, attempts); }
// prettier-ignore
export function moments_accumulate_f64(state: usize, x: usize, count: i32): void { accumulate<f64>(state, x, count); }
// prettier-ignore
export function moments_end_run_f64(state: usize): void { closeChunk<f64>(state); }
// prettier-ignore
export function moments_finish_f64(state: usize, n: f64, eps: f64): i32 { return finish<f64>(state, n, eps); }
// prettier-ignore
export function moments_rescale_f64(state: usize, magnitude: f64): void { rescale<f64>(state, magnitude); }
// prettier-ignore
export function begin_row_f64(state: usize, x: usize, n: i32, flags: i32): void { beginRow<f64>(state, x, n, flags); }
// prettier-ignore
export function mean_of_eight_f64(x: usize, step: usize): f64 { return meanOfEight<f64>(x, step); }
// prettier-ignore
export function largest_magnitude_f64(x: usize, count: i32): f64 { return largestMagnitude<f64>(x, count); }
// prettier-ignore
export function prescaled_f64(state: usize, out: usize, x: usize, n: i32): usize { return prescaled<f64>(state, out, x, n); }
// prettier-ignore
export function map_row_f64(out: usize, x: usize, gamma: usize, beta: usize, n: i32, state: usize, flags: i32): void { mapRow<f64>(out, x, gamma, beta, n, state, flags); }
// prettier-ignore
export function map_run_f64(out: usize, x: usize, gamma: usize, beta: usize, count: i32, state: usize, flags: i32): void { mapRun<f64>(out, x, gamma, beta, count, state, flags); }
// prettier-ignore
export function store_statistics_f64(state: usize, mean: usize, rstd: usize, row: i32, flags: i32): void { storeStatistics<f64>(state, mean, rstd, row, flags); }
