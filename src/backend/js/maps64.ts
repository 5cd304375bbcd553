// The maps over float64 elements. The mean is subtracted in two parts: rounded to one number, it would lose digits that
// data far from 0 shows.

import type { State } from "./state.js";

export function mapElements(
  out: Float64Array,
  x: Float64Array,
  i: number,
  n: number,
  state: State,
  group: number,
  gamma: Float64Array | undefined,
  beta: Float64Array | undefined,
  p: number,
): void {
  const scale = state.scale[group];
  const mean = state.mean[group];
  const low = state.meanLow[group];
  const rstd = state.rstd[group];
  for (let e = 0; e < n; e++) {
    const normalized = (x[i + e] * scale - mean - low) * rstd;
    const scaled = gamma ? normalized * gamma[p + e] : normalized;
    out[i + e] = beta ? scaled + beta[p + e] : scaled;
  }
}

export function mapRun(
  out: Float64Array,
  x: Float64Array,
  i: number,
  n: number,
  state: State,
  group: number,
  slope: number,
  bias: number,
): void {
  const scale = state.scale[group];
  const mean = state.mean[group];
  const low = state.meanLow[group];
  for (let e = 0; e < n; e++) out[i + e] = (x[i + e] * scale - mean - low) * slope + bias;
}

export function mapColumns(
  out: Float64Array,
  x: Float64Array,
  i: number,
  steps: number,
  stride: number,
  columns: number,
  state: State,
  gamma: Float64Array | undefined,
  beta: Float64Array | undefined,
  p: number,
): void {
  const { scale, centre, centreLow, slope, bias } = state;
  for (let step = 0; step < steps; step++) {
    const factor = gamma ? gamma[p + step] : 1;
    const addend = beta ? beta[p + step] : -0;
    for (let c = 0; c < columns; c++) {
      out[i + c] = ((x[i + c] * scale[c] - centre[c] - centreLow[c]) * slope[c] + bias[c]) * factor + addend;
    }
    i += stride;
  }
}

export function mapRow(
  out: Float64Array,
  x: Float64Array,
  i: number,
  n: number,
  scale: number,
  bias: number,
  gamma: Float64Array,
  beta: Float64Array,
): void {
  for (let e = 0; e < n; e++, i++) out[i] = (x[i] * scale + bias) * gamma[e] + beta[e];
}
