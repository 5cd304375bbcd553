import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type * as Exports from "../../src/index.js";
import type { Engine } from "../../src/index.js";
import { operations } from "../../src/registry.js";
import { ops } from "./ops.js";
import { bitsOf, goodArguments, homes, named } from "./support.js";

type Library = typeof Exports;

let library: Library;

// The default engine is one per program: each test has a program of its own.
beforeEach(async () => {
  vi.resetModules();
  library = await import("../../src/index.js");
});

afterEach(() => {
  vi.resetModules();
});

const x = { data: Float32Array.of(1, 3, 2, 6), shape: [2, 2] };

describe("the default engine", () => {
  it("is made once, on first use", () => {
    const engine = library.defaultEngine();
    expect(library.defaultEngine()).toBe(engine);
    expect(engine.backend).toBe("wasm");
  });

  it.each(ops)("runs $name", (op) => {
    const engine = library.defaultEngine();
    const functions = library as unknown as Engine;
    for (const home of homes) {
      const own = library.createEngineSync();
      const result = op.call(functions, goodArguments(engine, op, home));
      expect(bitsOf(result)).toEqual(bitsOf(op.call(own, goodArguments(own, op, home))));
    }
  });

  it("has every function of the package, and every function is among the ops of these tests", () => {
    const { createEngineSync, defaultEngine, setDefaultEngine, createEngine, ...rest } = library;
    const names = Object.keys(rest).filter((name) => /^[a-z]/.test(name));
    expect(names.sort()).toEqual(ops.map(({ name }) => name).sort());
    const registered = operations.flatMap(({ name, native, backward }) => {
      return [name, native, backward].filter((name) => name !== undefined);
    });
    expect(names.sort()).toEqual(registered.sort());
    const engine = defaultEngine();
    for (const name of names) expect(typeof engine[name as "layerNorm"]).toBe("function");
    expect([createEngineSync, setDefaultEngine, createEngine].map((entry) => typeof entry)).not.toContain("undefined");
  });

  it("frees what they made", () => {
    const engine = library.defaultEngine();
    const { layerNorm, nativeLayerNorm, groupNorm, nativeGroupNorm, rowwiseMoments, affineGlobal, affineVectorized } =
      library;
    const tensor = engine.tensor(x.data, x.shape);
    const pair = Float32Array.of(2, 3);
    const results = [
      layerNorm(tensor, 2),
      groupNorm(tensor, 1),
      affineGlobal(tensor, pair, pair),
      affineVectorized(tensor, pair, pair, pair, pair),
      ...Object.values(nativeLayerNorm(tensor, [2])),
      ...Object.values(nativeGroupNorm(tensor, 2)),
      ...Object.values(rowwiseMoments(tensor, 2)),
    ];
    expect(results.every((result) => result.resident)).toBe(true);
    for (const result of [tensor, ...results]) result.dispose();
    expect(engine.memory.usedBytes).toBe(0);
  });

  it("names the function that was called in its errors", () => {
    expect(() => library.layerNorm(x, 3)).toThrow(/^layerNorm: normalizedShape must /);
    expect(() => library.groupNorm(x, 3)).toThrow(/^groupNorm: numGroups must /);
  });

  it("can be another one; tensors of the former stay with the former", () => {
    const former = library.defaultEngine();
    const tensor = former.tensor(x.data, x.shape);
    const next = library.createEngineSync({ backend: "js" });
    library.setDefaultEngine(next);
    expect(library.defaultEngine()).toBe(next);
    expect(() => library.layerNorm(tensor, 2)).toThrow(library.ArgumentError);
    expect(former.layerNorm(tensor, 2).resident).toBe(true);
    expect([...library.layerNorm(x, 2, { eps: 0 }).data]).toEqual([-1, 1, -1, 1]);
  });

  it("may be set before it was ever made", () => {
    const engine = library.createEngineSync({ backend: "js" });
    library.setDefaultEngine(engine);
    expect(library.defaultEngine()).toBe(engine);
  });

  it.each(named([undefined, null, 1, "wasm", {}, Symbol("engine"), () => 1, Object.create(null)]))(
    "cannot be %s",
    (_, engine) => {
      const before = library.defaultEngine();
      expect(() => {
        library.setDefaultEngine(engine as never);
      }).toThrow(library.ArgumentError);
      expect(() => {
        library.setDefaultEngine(engine as never);
      }).toThrow(/^setDefaultEngine: engine must /);
      expect(library.defaultEngine()).toBe(before);
    },
  );

  it("cannot be what only looks like an engine, or cannot be looked at", () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const prototype = Object.getPrototypeOf(library.defaultEngine()) as object;
    for (const engine of [proxy, Object.create(prototype) as unknown])
      expect(() => {
        library.setDefaultEngine(engine as never);
      }).toThrow(library.ArgumentError);
  });

  it("says so when it is disposed", () => {
    library.defaultEngine().dispose();
    expect(() => library.layerNorm(x, 2)).toThrow(library.DisposedError);
    library.setDefaultEngine(library.createEngineSync());
    expect(library.layerNorm(x, 2).shape).toEqual([2, 2]);
  });
});
