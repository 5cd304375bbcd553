// Every op there is, and the dtypes and layouts it takes. The public exports, the README's table, the tests and the
// benchmark are held to it by test/registry; nothing reads it at run time.

import { type DType, dtypes } from "./dtype.js";
import type { Layout } from "./ops/channels.js";

/** An op, by the name of its function. */
export interface Operation {
  readonly name: string;
  /** The function that gives its statistics, too. */
  readonly native?: string;
  /** The function that gives its gradients. */
  readonly backward?: string;
  readonly dtypes: readonly DType[];
  /** For ops that know channels: where these may be. */
  readonly layouts: readonly Layout[];
}

const layouts: readonly Layout[] = ["channels-first", "channels-last"];

function operation(name: string, particulars: Partial<Operation> = {}): Operation {
  return { name, dtypes, layouts: [], ...particulars };
}

export const operations: readonly Operation[] = [
  operation("layerNorm", { native: "nativeLayerNorm", backward: "layerNormBackward" }),
  operation("rmsNorm", { native: "nativeRmsNorm", backward: "rmsNormBackward" }),
  operation("groupNorm", { native: "nativeGroupNorm", backward: "groupNormBackward", layouts }),
  operation("instanceNorm", { native: "nativeInstanceNorm", backward: "instanceNormBackward", layouts }),
  operation("batchNorm", { native: "nativeBatchNorm", backward: "batchNormBackward", layouts }),
  operation("standardize"),
  operation("normalize", { backward: "normalizeBackward" }),
  operation("localResponseNorm", { backward: "localResponseNormBackward", layouts }),
  operation("rowwiseMoments"),
  operation("affineGlobal"),
  operation("affineVectorized"),
];
