export { compareNorms, type NormComparison } from "./compare.js";
export { formatNormSpec } from "./format.js";
export type { GroupNormSpec } from "./layers/group_norm.js";
export type { LayerNormSpec } from "./layers/layer_norm.js";
export {
  type ConvertedParameters,
  groupNormToLayerNorm,
  layerNormToGroupNorm,
  type NormParameters,
} from "./parameters.js";
export { parseNormSpec } from "./parse.js";
export type { NormSpec } from "./spec.js";
