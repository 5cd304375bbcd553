import { createEngineSync } from "../../src/index.js";
import type { BackwardEngine, ForwardEngine } from "../support/api.js";

/** The accuracy contract's bound on err, held by statistics as well as results. */
export const bound = 8;

/** That on the err of gradients. */
export const backwardBound = 16;

export const engines: Readonly<Record<"wasm" | "js", ForwardEngine & BackwardEngine>> = {
  wasm: createEngineSync({ backend: "wasm" }) as unknown as ForwardEngine & BackwardEngine,
  js: createEngineSync({ backend: "js" }) as unknown as ForwardEngine & BackwardEngine,
};
