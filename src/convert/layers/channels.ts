// What layers with parameters per channel have in common.

import { axesOf, partitionBy } from "../partition.js";
import type { Affine } from "./layer.js";

/** One scale and bias per channel. */
export function affinePerChannel(shape: readonly number[]): Affine {
  const [sample, channel, ...spatial] = axesOf(shape);
  return { groups: partitionBy([channel], [sample, ...spatial]), bias: true };
}

/** What a layer of `channels` asks of the shape and does not get. */
export function channelMisfit(channels: number, shape: readonly number[]): string | undefined {
  return shape[1] === channels ? undefined : `must have ${channels} channels at axis 1`;
}

/** What a layer for shapes of one of some ranks asks of the shape and does not get. */
export function rankMisfit(ranks: readonly number[], shape: readonly number[]): string | undefined {
  return ranks.includes(shape.length) ? undefined : `must have ${ranks.join(" or ")} axes`;
}
