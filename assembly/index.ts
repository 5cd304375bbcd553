// The module's ABI. Sizes are elements, addresses are bytes; flags: HAS_GAMMA = 1, HAS_BETA = 2,
// WANTS_STATISTICS = 4. Kernels trust their arguments: src/ops checks them.

// Whole tensors
export { layerNorm as layer_norm } from "./layer_norm";
export { groupNorm as group_norm } from "./group_norm";
export { rowMoments as row_moments, storeMoments as store_moments } from "./row_moments";
export { affineGlobal as affine_global, affineVectorized as affine_vectorized } from "./affine_rows";

// A row in pieces
export {
  begin as moments_begin,
  accumulate as moments_accumulate,
  finish as moments_finish,
  rescale as moments_rescale,
  meanOfEight as mean_of_eight,
} from "./moments";
export { largestMagnitude as largest_magnitude } from "./range";
export { mapRow as map_row, prescaled, storeStatistics as store_statistics } from "./rows";
export { mapRun as map_run } from "./group_norm";

// Powers
export { pow } from "./pow";
export * from "./powers/exports";
export * from "./local_response_norm/exports";
