// The reference of rows of contiguous elements, and of layer and group norm. The whole family is in reference/.

import { groupByAxes, groupChannels, type ChannelShape } from "./reference/grouping.js";
import { referenceOf, withAffine, type Affine } from "./reference/normalize.js";
import { withParameters, type Parameters, type Reference } from "./reference/reference.js";
import type { Values } from "./reference/scaled_values.js";

export type { Affine } from "./reference/normalize.js";
export { withParameters, type Parameter, type Parameters, type Reference } from "./reference/reference.js";

export interface NormalizeOptions extends Parameters {
  readonly rows: number;
  readonly n: number;
  readonly eps: number;
}

/** Normalises rows of n contiguous elements. */
export function referenceNormalize(x: Values, options: NormalizeOptions): Reference {
  const { rows, n, eps } = options;
  return withParameters(needed(x, referenceOf(x, groupByAxes([rows, n], [1]), eps)), options);
}

/** Layer norm over the last `n` elements; weight and bias have n elements. */
export function referenceLayerNorm(x: Values, n: number, rows: number, eps: number, affine: Affine = {}): Reference {
  return referenceNormalize(x, { rows, n, eps, ...layerParameters(n, affine) });
}

export interface GroupedShape extends ChannelShape {
  readonly groups: number;
}

/** Group norm; weight and bias have one element per channel. */
export function referenceGroupNorm(x: Values, shape: GroupedShape, eps: number, affine: Affine = {}): Reference {
  const grouping = groupChannels(shape, shape.groups);
  return withAffine(needed(x, referenceOf(x, grouping, eps)), grouping, affine);
}

/** Parameters per element of rows of n. */
export function layerParameters(n: number, affine: Affine): Parameters {
  return parametersAt((index) => index % n, affine);
}

/** Parameters per channel of a channels-first tensor. */
export function channelParameters(channels: number, spatial: number, affine: Affine): Parameters {
  return parametersAt((index) => Math.floor(index / spatial) % channels, affine);
}

/** The lower halves are of no account in units of 2^-24: who puts other results in their place need not think of them. */
function needed(x: Values, reference: Reference): Reference {
  return x instanceof Float32Array ? { ...reference, low: undefined } : reference;
}

function parametersAt(position: (index: number) => number, { weight, bias }: Affine): Parameters {
  return {
    gamma: weight && ((index) => weight[position(index)]),
    beta: bias && ((index) => bias[position(index)]),
  };
}
