// The strongest plain JavaScript we found that is right on any data, float32 in and out; what `lanenorm bench` shows,
// src/cli/plain-loops.ts, are the loops people write. Tried on V8 11.3, layer norm, medians of interleaved samples:
//
//   - the map unrolled by sixteen takes about 65 % of the time of a loop, by eight 70 %, by four 78 %;
//   - one sweep for sum and sum of squares takes 80 to 90 % of the time of two (mean, then deviations);
//   - float64 arithmetic takes about 85 % of the time of Math.fround after every operation, and is more accurate;
//   - two accumulators take less time than one, four or eight;
//   - one function with everything in it is 5 to 13 % faster than one for the moments and one for the map.
//
// E[x^2] - E[x]^2 alone would lose the variance where |mean| is millions of times the deviation. Deviations from the
// first element of the row keep it; they cost 5 % in rows of 64, nothing in long ones.

import { sizeOf } from "../entries.mjs";

/** A function that does an entry's work from x to out, or undefined: there are loops for float32, channels first. */
export function plainOf({ op, layout, shape, argument, options: { eps, training } }, x, parameters, out) {
  if (layout === "channels-last" || training) return undefined;
  const span = sizeOf(shape.slice(2));
  const { weight, bias, runningMean, runningVar } = mapData(parameters);
  switch (op) {
    case "layerNorm":
      return () => plainLayerNorm(x, weight, bias, eps, out);
    case "rmsNorm":
      return () => plainRmsNorm(x, weight, eps, out);
    case "groupNorm":
      return () => plainGroupNorm(x, span, argument, weight, bias, eps, out);
    case "instanceNorm":
      return () => plainGroupNorm(x, span, shape[1], weight, bias, eps, out);
    case "batchNorm":
      return () => plainBatchNorm(x, span, runningMean, runningVar, weight, bias, eps, out);
    default:
      return undefined;
  }
}

function mapData(parameters) {
  return Object.fromEntries(Object.entries(parameters).map(([name, { data }]) => [name, data]));
}

/** Layer norm over rows of `weight.length` elements. */
export function plainLayerNorm(x, weight, bias, eps, out) {
  const n = weight.length;
  for (let start = 0; start < x.length; start += n) {
    const end = start + n;
    const shift = x[start];
    const pairsEnd = end - (n % 2);
    let s0 = 0;
    let s1 = 0;
    let q0 = 0;
    let q1 = 0;
    let i = start;
    for (; i < pairsEnd; i += 2) {
      const d0 = x[i] - shift;
      const d1 = x[i + 1] - shift;
      s0 += d0;
      s1 += d1;
      q0 += d0 * d0;
      q1 += d1 * d1;
    }
    if (i < end) {
      const d = x[i] - shift;
      s0 += d;
      q0 += d * d;
    }
    const offset = (s0 + s1) / n;
    const variance = Math.max(0, (q0 + q1) / n - offset * offset);
    const mean = shift + offset;
    const rstd = 1 / Math.sqrt(variance + eps);
    const sixteensEnd = end - (n % 16);
    let j = 0;
    for (i = start; i < sixteensEnd; i += 16, j += 16) {
      out[i] = (x[i] - mean) * rstd * weight[j] + bias[j];
      out[i + 1] = (x[i + 1] - mean) * rstd * weight[j + 1] + bias[j + 1];
      out[i + 2] = (x[i + 2] - mean) * rstd * weight[j + 2] + bias[j + 2];
      out[i + 3] = (x[i + 3] - mean) * rstd * weight[j + 3] + bias[j + 3];
      out[i + 4] = (x[i + 4] - mean) * rstd * weight[j + 4] + bias[j + 4];
      out[i + 5] = (x[i + 5] - mean) * rstd * weight[j + 5] + bias[j + 5];
      out[i + 6] = (x[i + 6] - mean) * rstd * weight[j + 6] + bias[j + 6];
      out[i + 7] = (x[i + 7] - mean) * rstd * weight[j + 7] + bias[j + 7];
      out[i + 8] = (x[i + 8] - mean) * rstd * weight[j + 8] + bias[j + 8];
      out[i + 9] = (x[i + 9] - mean) * rstd * weight[j + 9] + bias[j + 9];
      out[i + 10] = (x[i + 10] - mean) * rstd * weight[j + 10] + bias[j + 10];
      out[i + 11] = (x[i + 11] - mean) * rstd * weight[j + 11] + bias[j + 11];
      out[i + 12] = (x[i + 12] - mean) * rstd * weight[j + 12] + bias[j + 12];
      out[i + 13] = (x[i + 13] - mean) * rstd * weight[j + 13] + bias[j + 13];
      out[i + 14] = (x[i + 14] - mean) * rstd * weight[j + 14] + bias[j + 14];
      out[i + 15] = (x[i + 15] - mean) * rstd * weight[j + 15] + bias[j + 15];
    }
    for (; i < end; i++, j++) out[i] = (x[i] - mean) * rstd * weight[j] + bias[j];
  }
}

/** Group norm of [N, C, ...]: C is `weight.length`, and each channel has `span` elements. */
function plainGroupNorm(x, span, groups, weight, bias, eps, out) {
  const channels = weight.length;
  const n = (channels / groups) * span;
  for (let start = 0; start < x.length; start += n) {
    const end = start + n;
    const shift = x[start];
    const pairsEnd = end - (n % 2);
    let s0 = 0;
    let s1 = 0;
    let q0 = 0;
    let q1 = 0;
    let i = start;
    for (; i < pairsEnd; i += 2) {
      const d0 = x[i] - shift;
      const d1 = x[i + 1] - shift;
      s0 += d0;
      s1 += d1;
      q0 += d0 * d0;
      q1 += d1 * d1;
    }
    if (i < end) {
      const d = x[i] - shift;
      s0 += d;
      q0 += d * d;
    }
    const offset = (s0 + s1) / n;
    const variance = Math.max(0, (q0 + q1) / n - offset * offset);
    const mean = shift + offset;
    const rstd = 1 / Math.sqrt(variance + eps);
    for (let first = start; first < end; first += span) {
      const channel = (first / span) % channels;
      const scale = rstd * weight[channel];
      const beta = bias[channel];
      const last = first + span;
      const sixteensEnd = last - (span % 16);
      for (i = first; i < sixteensEnd; i += 16) {
        out[i] = (x[i] - mean) * scale + beta;
        out[i + 1] = (x[i + 1] - mean) * scale + beta;
        out[i + 2] = (x[i + 2] - mean) * scale + beta;
        out[i + 3] = (x[i + 3] - mean) * scale + beta;
        out[i + 4] = (x[i + 4] - mean) * scale + beta;
        out[i + 5] = (x[i + 5] - mean) * scale + beta;
        out[i + 6] = (x[i + 6] - mean) * scale + beta;
        out[i + 7] = (x[i + 7] - mean) * scale + beta;
        out[i + 8] = (x[i + 8] - mean) * scale + beta;
        out[i + 9] = (x[i + 9] - mean) * scale + beta;
        out[i + 10] = (x[i + 10] - mean) * scale + beta;
        out[i + 11] = (x[i + 11] - mean) * scale + beta;
        out[i + 12] = (x[i + 12] - mean) * scale + beta;
        out[i + 13] = (x[i + 13] - mean) * scale + beta;
        out[i + 14] = (x[i + 14] - mean) * scale + beta;
        out[i + 15] = (x[i + 15] - mean) * scale + beta;
      }
      for (; i < last; i++) out[i] = (x[i] - mean) * scale + beta;
    }
  }
}

/** RMS norm over rows of `weight.length` elements. */
function plainRmsNorm(x, weight, eps, out) {
  const n = weight.length;
  for (let start = 0; start < x.length; start += n) {
    const end = start + n;
    const pairsEnd = end - (n % 2);
    let q0 = 0;
    let q1 = 0;
    let i = start;
    for (; i < pairsEnd; i += 2) {
      q0 += x[i] * x[i];
      q1 += x[i + 1] * x[i + 1];
    }
    if (i < end) q0 += x[i] * x[i];
    const rstd = 1 / Math.sqrt((q0 + q1) / n + eps);
    const sixteensEnd = end - (n % 16);
    let j = 0;
    for (i = start; i < sixteensEnd; i += 16, j += 16) {
      out[i] = x[i] * rstd * weight[j];
      out[i + 1] = x[i + 1] * rstd * weight[j + 1];
      out[i + 2] = x[i + 2] * rstd * weight[j + 2];
      out[i + 3] = x[i + 3] * rstd * weight[j + 3];
      out[i + 4] = x[i + 4] * rstd * weight[j + 4];
      out[i + 5] = x[i + 5] * rstd * weight[j + 5];
      out[i + 6] = x[i + 6] * rstd * weight[j + 6];
      out[i + 7] = x[i + 7] * rstd * weight[j + 7];
      out[i + 8] = x[i + 8] * rstd * weight[j + 8];
      out[i + 9] = x[i + 9] * rstd * weight[j + 9];
      out[i + 10] = x[i + 10] * rstd * weight[j + 10];
      out[i + 11] = x[i + 11] * rstd * weight[j + 11];
      out[i + 12] = x[i + 12] * rstd * weight[j + 12];
      out[i + 13] = x[i + 13] * rstd * weight[j + 13];
      out[i + 14] = x[i + 14] * rstd * weight[j + 14];
      out[i + 15] = x[i + 15] * rstd * weight[j + 15];
    }
    for (; i < end; i++, j++) out[i] = x[i] * rstd * weight[j];
  }
}

/** Batch norm of [N, C, ...] by running statistics: C is `weight.length`, and each channel has `span` elements. */
function plainBatchNorm(x, span, runningMean, runningVar, weight, bias, eps, out) {
  const channels = weight.length;
  for (let first = 0; first < x.length; first += span) {
    const channel = (first / span) % channels;
    const mean = runningMean[channel];
    const scale = weight[channel] / Math.sqrt(runningVar[channel] + eps);
    const beta = bias[channel];
    const last = first + span;
    const eightsEnd = last - (span % 8);
    let i = first;
    for (; i < eightsEnd; i += 8) {
      out[i] = (x[i] - mean) * scale + beta;
      out[i + 1] = (x[i + 1] - mean) * scale + beta;
      out[i + 2] = (x[i + 2] - mean) * scale + beta;
      out[i + 3] = (x[i + 3] - mean) * scale + beta;
      out[i + 4] = (x[i + 4] - mean) * scale + beta;
      out[i + 5] = (x[i + 5] - mean) * scale + beta;
      out[i + 6] = (x[i + 6] - mean) * scale + beta;
      out[i + 7] = (x[i + 7] - mean) * scale + beta;
    }
    for (; i < last; i++) out[i] = (x[i] - mean) * scale + beta;
  }
}
