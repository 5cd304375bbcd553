import { count, epsilon, flag, momentumOrNull } from "../kinds.js";
import { axesOf, partitionBy } from "../partition.js";
import { affinePerChannel, channelMisfit, rankMisfit } from "./channels.js";
import type { Layer } from "./layer.js";

/** The arguments of `torch.nn.BatchNorm1d`, `2d` and `3d`. */
export interface BatchNormSpec {
  readonly op: "batchNorm1d" | "batchNorm2d" | "batchNorm3d";
  readonly numFeatures: number;
  /** Added to the variance; 1e-5 unless given. */
  readonly eps?: number;
  /** The weight of new data in the running statistics; 0.1 unless given, and null averages all batches. */
  readonly momentum?: number | null;
  /** One scale and bias per channel; true unless given. */
  readonly affine?: boolean;
  /** Running statistics, which evaluation uses; true unless given. */
  readonly trackRunningStats?: boolean;
}

/** Statistics of a channel over all samples and locations; parameters per channel. */
function batchNorm(op: BatchNormSpec["op"], name: string, ranks: readonly number[]): Layer<BatchNormSpec> {
  return {
    op,
    name,
    arguments: [
      { name: "numFeatures", kind: count },
      { name: "eps", kind: epsilon, optional: true },
      { name: "momentum", kind: momentumOrNull, optional: true },
      { name: "affine", kind: flag, optional: true },
      { name: "trackRunningStats", kind: flag, optional: true },
    ],
    parameterShape: ({ numFeatures }) => [numFeatures],
    misfit: ({ numFeatures }, shape) => rankMisfit(ranks, shape) ?? channelMisfit(numFeatures, shape),
    halves({ eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true }, shape) {
      const [sample, channel, ...spatial] = axesOf(shape);
      return {
        statistics: partitionBy([channel], [sample, ...spatial]),
        centred: true,
        eps,
        running: trackRunningStats ? { momentum } : null,
        affine: affine ? affinePerChannel(shape) : null,
      };
    },
  };
}

/** Batch norm of `[N, C]` or `[N, C, L]`, of `[N, C, H, W]` and of `[N, C, D, H, W]`. */
export const batchNorms: readonly Layer<BatchNormSpec>[] = [
  batchNorm("batchNorm1d", "BatchNorm1d", [2, 3]),
  batchNorm("batchNorm2d", "BatchNorm2d", [4]),
  batchNorm("batchNorm3d", "BatchNorm3d", [5]),
];
