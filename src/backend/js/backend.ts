// The reference backend: plain TypeScript, float64 arithmetic, one rounding at the end. It needs no linear memory, so it
// works on any.

import type { Backend } from "../backend.js";
import { affineGlobal, affineVectorized } from "./affine.js";
import { localResponse } from "./local_response.js";
import { moments, normalize } from "./normalize.js";
import { power } from "./power.js";

/** The js backend. */
export const jsBackend: Backend = {
  name: "js",
  normalize,
  moments,
  affineGlobal,
  affineVectorized,
  power,
  localResponse,
};
