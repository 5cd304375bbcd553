import { createHash } from "node:crypto";
import type { Engine } from "../../src/index.js";
import type { Call } from "./calls.js";
import { evaluate, host } from "./placements.js";

/** Of all results of calls, 32 bits. */
export function hashOf(engine: Engine, calls: readonly Call[]): string {
  const hash = createHash("sha256");
  for (const call of calls) for (const bits of Object.values(evaluate(engine, call, host))) hash.update(bits);
  return hash.digest("hex").slice(0, 8);
}
