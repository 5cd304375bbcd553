import { createEngineSync } from "../../src/index.js";
import type { ForwardEngine } from "../support/api.js";

/** The accuracy contract's bound on err, held by statistics as well as results. */
export const bound = 8;

export const engines: Readonly<Record<"wasm" | "js", ForwardEngine>> = {
  wasm: createEngineSync({ backend: "wasm" }) as unknown as ForwardEngine,
  js: createEngineSync({ backend: "js" }) as unknown as ForwardEngine,
};
