import { compensatedSum } from "./compensated.js";

/** The mean is high + low, so that x - mean is exact to float64's precision even where |mean| is much larger than sigma. */
export interface ReferenceMoments {
  readonly high: number;
  readonly low: number;
  /** Biased. */
  readonly variance: number;
}

/** What a normalisation of rows of n contiguous float32 elements should give, computed in float64. */
export interface Reference {
  readonly rows: number;
  readonly n: number;
  /** Per row. */
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  readonly rstd: Float64Array;
  /** xhat*: per element, before parameters. */
  readonly normalized: Float64Array;
  /** y*: per element. */
  readonly output: Float64Array;
  /** The parameters of the element with the given index in the whole tensor. */
  readonly gamma: Parameter;
  readonly beta: Parameter;
}

export type Parameter = (index: number) => number;

export interface Parameters {
  readonly gamma?: Parameter;
  readonly beta?: Parameter;
}

export interface NormalizeOptions extends Parameters {
  readonly rows: number;
  readonly n: number;
  readonly eps: number;
}

/** Weight and bias as layers hold them. */
export interface Affine {
  readonly weight?: ArrayLike<number>;
  readonly bias?: ArrayLike<number>;
}

/** Two-pass, the mean corrected by a pass of its own. Float32 values and their squares cannot overflow or underflow here. */
export function referenceMoments(row: Float32Array): ReferenceMoments {
  const n = row.length;
  const high = compensatedSum(n, (index) => row[index]) / n;
  // Terms x and -high one by one, as their differences would be rounded.
  const low = compensatedSum(2 * n, (index) => (index & 1 ? -high : row[index >> 1])) / n;
  const variance = compensatedSum(n, (index) => square(row[index] - high - low)) / n;
  return { high, low, variance };
}

/** Normalises rows of n contiguous elements. Zero elements give mean 0 and rstd NaN, as PyTorch's native functions do. */
export function referenceNormalize(x: Float32Array, options: NormalizeOptions): Reference {
  const { rows, n, eps } = options;
  const mean = new Float64Array(rows);
  const variance = new Float64Array(rows).fill(NaN);
  const rstd = new Float64Array(rows).fill(NaN);
  const normalized = new Float64Array(rows * n);
  for (let row = 0; row < rows && n > 0; row++) {
    const group = x.subarray(row * n, row * n + n);
    const moments = referenceMoments(group);
    mean[row] = moments.high + moments.low;
    variance[row] = moments.variance;
    rstd[row] = 1 / Math.sqrt(moments.variance + eps);
    for (let index = 0; index < n; index++)
      normalized[row * n + index] = (group[index] - moments.high - moments.low) * rstd[row];
  }
  return withParameters({ rows, n, mean, variance, rstd, normalized }, options);
}

type Normalized = Pick<Reference, "rows" | "n" | "mean" | "variance" | "rstd" | "normalized">;

/** The same normalised values under other parameters: gamma * xhat* + beta. */
export function withParameters(reference: Normalized, parameters: Parameters): Reference {
  const { rows, n, mean, variance, rstd, normalized } = reference;
  const gamma = parameters.gamma ?? (() => 1);
  const beta = parameters.beta ?? (() => 0);
  const output = normalized.map((value, index) => gamma(index) * value + beta(index));
  return { rows, n, mean, variance, rstd, normalized, output, gamma, beta };
}

/** Layer norm over the last `n` elements; weight and bias have n elements. */
export function referenceLayerNorm(
  x: Float32Array,
  n: number,
  rows: number,
  eps: number,
  affine: Affine = {},
): Reference {
  return referenceNormalize(x, { rows, n, eps, ...layerParameters(n, affine) });
}

export interface GroupedShape {
  readonly batch: number;
  readonly channels: number;
  /** The product of the sizes after the channels. */
  readonly spatial: number;
  readonly groups: number;
}

/** Group norm of a channels-first tensor [batch, channels, spatial]; weight and bias have one element per channel. */
export function referenceGroupNorm(x: Float32Array, shape: GroupedShape, eps: number, affine: Affine = {}): Reference {
  const n = (shape.channels / shape.groups) * shape.spatial;
  const rows = shape.batch * shape.groups;
  return referenceNormalize(x, { rows, n, eps, ...channelParameters(shape.channels, shape.spatial, affine) });
}

/** Parameters per element of rows of n. */
export function layerParameters(n: number, affine: Affine): Parameters {
  return parametersAt((index) => index % n, affine);
}

/** Parameters per channel of a channels-first tensor. */
export function channelParameters(channels: number, spatial: number, affine: Affine): Parameters {
  return parametersAt((index) => Math.floor(index / spatial) % channels, affine);
}

function parametersAt(position: (index: number) => number, { weight, bias }: Affine): Parameters {
  return {
    gamma: weight && ((index) => weight[position(index)]),
    beta: bias && ((index) => bias[position(index)]),
  };
}

function square(value: number): number {
  return value * value;
}
