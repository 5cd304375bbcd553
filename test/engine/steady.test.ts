import { describe, expect, it } from "vitest";
import type { Engine } from "../../src/index.js";
import { kinds } from "../api/kinds.js";
import { calls } from "../api/ops.js";
import { type BackendName, backends, disposeAll, engineOf, goodArguments, homes, host } from "../api/support.js";

const repeats = 100_000;
const shape = [4, 8];

/** One call in each way that must not accumulate anything. */
function callersOf(engine: Engine): Record<string, () => void> {
  const x = engine.tensor(host(shape).data, shape);
  const out = engine.empty(shape);
  const weight = host([8]).data;
  const hostX = host(shape);
  const hostOut = host(shape);
  const runningMean = engine.empty([8]);
  const runningVar = host([8]);
  const doubles = engine.empty(shape, "float64");
  const bits = engine.empty(shape, "bfloat16");
  const { mean, rstd } = engine.nativeLayerNorm(x, 8);
  const gradients = { gradInput: out, gradWeight: engine.empty([8]), gradBias: engine.empty([8]) };
  const ones = { mean: host([4, 8]), rstd: host([4, 8]) };
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
    "updates of running statistics": () => {
      engine.batchNorm(x, { training: true, runningMean, runningVar: runningVar.data, out });
    },
    "columns, which take scratch": () => {
      engine.standardize(x, [0], { out });
      engine.normalize(hostX, { dim: 0, out: hostOut });
    },
    "float64 and 16 bits": () => {
      engine.rmsNorm(doubles, 8).dispose();
      engine.groupNorm(bits, 2).dispose();
    },
    "gradients of resident tensors, with out": () => {
      engine.layerNormBackward(x, x, 8, { mean, rstd, weight, out: gradients });
    },
    "gradients with dispose": () => {
      disposeAll(engine.rmsNormBackward(x, x, 8, { rstd }));
    },
    "gradients of host tensors": () => {
      engine.instanceNormBackward(hostX, hostX, { ...ones, useInputStats: false, out: { gradInput: hostOut } });
    },
    "gradients that fail": () => {
      try {
        engine.layerNormBackward(x, x, 8, { mean, rstd, out: { ...gradients, gradBias: x } });
      } catch {
        return;
      }
      throw new Error("was accepted");
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
    for (let index = 0; index < repeats; index++) call();
    const after = engine.memory;
    expect(after).toEqual(before);
  });

  it.each(calls)("grows nothing: 2,000 calls of $title, of every kind, at any home", (op) => {
    for (const kind of kinds) {
      for (const home of homes) {
        const args = goodArguments(engine, op, home, kind);
        disposeAll(op.call(engine, args));
        const before = engine.memory;
        for (let index = 0; index < 2000 / kinds.length / homes.length; index++) disposeAll(op.call(engine, args));
        expect(engine.memory).toEqual(before);
        disposeAll(args);
      }
    }
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
