import { describe, expect, it } from "vitest";
import { selfTest } from "../../src/cli/self_test.js";
import { createEngineSync } from "../../src/index.js";
import { operations } from "../../src/registry.js";
import { lanenorm } from "./support.js";

describe("the self-test", () => {
  it.each(["wasm", "js"] as const)("has the bits of all machines on %s", (backend) => {
    expect(selfTest(createEngineSync({ backend }))).toEqual({ passed: operations.length, failed: [] });
  });

  it("names the ops whose bits differ", () => {
    const engine = createEngineSync({ backend: "js" });
    const { rmsNorm } = engine;
    engine.rmsNorm = (x, shape, options) => rmsNorm.call(engine, x, shape, { ...options, eps: 1 }) as never;
    expect(selfTest(engine)).toEqual({ passed: operations.length - 1, failed: ["rmsNorm"] });
  });
});

describe("lanenorm info", () => {
  it("says what runs", async () => {
    const { code, stdout, stderr } = await lanenorm(["info"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = stdout.toString().split("\n");
    expect(lines[1]).toMatch(/^Node {9}\d+\.\d+\.\d+, \w+ \w+$/);
    expect(lines[2]).toBe("backend      wasm, with SIMD");
    expect(lines[4]).toMatch(/^self-test    passed: 11 ops in [\d.]+ m?s, with the bits of every machine$/);
  });

  it("says it for machines", async () => {
    const { stdout } = await lanenorm(["info", "--json"]);
    expect(JSON.parse(stdout.toString())).toEqual({
      version: expect.stringMatching(/^\d/),
      node: process.versions.node,
      platform: `${process.platform} ${process.arch}`,
      backend: "wasm",
      threads: expect.any(Number),
      selfTest: { passed: operations.length, failed: [], seconds: expect.any(Number) },
    });
  });
});
