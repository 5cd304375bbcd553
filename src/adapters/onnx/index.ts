// lanenorm/onnx: the normalisations of ONNX, and those of ONNX Runtime's com.microsoft, one function per operator.

export { BatchNormalization, type BatchNormalizationAttributes } from "./batch_normalization.js";
export type { Inputs, OperatorOptions } from "./call.js";
export type { GroupNormAttributes } from "./diffusion.js";
export { GroupNorm } from "./group_norm.js";
export { GroupNormalization, type GroupNormalizationAttributes } from "./group_normalization.js";
export { InstanceNormalization, type InstanceNormalizationAttributes } from "./instance_normalization.js";
export { LayerNormalization, type LayerNormalizationAttributes } from "./layer_normalization.js";
export { LpNormalization, type LpNormalizationAttributes } from "./lp_normalization.js";
export { LRN, type LRNAttributes } from "./lrn.js";
export { MeanVarianceNormalization, type MeanVarianceNormalizationAttributes } from "./mean_variance_normalization.js";
export { RMSNormalization, type RMSNormalizationAttributes } from "./rms_normalization.js";
export {
  SimplifiedLayerNormalization,
  type SimplifiedLayerNormalizationAttributes,
} from "./simplified_layer_normalization.js";
export { SkipGroupNorm } from "./skip_group_norm.js";
export type { SkipLayerNormalizationAttributes } from "./skip_layer.js";
export { SkipLayerNormalization } from "./skip_layer_normalization.js";
export { SkipSimplifiedLayerNormalization } from "./skip_simplified_layer_normalization.js";
