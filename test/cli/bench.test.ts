import { describe, expect, it } from "vitest";
import { benchCases } from "../../src/cli/bench.js";
import { measurePair } from "../../src/cli/measure.js";
import { createEngineSync } from "../../src/index.js";
import { lanenorm } from "./support.js";

describe("bench", () => {
  it("compares two ways to the same result", () => {
    const engine = createEngineSync();
    for (const make of benchCases) {
      const { name, shape, lanenorm, plain } = make(engine);
      const [ours, theirs] = [lanenorm().data, plain()];
      let worst = 0;
      for (let i = 0; i < ours.length; i++) worst = Math.max(worst, Math.abs(ours[i]! - theirs[i]!));
      expect(worst, `${name} ${shape}`).toBeLessThan(1e-5);
    }
    engine.dispose();
  });

  it("prints a table for people, results for machines", async () => {
    const [table, json] = await Promise.all([lanenorm(["bench"]), lanenorm(["bench", "--json"])]);
    for (const { code, stderr } of [table, json]) expect({ code, stderr }).toEqual({ code: 0, stderr: "" });

    const [title, , head, ...rows] = table.stdout.toString().trimEnd().split("\n");
    expect(title).toMatch(/^lanenorm \d+\.\d+\.\d+, wasm, Node \d+/);
    expect(head).toMatch(/lanenorm +plain loop +speed-up$/);
    expect(rows).toHaveLength(benchCases.length);
    for (const row of rows)
      expect(row).toMatch(/^(layer|group) norm .*\] .* [mun]s +[\d.]+ [MG]B\/s +[\d.]+ [mu]s +[\d.]+x$/);

    const { backend, results } = JSON.parse(json.stdout.toString());
    expect(backend).toBe("wasm");
    expect(results).toHaveLength(benchCases.length);
    for (const { seconds, plainSeconds, speedup } of results) expect(speedup).toBeCloseTo(plainSeconds / seconds, 6);
  });
});

describe("measurePair", () => {
  function spin(seconds: number): () => void {
    return () => {
      const end = performance.now() + seconds * 1000;
      while (performance.now() < end);
    };
  }

  it("finds seconds per call", () => {
    const [fast, slow] = measurePair(spin(0.0002), spin(0.001), 0.1);
    expect(fast).toBeGreaterThanOrEqual(0.0002);
    expect(slow).toBeGreaterThanOrEqual(0.001);
    expect(slow / fast).toBeGreaterThan(2);
  });
});
