// Batch norm, channels first: runs that share statistics across samples.

import { batchNorm } from "../batch_norm";

// prettier-ignore
export function batch_norm_f32(out: usize, x: usize, gamma: usize, beta: usize, mean: usize, rstd: usize, groups: i32, runs: i32, span: i32, eps: f64, scratch: usize, flags: i32): void { batchNorm<f32>(out, x, gamma, beta, mean, rstd, groups, runs, span, eps, scratch, flags); }
// prettier-ignore
export function batch_norm_f64(out: usize, x: usize, gamma: usize, beta: usize, mean: usize, rstd: usize, groups: i32, runs: i32, span: i32, eps: f64, scratch: usize, flags: i32): void { batchNorm<f64>(out, x, gamma, beta, mean, rstd, groups, runs, span, eps, scratch, flags); }
