import { createEngineSync } from "../../src/index.js";
import type { ForwardEngine } from "../support/api.js";
import type { DTypeName } from "../support/dtypes.js";
import type { Layout } from "../support/reference/grouping.js";

/** The accuracy contract's bound on err, held by statistics as well as results. */
export const bound = 8;

export const engines: Readonly<Record<"wasm" | "js", ForwardEngine>> = {
  wasm: createEngineSync({ backend: "wasm" }) as unknown as ForwardEngine,
  js: createEngineSync({ backend: "js" }) as unknown as ForwardEngine,
};

/** Whether engines have more than layer and group norm of channels-first float32 tensors. */
const hasWholeFamily = "rmsNorm" in engines.wasm;

/** Whether engines have an operation. */
export function isThere(operation: keyof ForwardEngine, dtype: DTypeName, layout: Layout = "channels-first"): boolean {
  return hasWholeFamily || (operation in engines.wasm && dtype === "float32" && layout === "channels-first");
}
