export type { DType, Float16ArrayLike, TypedArray } from "./dtype.js";
export { createEngine, createEngineSync, type EngineOptions } from "./engine/create.js";
export { defaultEngine, setDefaultEngine } from "./engine/default.js";
export type { ArrayOf, Engine, EngineMemory } from "./engine/engine.js";
export type { MemoryLike } from "./engine/memory.js";
export {
  ArgumentError,
  DisposedError,
  DTypeError,
  FormatError,
  LanenormError,
  NotConvertibleError,
  OutOfMemoryError,
  ShapeError,
  UnsupportedError,
} from "./errors.js";
export {
  affineGlobal,
  affineVectorized,
  batchNorm,
  batchNormBackward,
  groupNorm,
  groupNormBackward,
  instanceNorm,
  instanceNormBackward,
  layerNorm,
  layerNormBackward,
  localResponseNorm,
  localResponseNormBackward,
  nativeBatchNorm,
  nativeGroupNorm,
  nativeInstanceNorm,
  nativeLayerNorm,
  nativeRmsNorm,
  normalize,
  normalizeBackward,
  rmsNorm,
  rmsNormBackward,
  rowwiseMoments,
  standardize,
} from "./functions.js";
export { Moments, type MomentsJSON } from "./moments.js";
export type { AffineOptions } from "./ops/affine.js";
export type { BatchNormOptions } from "./ops/batch_norm.js";
export type { BatchNormBackwardOptions } from "./ops/batch_norm_backward.js";
export type { Layout } from "./ops/channels.js";
export type { AllGradients, GradInput, GradInputOut, Gradients, GradientsOut, OutputMask } from "./ops/gradients.js";
export type { GroupNormOptions } from "./ops/group_norm.js";
export type { GroupNormBackwardOptions } from "./ops/group_norm_backward.js";
export type { InstanceNormOptions } from "./ops/instance_norm.js";
export type { InstanceNormBackwardOptions } from "./ops/instance_norm_backward.js";
export type { LayerNormOptions } from "./ops/layer_norm.js";
export type { LayerNormBackwardOptions } from "./ops/layer_norm_backward.js";
export type { LocalResponseNormOptions } from "./ops/local_response_norm.js";
export type { LocalResponseNormBackwardOptions } from "./ops/local_response_norm_backward.js";
export type { RowwiseMoments } from "./ops/moments.js";
export type { NormalizeOptions } from "./ops/normalize.js";
export type { NormalizeBackwardOptions } from "./ops/normalize_backward.js";
export type { StatisticsArray, WithStatistics } from "./ops/normalize_groups.js";
export type { RmsNormOptions, WithRstd } from "./ops/rms_norm.js";
export type { RmsGradients, RmsNormBackwardOptions, RmsOutputMask } from "./ops/rms_norm_backward.js";
export type { StandardizeOptions } from "./ops/standardize.js";
export { Tensor, type TensorLike } from "./tensor.js";
