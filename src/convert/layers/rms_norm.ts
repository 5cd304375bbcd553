import { epsilonOrNull, flag, sizes } from "../kinds.js";
import type { Layer } from "./layer.js";
import { trailingMisfit, trailingPartitions } from "./trailing.js";

/** The arguments of `torch.nn.RMSNorm`. */
export interface RMSNormSpec {
  readonly op: "rmsNorm";
  /** The sizes of the last axes, over which the layer normalises; at least one. */
  readonly normalizedShape: readonly number[];
  /** Added to the mean square; null, the default, is the machine epsilon of the arithmetic. */
  readonly eps?: number | null;
  /** One scale per element of `normalizedShape`; true unless given. */
  readonly elementwiseAffine?: boolean;
}

/** A mean square over the last axes; scales per element of them, shared over all axes before. */
export const rmsNorm: Layer<RMSNormSpec> = {
  op: "rmsNorm",
  name: "RMSNorm",
  arguments: [
    { name: "normalizedShape", kind: sizes },
    { name: "eps", kind: epsilonOrNull, optional: true },
    { name: "elementwiseAffine", kind: flag, optional: true },
  ],
  parameterShape: ({ normalizedShape }) => normalizedShape,
  misfit: ({ normalizedShape }, shape) => trailingMisfit(normalizedShape, shape),
  halves({ normalizedShape, eps = null, elementwiseAffine = true }, shape) {
    const { statistics, parameters } = trailingPartitions(normalizedShape, shape);
    const affine = elementwiseAffine ? { groups: parameters, bias: false } : null;
    return { statistics, centred: false, eps, running: null, affine };
  },
};
