// An allocator that says no: whenever that is, nothing is written and all is given back.

import { describe, expect, it } from "vitest";
import { createEngineSync, type Engine, OutOfMemoryError } from "../../src/index.js";
import { bfloat16, float32, type Kind } from "../api/kinds.js";
import { calls, type Op } from "../api/ops.js";
import {
  type BackendName,
  backends,
  disposeMade,
  goodArguments,
  homes,
  placesToWrite,
  snapshot,
} from "../api/support.js";
import { foreignMemory } from "./foreign.js";

/** An engine whose allocator can be told how many requests it grants from then on. */
function rationed(backend: BackendName) {
  const foreign = foreignMemory();
  let left = Infinity;
  const allocate = (bytes: number) => (left-- > 0 ? foreign.allocate(bytes) : 0);
  const engine = createEngineSync({ backend, memory: foreign.memory, allocate, free: foreign.free });
  const grant = (requests: number) => {
    left = requests;
  };
  return { engine, foreign, grant };
}

/** Whether a call goes through with so many allocations; if not, it must leave no trace. */
function goesThrough(backend: BackendName, op: Op, argumentsOn: (engine: Engine) => object, granted: number): boolean {
  const { engine, foreign, grant } = rationed(backend);
  const args = argumentsOn(engine) as Record<string, unknown>;
  const before = { live: [...foreign.live], used: engine.memory.usedBytes, bytes: snapshot(args) };
  let error: unknown;
  grant(granted);
  try {
    disposeMade(op.call(engine, args), args);
  } catch (reason) {
    error = reason;
  }
  grant(Infinity);
  expect([[...foreign.live], foreign.strayFrees, engine.memory.usedBytes]).toEqual([before.live, [], before.used]);
  if (!error) return true;
  expect(error).toBeInstanceOf(OutOfMemoryError);
  expect(error).toMatchObject({ functionName: op.name, argument: "allocate" });
  expect(snapshot(args)).toEqual(before.bytes);
  return false;
}

/** The allocations of a call, none of which can be spared. */
function expectNoTrace(backend: BackendName, op: Op, argumentsOn: (engine: Engine) => object): number {
  let granted = 0;
  while (!goesThrough(backend, op, argumentsOn, granted)) {
    if (granted++ > 20) expect.fail(`${op.title} takes more than 20 allocations`);
  }
  return granted;
}

function suite(backend: BackendName, op: Op, kind: Kind): void {
  it.each(homes)("with results of its own, %s", (home) => {
    const needed = expectNoTrace(backend, op, (engine) => goodArguments(engine, op, home, kind));
    if (home === "resident") expect(needed).toBeGreaterThan(0);
  });

  if (op.takesOut)
    it.each(homes)("with places to write to, %s", (home) => {
      expectNoTrace(backend, op, (engine) => {
        return { ...goodArguments(engine, op, home, kind), ...placesToWrite(engine, op, home, kind) };
      });
    });
}

describe.each(backends)("running out of memory at any allocation, %s", (backend) => {
  describe.each(calls)("$title", (op) => {
    describe.each([float32, bfloat16])("$name", (kind) => {
      suite(backend, op, kind);
    });
  });
});
