// lanenorm/webnn: the normalisations of WebNN's MLGraphBuilder, as functions of tensors.

export { batchNormalization, type BatchNormalizationOptions } from "./batch_normalization.js";
export { instanceNormalization, type InstanceNormalizationOptions } from "./instance_normalization.js";
export { layerNormalization, type LayerNormalizationOptions } from "./layer_normalization.js";
