// The reference backend: plain TypeScript, float64 arithmetic, one rounding to float32 at the end.

import type { TypedArray } from "../dtype.js";
import type { AffineGlobalJob, AffineVectorizedJob, Backend, MomentsJob, NormalizeJob } from "./backend.js";

/** The js backend. It needs no scratch, so it works on any memory. */
export const jsBackend: Backend = { name: "js", normalize, moments, affineGlobal, affineVectorized };

interface Statistics {
  mean: number;
  variance: number;
}

/** Beyond this many variances between shift and mean, squared, float64 sums would lose digits that float32 shows. */
const TOLERATED_OFFSET = 2 ** 20;

function normalize(job: NormalizeJob): void {
  const { rows, n, map } = job.plan;
  const x = job.x.data;
  const out = job.out.data;
  const gamma = job.weight?.data;
  const beta = job.bias?.data;
  for (let row = 0; row < rows; row++) {
    const start = row * n;
    const { mean, variance } = statisticsOf(x, start, n);
    const rstd = 1 / Math.sqrt(variance + job.eps);
    if (job.mean) job.mean.data[row] = mean;
    if (job.rstd) job.rstd.data[row] = rstd;
    if (map.kind === "vectorized") mapVectorized(out, x, start, n, mean, rstd, gamma, beta);
    else {
      const firstChannel = (row % map.period) * map.channels;
      mapChannels(out, x, start, map.channels, map.span, mean, rstd, gamma, beta, firstChannel);
    }
  }
}

function moments(job: MomentsJob): void {
  for (let row = 0; row < job.rows; row++) {
    const { mean, variance } = statisticsOf(job.x.data, row * job.n, job.n);
    job.mean.data[row] = mean;
    job.variance.data[row] = variance;
  }
}

/** Mean and biased variance of n elements, shifted by the first; again with the mean if that was far from it. */
function statisticsOf(x: TypedArray, start: number, n: number): Statistics {
  const first = shiftedMoments(x, start, n, x[start]);
  const offset = first.mean - x[start];
  return offset * offset > TOLERATED_OFFSET * first.variance ? shiftedMoments(x, start, n, first.mean) : first;
}

/** Four accumulators each, because one would wait for itself at every addition. */
function shiftedMoments(x: TypedArray, start: number, n: number, shift: number): Statistics {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let q0 = 0;
  let q1 = 0;
  let q2 = 0;
  let q3 = 0;
  const end = start + n;
  const quadEnd = end - (n % 4);
  for (let i = start; i < quadEnd; i += 4) {
    const d0 = x[i] - shift;
    const d1 = x[i + 1] - shift;
    const d2 = x[i + 2] - shift;
    const d3 = x[i + 3] - shift;
    s0 += d0;
    s1 += d1;
    s2 += d2;
    s3 += d3;
    q0 += d0 * d0;
    q1 += d1 * d1;
    q2 += d2 * d2;
    q3 += d3 * d3;
  }
  for (let i = quadEnd; i < end; i++) {
    const d = x[i] - shift;
    s0 += d;
    q0 += d * d;
  }
  const offset = (s0 + s1 + (s2 + s3)) / n;
  const variance = (q0 + q1 + (q2 + q3)) / n - offset * offset;
  // The mean of a group with an infinity is NaN too, wherever the infinity is.
  const mean = Number.isNaN(variance) ? NaN : shift + offset;
  return { mean, variance: variance < 0 ? 0 : variance };
}

function mapVectorized(
  out: TypedArray,
  x: TypedArray,
  start: number,
  n: number,
  mean: number,
  rstd: number,
  gamma: TypedArray | undefined,
  beta: TypedArray | undefined,
): void {
  if (gamma && beta) {
    for (let i = 0; i < n; i++) out[start + i] = (x[start + i] - mean) * rstd * gamma[i] + beta[i];
  } else if (gamma) {
    for (let i = 0; i < n; i++) out[start + i] = (x[start + i] - mean) * rstd * gamma[i];
  } else if (beta) {
    for (let i = 0; i < n; i++) out[start + i] = (x[start + i] - mean) * rstd + beta[i];
  } else {
    for (let i = start; i < start + n; i++) out[i] = (x[i] - mean) * rstd;
  }
}

function mapChannels(
  out: TypedArray,
  x: TypedArray,
  start: number,
  channels: number,
  span: number,
  mean: number,
  rstd: number,
  gamma: TypedArray | undefined,
  beta: TypedArray | undefined,
  firstChannel: number,
): void {
  for (let channel = 0; channel < channels; channel++) {
    const scale = gamma ? rstd * gamma[firstChannel + channel] : rstd;
    const bias = beta ? beta[firstChannel + channel] : 0;
    const from = start + channel * span;
    for (let i = from; i < from + span; i++) out[i] = (x[i] - mean) * scale + bias;
  }
}

function affineGlobal(job: AffineGlobalJob): void {
  const x = job.x.data;
  const out = job.out.data;
  for (let run = 0; run < job.runs; run++) {
    const scale = job.scale.data[run % job.period];
    const bias = job.bias.data[run % job.period];
    const start = run * job.span;
    for (let i = start; i < start + job.span; i++) out[i] = x[i] * scale + bias;
  }
}

function affineVectorized(job: AffineVectorizedJob): void {
  const x = job.x.data;
  const out = job.out.data;
  const gamma = job.gamma.data;
  const beta = job.beta.data;
  for (let row = 0; row < job.rows; row++) {
    const scale = job.scale.data[row];
    const bias = job.bias.data[row];
    const start = row * job.n;
    for (let i = 0; i < job.n; i++) out[start + i] = (x[start + i] * scale + bias) * gamma[i] + beta[i];
  }
}
