// The column kernels of the module's ABI; columns and steps are 1 at least. Strides are elements, from step to step. Flags as in
// ../index.ts, and STRIP = 32: the columns are a strip of longer steps.

import { bytesOf } from "../lanes";
import { coefficients, stepCoefficients } from "../columns/coefficients";
import { finish, magnitude, rescale, statistics } from "../columns/finish";
import { mapOfColumns, mapOfSteps } from "../columns/map";
import { affineColumns, streams } from "../columns/maps";
import { BY_STEPS, columnsNorm, scratchBytes, stripOf } from "../columns/norm";
import { samplesOf, shift } from "../columns/shift";
import { begin, stateBytes } from "../columns/state";
import { accumulate, endBlock, unitOf } from "../columns/sums";

// What a plan needs to know
export { samplesOf as columns_samples_f32, samplesOf as columns_samples_f64 };
// prettier-ignore
export function columns_strip_f32(columns: i32, width: i32): i32 { return stripOf<f32>(columns, width); }
// prettier-ignore
export function columns_norm_bytes_f32(columns: i32, width: i32): usize { return scratchBytes<f32>(columns, width); }
// prettier-ignore
export function columns_state_bytes_f32(columns: i32, width: i32, flags: i32): usize { return stateBytes<f32>(columns, width, flags); }
// prettier-ignore
export function columns_unit_f32(columns: i32, flags: i32): i32 { return unitOf<f32>(columns, flags); }
// prettier-ignore
export function columns_strip_f64(columns: i32, width: i32): i32 { return stripOf<f64>(columns, width); }
// prettier-ignore
export function columns_norm_bytes_f64(columns: i32, width: i32): usize { return scratchBytes<f64>(columns, width); }
// prettier-ignore
export function columns_state_bytes_f64(columns: i32, width: i32, flags: i32): usize { return stateBytes<f64>(columns, width, flags); }
// prettier-ignore
export function columns_unit_f64(columns: i32, flags: i32): i32 { return unitOf<f64>(columns, flags); }

// Whole tensors
// prettier-ignore
export function columns_norm_f32(out: usize, x: usize, gamma: usize, beta: usize, mean: usize, rstd: usize, blocks: i32, steps: i32, columns: i32, width: i32, eps: f64, scratch: usize, flags: i32): void { columnsNorm<f32>(out, x, gamma, beta, mean, rstd, blocks, steps, columns, width, eps, scratch, flags); }
// prettier-ignore
export function columns_norm_steps_f32(out: usize, x: usize, gamma: usize, beta: usize, mean: usize, rstd: usize, blocks: i32, steps: i32, columns: i32, width: i32, eps: f64, scratch: usize, flags: i32): void { columnsNorm<f32>(out, x, gamma, beta, mean, rstd, blocks, steps, columns, width, eps, scratch, flags | BY_STEPS); }
// prettier-ignore
export function columns_affine_f32(out: usize, x: usize, centre: usize, scale: usize, bias: usize, steps: i32, columns: i32): void { affineColumns<f32>(out, x, centre, scale, bias, steps, columns); }
// prettier-ignore
export function columns_norm_f64(out: usize, x: usize, gamma: usize, beta: usize, mean: usize, rstd: usize, blocks: i32, steps: i32, columns: i32, width: i32, eps: f64, scratch: usize, flags: i32): void { columnsNorm<f64>(out, x, gamma, beta, mean, rstd, blocks, steps, columns, width, eps, scratch, flags); }
// prettier-ignore
export function columns_norm_steps_f64(out: usize, x: usize, gamma: usize, beta: usize, mean: usize, rstd: usize, blocks: i32, steps: i32, columns: i32, width: i32, eps: f64, scratch: usize, flags: i32): void { columnsNorm<f64>(out, x, gamma, beta, mean, rstd, blocks, steps, columns, width, eps, scratch, flags | BY_STEPS); }
// prettier-ignore
export function columns_affine_f64(out: usize, x: usize, centre: usize, scale: usize, bias: usize, steps: i32, columns: i32): void { affineColumns<f64>(out, x, centre, scale, bias, steps, columns); }

// A block of steps in pieces
// prettier-ignore
export function columns_begin_f32(state: usize, columns: i32, width: i32, flags: i32): void { begin<f32>(state, columns, width, flags); }
// prettier-ignore
export function columns_shift_f32(state: usize, x: usize, samples: i32, stride: i32): void { shift<f32>(state, x, samples, bytesOf<f32>(stride)); }
// prettier-ignore
export function columns_accumulate_f32(state: usize, x: usize, steps: i32, stride: i32): void { accumulate<f32>(state, x, steps, bytesOf<f32>(stride)); }
// prettier-ignore
export function columns_end_piece_f32(state: usize): void { endBlock<f32>(state); }
// prettier-ignore
export function columns_finish_f32(state: usize, n: f64, eps: f64): i32 { return finish<f32>(state, n, eps); }
// prettier-ignore
export function columns_magnitude_f32(state: usize, x: usize, steps: i32, stride: i32): void { magnitude<f32>(state, x, steps, bytesOf<f32>(stride)); }
// prettier-ignore
export function columns_rescale_f32(state: usize): void { rescale<f32>(state); }
// prettier-ignore
export function columns_statistics_f32(state: usize, mean: usize, rstd: usize, first: i32, flags: i32): void { statistics<f32>(state, mean, rstd, first, flags); }
// prettier-ignore
export function columns_coefficients_f32(state: usize, gamma: usize, beta: usize, flags: i32): void { coefficients<f32>(state, gamma, beta, flags); }
// prettier-ignore
export function columns_step_coefficients_f32(state: usize): void { stepCoefficients<f32>(state); }
// prettier-ignore
export function columns_map_f32(out: usize, x: usize, state: usize, steps: i32, stride: i32): void { mapOfColumns<f32>(out, x, state, steps, bytesOf<f32>(stride), streams(steps, bytesOf<f32>(stride))); }
// prettier-ignore
export function columns_map_steps_f32(out: usize, x: usize, state: usize, gamma: usize, beta: usize, steps: i32, stride: i32): void { mapOfSteps<f32>(out, x, state, gamma, beta, steps, bytesOf<f32>(stride), streams(steps, bytesOf<f32>(stride))); }
// prettier-ignore
export function columns_begin_f64(state: usize, columns: i32, width: i32, flags: i32): void { begin<f64>(state, columns, width, flags); }
// prettier-ignore
export function columns_shift_f64(state: usize, x: usize, samples: i32, stride: i32): void { shift<f64>(state, x, samples, bytesOf<f64>(stride)); }
// prettier-ignore
export function columns_accumulate_f64(state: usize, x: usize, steps: i32, stride: i32): void { accumulate<f64>(state, x, steps, bytesOf<f64>(stride)); }
// prettier-ignore
export function columns_end_piece_f64(state: usize): void { endBlock<f64>(state); }
// prettier-ignore
export function columns_finish_f64(state: usize, n: f64, eps: f64): i32 { return finish<f64>(state, n, eps); }
// prettier-ignore
export function columns_magnitude_f64(state: usize, x: usize, steps: i32, stride: i32): void { magnitude<f64>(state, x, steps, bytesOf<f64>(stride)); }
// prettier-ignore
export function columns_rescale_f64(state: usize): void { rescale<f64>(state); }
// prettier-ignore
export function columns_statistics_f64(state: usize, mean: usize, rstd: usize, first: i32, flags: i32): void { statistics<f64>(state, mean, rstd, first, flags); }
// prettier-ignore
export function columns_coefficients_f64(state: usize, gamma: usize, beta: usize, flags: i32): void { coefficients<f64>(state, gamma, beta, flags); }
// prettier-ignore
export function columns_step_coefficients_f64(state: usize): void { stepCoefficients<f64>(state); }
// prettier-ignore
export function columns_map_f64(out: usize, x: usize, state: usize, steps: i32, stride: i32): void { mapOfColumns<f64>(out, x, state, steps, bytesOf<f64>(stride), streams(steps, bytesOf<f64>(stride))); }
// prettier-ignore
export function columns_map_steps_f64(out: usize, x: usize, state: usize, gamma: usize, beta: usize, steps: i32, stride: i32): void { mapOfSteps<f64>(out, x, state, gamma, beta, steps, bytesOf<f64>(stride), streams(steps, bytesOf<f64>(stride))); }
