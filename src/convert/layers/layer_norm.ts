import { epsilon, flag, sizes } from "../kinds.js";
import type { Layer } from "./layer.js";
import { trailingMisfit, trailingPartitions } from "./trailing.js";

/** The arguments of `torch.nn.LayerNorm`. */
export interface LayerNormSpec {
  readonly op: "layerNorm";
  /** The sizes of the last axes, over which the layer normalises; at least one. */
  readonly normalizedShape: readonly number[];
  /** Added to the variance; 1e-5 unless given. */
  readonly eps?: number;
  /** One scale and bias per element of `normalizedShape`; true unless given. */
  readonly elementwiseAffine?: boolean;
  /** Whether there is a bias besides the scale; true unless given, and of no effect without `elementwiseAffine`. */
  readonly bias?: boolean;
}

/** Statistics over the last axes; parameters per element of them, shared over all axes before. */
export const layerNorm: Layer<LayerNormSpec> = {
  op: "layerNorm",
  name: "LayerNorm",
  arguments: [
    { name: "normalizedShape", kind: sizes },
    { name: "eps", kind: epsilon, optional: true },
    { name: "elementwiseAffine", kind: flag, optional: true },
    { name: "bias", kind: flag, optional: true },
  ],
  parameterShape: ({ normalizedShape }) => normalizedShape,
  misfit: ({ normalizedShape }, shape) => trailingMisfit(normalizedShape, shape),
  halves({ normalizedShape, eps = 1e-5, elementwiseAffine = true, bias = true }, shape) {
    const { statistics, parameters } = trailingPartitions(normalizedShape, shape);
    const affine = elementwiseAffine ? { groups: parameters, bias } : null;
    return { statistics, centred: true, eps, running: null, affine };
  },
};
