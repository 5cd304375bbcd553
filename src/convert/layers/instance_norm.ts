import { count, epsilon, flag, momentum } from "../kinds.js";
import { axesOf, partitionBy } from "../partition.js";
import { affinePerChannel, channelMisfit, rankMisfit } from "./channels.js";
import type { Layer } from "./layer.js";

/** The arguments of `torch.nn.InstanceNorm1d`, `2d` and `3d`. */
export interface InstanceNormSpec {
  readonly op: "instanceNorm1d" | "instanceNorm2d" | "instanceNorm3d";
  readonly numFeatures: number;
  /** Added to the variance; 1e-5 unless given. */
  readonly eps?: number;
  /** The weight of new data in the running statistics; 0.1 unless given. */
  readonly momentum?: number;
  /** One scale and bias per channel; false unless given. */
  readonly affine?: boolean;
  /** Running statistics, which evaluation uses; false unless given. */
  readonly trackRunningStats?: boolean;
}

/** Statistics of a channel of a sample over all locations; parameters per channel. */
function instanceNorm(op: InstanceNormSpec["op"], name: string, rank: number): Layer<InstanceNormSpec> {
  return {
    op,
    name,
    arguments: [
      { name: "numFeatures", kind: count },
      { name: "eps", kind: epsilon, optional: true },
      { name: "momentum", kind: momentum, optional: true },
      { name: "affine", kind: flag, optional: true },
      { name: "trackRunningStats", kind: flag, optional: true },
    ],
    parameterShape: ({ numFeatures }) => [numFeatures],
    misfit: ({ numFeatures }, shape) => rankMisfit([rank], shape) ?? channelMisfit(numFeatures, shape),
    halves({ eps = 1e-5, momentum = 0.1, affine = false, trackRunningStats = false }, shape) {
      const [sample, channel, ...spatial] = axesOf(shape);
      return {
        statistics: partitionBy([sample, channel], spatial),
        centred: true,
        eps,
        running: trackRunningStats ? { momentum } : null,
        affine: affine ? affinePerChannel(shape) : null,
      };
    },
  };
}

/** Instance norm of `[N, C, L]`, of `[N, C, H, W]` and of `[N, C, D, H, W]`. */
export const instanceNorms: readonly Layer<InstanceNormSpec>[] = [
  instanceNorm("instanceNorm1d", "InstanceNorm1d", 3),
  instanceNorm("instanceNorm2d", "InstanceNorm2d", 4),
  instanceNorm("instanceNorm3d", "InstanceNorm3d", 5),
];
