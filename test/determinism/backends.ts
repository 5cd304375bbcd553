import { describe } from "vitest";
import { createEngineSync, type Engine } from "../../src/index.js";

/** A suite for every backend, each with engines of its own. */
export function forEachBackend(suite: (createEngine: () => Engine) => void): void {
  for (const backend of ["wasm", "js"] as const) describe(backend, () => suite(() => createEngineSync({ backend })));
}
