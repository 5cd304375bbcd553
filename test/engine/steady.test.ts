import { describe, expect, it } from "vitest";
import type { Engine } from "../../src/index.js";
import { type BackendName, backends, engineOf, host } from "../api/support.js";

const calls = 100_000;
const shape = [4, 8];

/** One call in each way that must not accumulate anything. */
function callersOf(engine: Engine): Record<string, () => void> {
  const x = engine.tensor(host(shape).data, shape);
  const out = engine.empty(shape);
  const weight = host([8]).data;
  const hostX = host(shape);
  const hostOut = host(shape);
  return {
    "resident with out": () => {
      engine.layerNorm(x, 8, { out });
    },
    "resident with out and host parameters, which are staged": () => {
      engine.layerNorm(x, 8, { weight, out });
    },
    "resident with dispose": () => {
      engine.layerNorm(x, 8).dispose();
    },
    "resident with scope": () => {
      engine.scope(() => {
        engine.nativeGroupNorm(x, 2);
      });
    },
    "a scope that returns its result": () => {
      engine.scope(() => engine.layerNorm(x, 8)).dispose();
    },
    "host with out": () => {
      engine.layerNorm(hostX, 8, { weight, out: hostOut });
    },
    "engine.tensor and dispose": () => {
      engine.tensor(hostX.data, shape).dispose();
    },
    "views of results": () => {
      engine.layerNorm(engine.view(x.data.byteOffset, shape), 8, { out });
    },
    "calls that fail": () => {
      try {
        engine.nativeLayerNorm(x, 8, { weight, eps: NaN });
      } catch {
        return;
      }
      throw new Error("was accepted");
    },
  };
}

function suite(backend: BackendName): void {
  const engine = engineOf(backend);
  const callers = callersOf(engine);

  it.each(Object.keys(callers))("grows nothing: %s", (name) => {
    const call = callers[name];
    call();
    const before = engine.memory;
    for (let index = 0; index < calls; index++) call();
    const after = engine.memory;
    expect(after).toEqual(before);
  });

  it("finds a hole again, however sizes mix", () => {
    const mixed = engineOf(backend);
    const round = () => {
      mixed.scope(() => {
        for (const count of [1000, 10, 30_000, 500, 1, 7000]) mixed.empty([count]);
        mixed.layerNorm(host([16, 1000]), 1000);
      });
    };
    round();
    const before = mixed.memory;
    for (let index = 0; index < 300; index++) round();
    expect(mixed.memory).toEqual(before);
    expect(mixed.memory.usedBytes).toBe(0);
  });
}

describe.each(backends)("10^5 calls, %s", suite);

describe.each(backends)("memory figures, %s", (backend) => {
  it("count what tensors hold, the most that was held, and what there is", () => {
    const engine = engineOf(backend);
    expect(engine.memory).toMatchObject({ usedBytes: 0, peakBytes: 0 });
    const one = engine.empty([16]);
    const two = engine.empty([1000]);
    const both = engine.memory.usedBytes;
    expect(both).toBeGreaterThanOrEqual(64 + 4000);
    expect(both).toBeLessThan(64 + 4000 + 256);
    two.dispose();
    expect(engine.memory.usedBytes).toBe(64);
    expect(engine.memory.peakBytes).toBe(both);
    one.dispose();
    expect(engine.memory).toMatchObject({ usedBytes: 0, peakBytes: both });
    expect(engine.memory.capacityBytes).toBeGreaterThanOrEqual(both);
    expect(engine.memory.capacityBytes % 65_536).toBe(0);
  });
});
