export { type BatchNormState, batchNormToAffine, type ChannelAffine } from "./batch_norm.js";
export { compareNorms, type NormComparison } from "./compare.js";
export { convertParameters } from "./convert.js";
export {
  type FoldableParameters,
  type FoldedParameters,
  foldIntoConv1x1,
  foldIntoLinear,
  type LinearParameters,
} from "./fold.js";
export { formatNormSpec } from "./format.js";
export type { BatchNormSpec } from "./layers/batch_norm.js";
export type { GroupNormSpec } from "./layers/group_norm.js";
export type { InstanceNormSpec } from "./layers/instance_norm.js";
export type { LayerNormSpec } from "./layers/layer_norm.js";
export type { RMSNormSpec } from "./layers/rms_norm.js";
export {
  groupNormalization18To21,
  type GroupNormalizationParameters,
  momentumFromOnnx,
  momentumToOnnx,
} from "./onnx.js";
export type { ConvertedParameters, NormParameters } from "./operands.js";
export { groupNormToLayerNorm, layerNormToGroupNorm } from "./parameters.js";
export { parseNormSpec } from "./parse.js";
export type { NormSpec } from "./spec.js";
