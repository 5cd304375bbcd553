/** The loops people write: what `lanenorm bench` compares the library with. Correct, fair, and not tuned. */

/** Layer norm over rows of `weight.length` elements. */
export function plainLayerNorm(
  x: Float32Array,
  weight: Float32Array,
  bias: Float32Array,
  eps: number,
  out: Float32Array,
): void {
  const n = weight.length;
  for (let start = 0; start < x.length; start += n) {
    const { mean, rstd } = plainMoments(x, start, start + n, eps);
    for (let i = 0; i < n; i++) out[start + i] = (x[start + i]! - mean) * rstd * weight[i]! + bias[i]!;
  }
}

/** Group norm over `[N, C, ...]`, where C is `weight.length` and each channel has `locations` elements. */
export function plainGroupNorm(
  x: Float32Array,
  locations: number,
  numGroups: number,
  weight: Float32Array,
  bias: Float32Array,
  eps: number,
  out: Float32Array,
): void {
  const channels = weight.length;
  const groupSize = (channels / numGroups) * locations;
  for (let start = 0; start < x.length; start += groupSize) {
    const { mean, rstd } = plainMoments(x, start, start + groupSize, eps);
    for (let first = start; first < start + groupSize; first += locations) {
      const channel = (first / locations) % channels;
      const scale = rstd * weight[channel]!;
      const offset = bias[channel]!;
      for (let i = first; i < first + locations; i++) out[i] = (x[i]! - mean) * scale + offset;
    }
  }
}

function plainMoments(x: Float32Array, start: number, end: number, eps: number): { mean: number; rstd: number } {
  let sum = 0;
  for (let i = start; i < end; i++) sum += x[i]!;
  const mean = sum / (end - start);
  let squares = 0;
  for (let i = start; i < end; i++) squares += (x[i]! - mean) * (x[i]! - mean);
  return { mean, rstd: 1 / Math.sqrt(squares / (end - start) + eps) };
}
