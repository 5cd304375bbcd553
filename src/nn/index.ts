export { BatchNorm1d, BatchNorm2d, BatchNorm3d, type BatchNormModuleOptions } from "./batch_norm.js";
export { GroupNorm, type GroupNormModuleOptions } from "./group_norm.js";
export { InstanceNorm1d, InstanceNorm2d, InstanceNorm3d, type InstanceNormModuleOptions } from "./instance_norm.js";
export { LayerNorm, type LayerNormModuleOptions } from "./layer_norm.js";
export type { ForwardOptions, ModuleOptions, Norm } from "./norm.js";
export { Parameter, type ParameterArray } from "./parameter.js";
export { RMSNorm, type RMSNormModuleOptions } from "./rms_norm.js";
export type { IncompatibleKeys, StateDict } from "./state.js";
