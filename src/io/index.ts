export { type NpyFile, openNpy, readNpy, writeNpy } from "./npy.js";
export type { NpyDType } from "./npy-header.js";
export {
  type NpzFile,
  type NpzInfo,
  type NpzOptions,
  openNpz,
  readNpz,
  type WriteNpzOptions,
  writeNpz,
} from "./npz.js";
export {
  openSafetensors,
  readSafetensors,
  type SafetensorsFile,
  type SafetensorsInfo,
  writeSafetensors,
} from "./safetensors.js";
export { readStateDict, type StateDictOptions } from "./state-dict.js";
export type { BlobLike, ReadOptions, Source } from "./source.js";
