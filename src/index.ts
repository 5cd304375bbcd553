export type { DType, TypedArray } from "./dtype.js";
export { createEngine, createEngineSync, type EngineOptions } from "./engine/create.js";
export { defaultEngine, setDefaultEngine } from "./engine/default.js";
export type { Engine, EngineMemory } from "./engine/engine.js";
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
  groupNorm,
  layerNorm,
  nativeGroupNorm,
  nativeLayerNorm,
  rowwiseMoments,
} from "./functions.js";
export type { AffineOptions } from "./ops/affine.js";
export type { GroupNormOptions } from "./ops/group_norm.js";
export type { LayerNormOptions } from "./ops/layer_norm.js";
export type { RowwiseMoments } from "./ops/moments.js";
export type { WithStatistics } from "./ops/normalize_rows.js";
export { Tensor, type TensorLike } from "./tensor.js";
