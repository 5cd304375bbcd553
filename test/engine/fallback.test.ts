// Where WebAssembly is missing or forbidden, the js backend takes over. Modules are loaded anew in each test: what was
// compiled once is kept.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type * as Exports from "../../src/index.js";

type Library = typeof Exports;

const platform = WebAssembly;

function forbidden(): never {
  throw new platform.CompileError("Wasm code generation disallowed by embedder");
}

/** What a content security policy without 'wasm-unsafe-eval' leaves of WebAssembly. */
const underPolicy = {
  ...Object.fromEntries(
    Object.getOwnPropertyNames(platform).map((name) => [name, Reflect.get(platform, name) as unknown]),
  ),
  Module: forbidden,
  compile: () => Promise.reject(new platform.CompileError("Wasm code generation disallowed by embedder")),
  instantiate: () => Promise.reject(new platform.CompileError("Wasm code generation disallowed by embedder")),
};

/** An engine without SIMD: the bytes do not validate. */
const withoutSimd = {
  ...underPolicy,
  validate: () => false,
};

const platforms: Record<string, unknown> = {
  "without WebAssembly": undefined,
  "under a policy that forbids it": underPolicy,
  "without SIMD": withoutSimd,
  "with a WebAssembly that is not one": {},
};

const x = { data: Float32Array.of(1, 3, 2, 6), shape: [2, 2] };

beforeEach(() => {
  vi.resetModules();
});

afterEach(() => {
  vi.unstubAllGlobals();
});

async function load(webAssembly: unknown): Promise<Library> {
  vi.stubGlobal("WebAssembly", webAssembly);
  return await import("../../src/index.js");
}

describe.each(Object.keys(platforms))("%s", (name) => {
  it('falls back to js, sync and async, with backend "auto" and without', async () => {
    const { createEngineSync, createEngine } = await load(platforms[name]);
    for (const options of [undefined, {}, { backend: "auto" as const }, { backend: "js" as const }]) {
      for (const engine of [createEngineSync(options), await createEngine(options)]) {
        expect(engine.backend).toBe("js");
        expect([...engine.layerNorm(x, 2, { eps: 0 }).data]).toEqual([-1, 1, -1, 1]);
      }
    }
  });

  it("works without set-up", async () => {
    const { groupNorm, layerNorm, defaultEngine } = await load(platforms[name]);
    const input = { data: new Float32Array(20 * 6 * 10 * 10), shape: [20, 6, 10, 10] };
    expect(groupNorm(input, 1).shape).toEqual([20, 6, 10, 10]);
    expect(layerNorm(input, [6, 10, 10]).shape).toEqual([20, 6, 10, 10]);
    expect(defaultEngine().backend).toBe("js");
  });

  it("keeps resident tensors, whose views live through growth", async () => {
    const { createEngineSync } = await load(platforms[name]);
    const engine = createEngineSync();
    const tensor = engine.tensor(x.data, x.shape);
    const kept = tensor.data;
    const large = engine.empty([100_000]);
    expect(kept).toHaveLength(0);
    expect([...tensor.data]).toEqual([1, 3, 2, 6]);
    const y = engine.layerNorm(tensor, 2, { eps: 0 });
    expect([y.resident, ...y.data]).toEqual([true, -1, 1, -1, 1]);
    for (const each of [tensor, large, y]) each.dispose();
    expect(engine.memory.usedBytes).toBe(0);
    expect(engine.memory.capacityBytes).toBeGreaterThan(400_000);
  });

  it("respects maximumBytes", async () => {
    const { createEngineSync, OutOfMemoryError } = await load(platforms[name]);
    const engine = createEngineSync({ maximumBytes: 131_072 });
    expect(() => engine.empty([100_000])).toThrow(OutOfMemoryError);
    expect(engine.memory.capacityBytes).toBeLessThanOrEqual(131_072);
    expect(engine.empty([20_000]).data).toHaveLength(20_000);
  });

  it('says that backend "wasm" is not to be had', async () => {
    const { createEngineSync, createEngine, UnsupportedError } = await load(platforms[name]);
    expect(() => createEngineSync({ backend: "wasm" })).toThrow(UnsupportedError);
    await expect(createEngine({ backend: "wasm" })).rejects.toThrow(UnsupportedError);
    await expect(createEngine({ backend: "wasm" })).rejects.toMatchObject({ argument: "backend" });
  });

  it("tries again when asked again: a failed compilation is not kept", async () => {
    const { createEngineSync, createEngine } = await load(platforms[name]);
    expect(createEngineSync().backend).toBe("js");
    expect((await createEngine()).backend).toBe("js");
    await expect(createEngine({ backend: "wasm" })).rejects.toThrow();
    vi.stubGlobal("WebAssembly", platform);
    expect((await createEngine()).backend).toBe("wasm");
    expect(createEngineSync({ backend: "wasm" }).backend).toBe("wasm");
  });
});

describe("where WebAssembly is", () => {
  it("prefers it, and compiles once for all engines", async () => {
    const { createEngineSync, createEngine } = await load(platform);
    const compiled = vi.spyOn(platform, "Module");
    expect(createEngineSync().backend).toBe("wasm");
    const { length } = compiled.mock.calls;
    expect((await createEngine()).backend).toBe("wasm");
    expect(createEngineSync({ backend: "wasm" }).backend).toBe("wasm");
    expect(compiled.mock.calls.length).toBe(length);
    compiled.mockRestore();
  });

  it("makes engines at the same time, sync in the middle of async", async () => {
    const { createEngineSync, createEngine } = await load(platform);
    const promises = [createEngine(), createEngine()];
    const engine = createEngineSync();
    const engines = [engine, ...(await Promise.all(promises))];
    expect(new Set(engines).size).toBe(3);
    for (const each of engines)
      expect([each.backend, ...each.layerNorm(x, 2, { eps: 0 }).data]).toEqual(["wasm", -1, 1, -1, 1]);
    const [one, two] = engines;
    const tensor = one.tensor(x.data, x.shape);
    expect(two.memory.usedBytes).toBe(0);
    expect(() => two.layerNorm(tensor, 2)).toThrow(/another engine/);
  });

  it("compiles nothing until it is used, and nothing for backend js", async () => {
    const compiled = vi.spyOn(platform, "Module");
    const { createEngineSync, createEngine } = await load(platform);
    createEngineSync({ backend: "js" });
    await createEngine({ backend: "js" });
    expect(compiled).not.toHaveBeenCalled();
    compiled.mockRestore();
  });

  it("falls back when a foreign memory cannot be imported, rather than fail in the first call", async () => {
    const { createEngineSync } = await load(platform);
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
    const engine = createEngineSync({ memory });
    expect([...engine.layerNorm(x, 2, { eps: 0 }).data]).toEqual([-1, 1, -1, 1]);
    const view = engine.view(64, [2, 2]);
    view.data.set(x.data);
    memory.grow(1);
    expect([...engine.layerNorm(view, 2, { eps: 0, out: view }).data]).toEqual([-1, 1, -1, 1]);
  });
});
