import type { NormSpec } from "../../src/convert/index.js";
import * as nn from "../../src/nn/index.js";

/** The module that a spec describes, of float64. */
export function moduleOf(spec: NormSpec): nn.Norm {
  if (spec.op === "groupNorm") {
    const { eps, affine } = spec;
    return new nn.GroupNorm(spec.numGroups, spec.numChannels, { eps, affine, dtype: "float64" });
  }
  if (spec.op === "layerNorm") {
    const { eps, elementwiseAffine, bias } = spec;
    return new nn.LayerNorm(spec.normalizedShape, { eps, elementwiseAffine, bias, dtype: "float64" });
  }
  if (spec.op === "rmsNorm") {
    const { eps, elementwiseAffine } = spec;
    return new nn.RMSNorm(spec.normalizedShape, { eps, elementwiseAffine, dtype: "float64" });
  }
  const name = (spec.op[0].toUpperCase() + spec.op.slice(1)) as "BatchNorm1d" | "InstanceNorm1d";
  const { eps, momentum, affine, trackRunningStats } = spec;
  const given = { eps, momentum: momentum as number, affine, trackRunningStats, dtype: "float64" as const };
  return new nn[name](spec.numFeatures, given);
}
