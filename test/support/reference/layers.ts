// The reference of every layer with statistics, by its shape and arguments as the API has them. Each is one choice of
// groups; weights, biases and running statistics are exact numbers.

import { groupBatch, groupByAxes, groupChannels, groupLast, type ChannelShape, type Grouping } from "./grouping.js";
import { centredMoments, givenMoments, momentsAboutZero } from "./moments.js";
import { referenceOf, withAffine, type Affine } from "./normalize.js";
import type { Reference } from "./reference.js";
import type { RunningStatistics } from "./running.js";
import type { Values } from "./scaled_values.js";

export interface LayerOptions extends Affine {
  readonly eps: number;
}

/** Over the last axes of the shape, `normalizedLength` of them. */
export function layerNormReference(
  x: Values,
  shape: readonly number[],
  normalizedLength: number,
  options: LayerOptions,
): Reference {
  return centred(x, groupLast(shape, normalizedLength), options);
}

/** Root mean squares over the last axes: nothing is subtracted. */
export function rmsNormReference(
  x: Values,
  shape: readonly number[],
  normalizedLength: number,
  options: LayerOptions,
): Reference {
  const grouping = groupLast(shape, normalizedLength);
  return withAffine(referenceOf(x, grouping, options.eps, momentsAboutZero), grouping, options);
}

/** Over any axes, with the weight and bias of those axes. */
export function standardizeReference(
  x: Values,
  shape: readonly number[],
  axes: readonly number[],
  options: LayerOptions,
): Reference {
  return centred(x, groupByAxes(shape, axes), options);
}

export function groupNormReference(x: Values, shape: ChannelShape, groups: number, options: LayerOptions): Reference {
  return centred(x, groupChannels(shape, groups), options);
}

/** With the statistics of each sample's channels. */
export function instanceNormReference(x: Values, shape: ChannelShape, options: LayerOptions): Reference {
  return centred(x, groupChannels(shape, shape.channels), options);
}

/** With the statistics of the batch's channels, as in training. */
export function batchNormReference(x: Values, shape: ChannelShape, options: LayerOptions): Reference {
  return centred(x, groupBatch(shape), options);
}

/** With statistics that are given per channel, as in inference: batch norm, and instance norm without input statistics. */
export function inferenceReference(
  x: Values,
  shape: ChannelShape,
  { mean, variance }: RunningStatistics,
  options: LayerOptions,
): Reference {
  const grouping = groupBatch(shape);
  const given = (group: Values, channel: number) => givenMoments(group, mean[channel], variance[channel]);
  return withAffine(referenceOf(x, grouping, options.eps, given), grouping, options);
}

function centred(x: Values, grouping: Grouping, options: LayerOptions): Reference {
  return withAffine(referenceOf(x, grouping, options.eps, centredMoments), grouping, options);
}
