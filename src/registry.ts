// Every op there is, and the dtypes and layouts it takes. The public exports, the README's table, the tests and the
// benchmark are held to it by test/registry; nothing reads it at run time.

import { type DType, dtypes } from "./dtype.js";
import type { Layout } from "./ops/channels.js";

/** An op, by the name of its function. */
export interface Operation {
  readonly name: string;
  /** The function that gives its statistics, too. */
  readonly native?: string;
  readonly dtypes: readonly DType[];
  /** For ops that know channels: where these may be. */
  readonly layouts: readonly Layout[];
}

const bothLayouts: readonly Layout[] = ["channels-first", "channels-last"];

function operation(name: string, native?: string, layouts: readonly Layout[] = []): Operation {
  return { name, native, dtypes, layouts };
}

export const operations: readonly Operation[] = [
  operation("layerNorm", "nativeLayerNorm"),
  operation("rmsNorm", "nativeRmsNorm"),
  operation("groupNorm", "nativeGroupNorm", bothLayouts),
  operation("instanceNorm", "nativeInstanceNorm", bothLayouts),
  operation("batchNorm", "nativeBatchNorm", bothLayouts),
  operation("standardize"),
  operation("normalize"),
  operation("localResponseNorm", undefined, bothLayouts),
  operation("rowwiseMoments"),
  operation("affineGlobal"),
  operation("affineVectorized"),
];
