// The strongest plain JavaScript we could write that is right on any data, float32 in and out; what `lanenorm bench`
// shows, src/cli/plain-loops.ts, are the loops people write. What was tried, on V8 11.3, fastest first:
//
//   - one sweep for sum and sum of squares beats two (mean, then deviations) by about 15 %;
//   - float64 arithmetic beats Math.fround by about 15 %: the loads convert anyway, and rounding is one more
//     instruction per operation. So sums are in float64, and one rounding is left: the store;
//   - the map unrolled by eight is 20 to 25 % faster than as a loop, because V8 does not unroll and checks for
//     interrupts on every turn; sixteen would add 5 %;
//   - two accumulators are as good as four or eight: converting and bounds checks, not additions, set the pace;
//   - a subarray per row costs as much as a short row itself.
//
// E[x^2] - E[x]^2 alone would lose the variance where |mean| is millions of times the deviation. Deviations from the
// first element of the row lose nothing on such data and cost nothing measurable.

/** Layer norm over rows of `weight.length` elements. */
export function plainLayerNorm(x, weight, bias, eps, out) {
  const n = weight.length;
  for (let start = 0; start < x.length; start += n) {
    const { mean, rstd } = moments(x, start, n, eps);
    mapElements(out, x, start, n, mean, rstd, weight, bias);
  }
}

/** Group norm of [N, C, ...]: C is `weight.length`, and each channel has `span` elements. */
export function plainGroupNorm(x, span, groups, weight, bias, eps, out) {
  const channels = weight.length;
  const size = (channels / groups) * span;
  for (let start = 0; start < x.length; start += size) {
    const { mean, rstd } = moments(x, start, size, eps);
    for (let first = start; first < start + size; first += span) {
      const channel = (first / span) % channels;
      mapChannel(out, x, first, span, mean, rstd * weight[channel], bias[channel]);
    }
  }
}

function moments(x, start, n, eps) {
  const end = start + n;
  const pairsEnd = end - (n % 2);
  const shift = x[start];
  let s0 = 0;
  let s1 = 0;
  let q0 = 0;
  let q1 = 0;
  for (let i = start; i < pairsEnd; i += 2) {
    const d0 = x[i] - shift;
    const d1 = x[i + 1] - shift;
    s0 += d0;
    s1 += d1;
    q0 += d0 * d0;
    q1 += d1 * d1;
  }
  if (pairsEnd < end) {
    const d = x[pairsEnd] - shift;
    s0 += d;
    q0 += d * d;
  }
  const offset = (s0 + s1) / n;
  const variance = Math.max(0, (q0 + q1) / n - offset * offset);
  return { mean: shift + offset, rstd: 1 / Math.sqrt(variance + eps) };
}

function mapElements(out, x, start, n, mean, rstd, weight, bias) {
  const end = start + n;
  const octetsEnd = end - (n % 8);
  let i = start;
  let j = 0;
  for (; i < octetsEnd; i += 8, j += 8) {
    out[i] = (x[i] - mean) * rstd * weight[j] + bias[j];
    out[i + 1] = (x[i + 1] - mean) * rstd * weight[j + 1] + bias[j + 1];
    out[i + 2] = (x[i + 2] - mean) * rstd * weight[j + 2] + bias[j + 2];
    out[i + 3] = (x[i + 3] - mean) * rstd * weight[j + 3] + bias[j + 3];
    out[i + 4] = (x[i + 4] - mean) * rstd * weight[j + 4] + bias[j + 4];
    out[i + 5] = (x[i + 5] - mean) * rstd * weight[j + 5] + bias[j + 5];
    out[i + 6] = (x[i + 6] - mean) * rstd * weight[j + 6] + bias[j + 6];
    out[i + 7] = (x[i + 7] - mean) * rstd * weight[j + 7] + bias[j + 7];
  }
  for (; i < end; i++, j++) out[i] = (x[i] - mean) * rstd * weight[j] + bias[j];
}

function mapChannel(out, x, start, span, mean, scale, bias) {
  const end = start + span;
  const octetsEnd = end - (span % 8);
  let i = start;
  for (; i < octetsEnd; i += 8) {
    out[i] = (x[i] - mean) * scale + bias;
    out[i + 1] = (x[i + 1] - mean) * scale + bias;
    out[i + 2] = (x[i + 2] - mean) * scale + bias;
    out[i + 3] = (x[i + 3] - mean) * scale + bias;
    out[i + 4] = (x[i + 4] - mean) * scale + bias;
    out[i + 5] = (x[i + 5] - mean) * scale + bias;
    out[i + 6] = (x[i + 6] - mean) * scale + bias;
    out[i + 7] = (x[i + 7] - mean) * scale + bias;
  }
  for (; i < end; i++) out[i] = (x[i] - mean) * scale + bias;
}
