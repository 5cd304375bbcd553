import { count, epsilon, flag } from "../kinds.js";
import { axesOf, partitionBy, splitAxis } from "../partition.js";
import { affinePerChannel, channelMisfit } from "./channels.js";
import type { Layer } from "./layer.js";

/** The arguments of `torch.nn.GroupNorm`. `numGroups` divides `numChannels`. */
export interface GroupNormSpec {
  readonly op: "groupNorm";
  readonly numGroups: number;
  readonly numChannels: number;
  /** Added to the variance; 1e-5 unless given. */
  readonly eps?: number;
  /** One scale and bias per channel; true unless given. */
  readonly affine?: boolean;
}

/** Statistics over the channels of a block and all locations, per sample; parameters per channel. */
export const groupNorm: Layer<GroupNormSpec> = {
  op: "groupNorm",
  name: "GroupNorm",
  arguments: [
    { name: "numGroups", kind: count },
    { name: "numChannels", kind: count },
    { name: "eps", kind: epsilon, optional: true },
    { name: "affine", kind: flag, optional: true },
  ],
  conflict({ numGroups, numChannels }) {
    if (numChannels % numGroups === 0) return undefined;
    return { argument: "numGroups", expected: `must divide numChannels (${numChannels})`, got: String(numGroups) };
  },
  parameterShape: ({ numChannels }) => [numChannels],
  misfit: ({ numChannels }, shape) => channelMisfit(numChannels, shape),
  halves({ numGroups, eps = 1e-5, affine = true }, shape) {
    const [sample, channel, ...spatial] = axesOf(shape);
    const [block, inBlock] = splitAxis(channel, numGroups, "channel group");
    return {
      statistics: partitionBy([sample, block], [inBlock, ...spatial]),
      centred: true,
      eps,
      running: null,
      affine: affine ? affinePerChannel(shape) : null,
    };
  },
};
