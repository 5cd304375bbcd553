import { createEngineSync, DTypeError } from "../../src/index.js";
import type { ForwardEngine } from "../support/api.js";
import { toData, type DTypeName } from "../support/dtypes.js";

/** The accuracy contract's bound on err, held by statistics as well as results. */
export const bound = 8;

export const engines: Readonly<Record<"wasm" | "js", ForwardEngine>> = {
  wasm: createEngineSync({ backend: "wasm" }) as unknown as ForwardEngine,
  js: createEngineSync({ backend: "js" }) as unknown as ForwardEngine,
};

/** Whether the engines have an operation yet, and the dtype. */
export function isThere(operation: keyof ForwardEngine, dtype: DTypeName): boolean {
  return Object.values(engines).every((engine) => typeof engine[operation] === "function" && takes(engine, dtype));
}

function takes(engine: ForwardEngine, dtype: DTypeName): boolean {
  try {
    engine.layerNorm({ data: toData(dtype, [1, 2]), shape: [2], dtype }, 2);
    return true;
  } catch (error) {
    if (error instanceof DTypeError) return false;
    throw error;
  }
}
