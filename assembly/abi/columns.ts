// The column kernels of the module's ABI; columns and steps are 1 at least. Strides are elements, from step to step. Flags as in
// ../index.ts, and STRIP = 32: the columns are a strip of longer steps; BY_STEPS = 128: steps have a gamma and a beta each.

import { elementBytes } from "../elements";
import { coefficients, stepCoefficients } from "../columns/coefficients";
import { finish, magnitude, rescale, statistics } from "../columns/finish";
import { mapOfColumns, mapOfSteps } from "../columns/map";
import { affineColumns, streams } from "../columns/maps";
import { columnsNorm, scratchBytes } from "../columns/norm";
import { samplesOf, shift } from "../columns/shift";
import { begin, isWide, stateBytes } from "../columns/state";
import { accumulate, endBlock } from "../columns/sums";

// What a plan needs to know
export { samplesOf as columns_samples };
// prettier-ignore
export function columns_norm_bytes_f32(columns: i32, width: i32): usize { return scratchBytes(columns, width, false); }
// prettier-ignore
export function columns_state_bytes_f32(columns: i32, width: i32, flags: i32): usize { return stateBytes(columns, width, flags, false); }
// prettier-ignore
export function columns_norm_bytes_f64(columns: i32, width: i32): usize { return scratchBytes(columns, width, true); }
// prettier-ignore
export function columns_state_bytes_f64(columns: i32, width: i32, flags: i32): usize { return stateBytes(columns, width, flags, true); }

// Whole tensors
// prettier-ignore
export function columns_norm_f32(out: usize, x: usize, gamma: usize, beta: usize, mean: usize, rstd: usize, blocks: i32, steps: i32, columns: i32, width: i32, eps: f64, scratch: usize, flags: i32): void { columnsNorm(out, x, gamma, beta, mean, rstd, blocks, steps, columns, width, eps, scratch, flags, false); }
// prettier-ignore
export function columns_affine_f32(out: usize, x: usize, centre: usize, scale: usize, bias: usize, steps: i32, columns: i32): void { affineColumns<f32>(out, x, centre, scale, bias, steps, columns); }
// prettier-ignore
export function columns_norm_f64(out: usize, x: usize, gamma: usize, beta: usize, mean: usize, rstd: usize, blocks: i32, steps: i32, columns: i32, width: i32, eps: f64, scratch: usize, flags: i32): void { columnsNorm(out, x, gamma, beta, mean, rstd, blocks, steps, columns, width, eps, scratch, flags, true); }
// prettier-ignore
export function columns_affine_f64(out: usize, x: usize, centre: usize, scale: usize, bias: usize, steps: i32, columns: i32): void { affineColumns<f64>(out, x, centre, scale, bias, steps, columns); }

// A block of steps in pieces: the state knows the type.
// prettier-ignore
export function columns_begin_f32(state: usize, columns: i32, width: i32, flags: i32): void { begin(state, columns, width, flags, false); }
// prettier-ignore
export function columns_begin_f64(state: usize, columns: i32, width: i32, flags: i32): void { begin(state, columns, width, flags, true); }
// prettier-ignore
function columnsShift(state: usize, x: usize, samples: i32, stride: i32): void { shift(state, x, samples, strideOf(state, stride)); }
// prettier-ignore
function columnsAccumulate(state: usize, x: usize, steps: i32, stride: i32): void { accumulate(state, x, steps, strideOf(state, stride)); }
// prettier-ignore
function columnsMagnitude(state: usize, x: usize, steps: i32, stride: i32): void { magnitude(state, x, steps, strideOf(state, stride)); }
// prettier-ignore
function columnsMap(out: usize, x: usize, state: usize, steps: i32, stride: i32): void { mapOfColumns(out, x, state, steps, strideOf(state, stride), streams(steps, strideOf(state, stride))); }
// prettier-ignore
function columnsMapSteps(out: usize, x: usize, state: usize, gamma: usize, beta: usize, steps: i32, stride: i32): void { mapOfSteps(out, x, state, gamma, beta, steps, strideOf(state, stride), streams(steps, strideOf(state, stride))); }
// prettier-ignore
@inline function strideOf(state: usize, stride: i32): usize { return elementBytes(stride, isWide(state)); }

export { columnsShift as columns_shift };
export { columnsAccumulate as columns_accumulate };
export { endBlock as columns_end_piece };
export { finish as columns_finish };
export { columnsMagnitude as columns_magnitude };
export { rescale as columns_rescale };
export { statistics as columns_statistics };
export { coefficients as columns_coefficients };
export { stepCoefficients as columns_step_coefficients };
export { columnsMap as columns_map };
export { columnsMapSteps as columns_map_steps };
