// The maps over float32 elements, in float64, rounded once as they are stored.

import type { State } from "./state.js";

export function mapElements(
  out: Float32Array,
  x: Float32Array,
  i: number,
  n: number,
  state: State,
  group: number,
  gamma: Float32Array | undefined,
  beta: Float32Array | undefined,
  p: number,
): void {
  const mean = state.mean[group];
  const rstd = state.rstd[group];
  if (gamma && beta) {
    for (let e = 0; e < n; e++) out[i + e] = (x[i + e] - mean) * rstd * gamma[p + e] + beta[p + e];
  } else if (gamma) {
    for (let e = 0; e < n; e++) out[i + e] = (x[i + e] - mean) * rstd * gamma[p + e];
  } else if (beta) {
    for (let e = 0; e < n; e++) out[i + e] = (x[i + e] - mean) * rstd + beta[p + e];
  } else {
    for (let e = 0; e < n; e++) out[i + e] = (x[i + e] - mean) * rstd;
  }
}

export function mapRun(
  out: Float32Array,
  x: Float32Array,
  i: number,
  n: number,
  state: State,
  group: number,
  slope: number,
  bias: number,
): void {
  const mean = state.mean[group];
  for (let e = 0; e < n; e++) out[i + e] = (x[i + e] - mean) * slope + bias;
}

export function mapColumns(
  out: Float32Array,
  x: Float32Array,
  i: number,
  steps: number,
  stride: number,
  columns: number,
  state: State,
  gamma: Float32Array | undefined,
  beta: Float32Array | undefined,
  p: number,
): void {
  const { centre, slope, bias } = state;
  for (let step = 0; step < steps; step++) {
    // Multiplying by 1 and adding -0 changes nothing.
    const factor = gamma ? gamma[p + step] : 1;
    const addend = beta ? beta[p + step] : -0;
    for (let c = 0; c < columns; c++) {
      out[i + c] = ((x[i + c] - centre[c]) * slope[c] + bias[c]) * factor + addend;
    }
    i += stride;
  }
}

export function mapRow(
  out: Float32Array,
  x: Float32Array,
  i: number,
  n: number,
  scale: number,
  bias: number,
  gamma: Float32Array,
  beta: Float32Array,
): void {
  for (let e = 0; e < n; e++, i++) out[i] = (x[i] * scale + bias) * gamma[e] + beta[e];
}
