// The kernels of normalize. Strides are elements.

import { bytesOf } from "../lanes";
import { beginColumns, columnStateBytes } from "../powers/column_state";
import { accumulateColumns, columnMagnitudes } from "../powers/column_sums";
import {
  finishColumns,
  mapColumns,
  normalizeColumns,
  normalizeColumnsScratch,
  rescaleColumns,
} from "../powers/columns";
import { finish, map, normalizeRows, rescale } from "../powers/rows";
import { begin } from "../powers/state";
import { accumulate, magnitude } from "../powers/sums";

// prettier-ignore
export function normalize_rows_f32(out: usize, x: usize, rows: i32, n: i32, p: f64, eps: f64, scratch: usize): void {
  normalizeRows(out, x, rows, n, p, eps, scratch, false);
}
// prettier-ignore
export function normalize_rows_f64(out: usize, x: usize, rows: i32, n: i32, p: f64, eps: f64, scratch: usize): void {
  normalizeRows(out, x, rows, n, p, eps, scratch, true);
}

export { begin as powers_begin, rescale as powers_rescale };
export { beginColumns as power_columns_begin, columnStateBytes as power_columns_state_bytes };

// prettier-ignore
export function powers_accumulate_f32(state: usize, x: usize, count: i32): void { accumulate<f32>(state, x, count); }
// prettier-ignore
export function powers_accumulate_f64(state: usize, x: usize, count: i32): void { accumulate<f64>(state, x, count); }
// prettier-ignore
export function powers_magnitude_f32(state: usize, x: usize, count: i32): void { magnitude<f32>(state, x, count); }
// prettier-ignore
export function powers_magnitude_f64(state: usize, x: usize, count: i32): void { magnitude<f64>(state, x, count); }
// prettier-ignore
export function powers_finish_f32(state: usize, eps: f64): i32 { return finish(state, eps, false); }
// prettier-ignore
export function powers_finish_f64(state: usize, eps: f64): i32 { return finish(state, eps, true); }
// prettier-ignore
export function powers_map_f32(out: usize, x: usize, count: i32, state: usize): void { map<f32>(out, x, count, state); }
// prettier-ignore
export function powers_map_f64(out: usize, x: usize, count: i32, state: usize): void { map<f64>(out, x, count, state); }

// prettier-ignore
export function normalize_columns_f32(out: usize, x: usize, blocks: i32, steps: i32, columns: i32, p: f64, eps: f64, scratch: usize): void {
  normalizeColumns(out, x, blocks, steps, columns, p, eps, scratch, false);
}
// prettier-ignore
export function normalize_columns_scratch_f32(columns: i32): usize { return normalizeColumnsScratch(columns, false); }
// prettier-ignore
export function power_columns_accumulate_f32(state: usize, x: usize, steps: i32, stride: i32): void { accumulateColumns<f32>(state, x, steps, bytesOf<f32>(stride)); }
// prettier-ignore
export function power_columns_magnitude_f32(state: usize, x: usize, steps: i32, stride: i32): void { columnMagnitudes<f32>(state, x, steps, bytesOf<f32>(stride)); }
// prettier-ignore
export function power_columns_rescale_f32(state: usize): bool { return rescaleColumns(state, false); }
// prettier-ignore
export function power_columns_finish_f32(state: usize, eps: f64): i32 { return finishColumns<f32>(state, eps); }
// prettier-ignore
export function power_columns_map_f32(out: usize, x: usize, steps: i32, stride: i32, state: usize): void { mapColumns<f32>(out, x, steps, bytesOf<f32>(stride), state); }

// prettier-ignore
export function normalize_columns_f64(out: usize, x: usize, blocks: i32, steps: i32, columns: i32, p: f64, eps: f64, scratch: usize): void {
  normalizeColumns(out, x, blocks, steps, columns, p, eps, scratch, true);
}
// prettier-ignore
export function normalize_columns_scratch_f64(columns: i32): usize { return normalizeColumnsScratch(columns, true); }
// prettier-ignore
export function power_columns_accumulate_f64(state: usize, x: usize, steps: i32, stride: i32): void { accumulateColumns<f64>(state, x, steps, bytesOf<f64>(stride)); }
// prettier-ignore
export function power_columns_magnitude_f64(state: usize, x: usize, steps: i32, stride: i32): void { columnMagnitudes<f64>(state, x, steps, bytesOf<f64>(stride)); }
// prettier-ignore
export function power_columns_rescale_f64(state: usize): bool { return rescaleColumns(state, true); }
// prettier-ignore
export function power_columns_finish_f64(state: usize, eps: f64): i32 { return finishColumns<f64>(state, eps); }
// prettier-ignore
export function power_columns_map_f64(out: usize, x: usize, steps: i32, stride: i32, state: usize): void { mapColumns<f64>(out, x, steps, bytesOf<f64>(stride), state); }
