import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const main = fileURLToPath(new URL("../../bench/main.mjs", import.meta.url));

interface CaseTimes {
  readonly best: number;
  readonly median: number;
  readonly callsPerSample: number;
  readonly samples: readonly number[];
}

interface Result {
  readonly dtype: string;
  readonly bytes: number;
  readonly cases: Readonly<Record<string, CaseTimes>>;
  readonly ratios: Readonly<Record<string, { readonly best: number; readonly median: number }>>;
}

// The structure is what is tested: how fast anything is depends on who else is at work.
describe("npm run bench", () => {
  let folder: string;
  let yardstick: string;

  // A yardstick of our own, so that the test does not depend on what lies beside the checkout.
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "lanenorm-bench-"));
    yardstick = join(folder, "yardstick.mjs");
    const known = ['"layer_norm 128,768"', '"group_norm_last 8,1024,256,256"'];
    writeFileSync(
      yardstick,
      `export const yardstick = (op, sizes) => {
         if (![${known}].includes(op + " " + sizes)) throw new Error(op + " " + sizes);
         return { run: work, copy: work };
       };
       const bytes = new Uint8Array(65_536);
       const work = () => bytes.copyWithin(0, 32_768);`,
    );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function bench(...argv: string[]) {
    const env = { ...process.env, LANENORM_YARDSTICK: yardstick };
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...argv], { encoding: "utf8", env });
    return { status, stdout, stderr };
  }

  const timing = expect.objectContaining({
    best: expect.any(Number),
    median: expect.any(Number),
    samples: expect.any(Array),
  });
  const ratio = { best: expect.any(Number), median: expect.any(Number) };

  it("writes all it measured as JSON", () => {
    const { status, stdout, stderr } = bench("--quick", "--rounds", "3", "--filter", "layer norm [128, 768]", "--json");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      node: process.versions.node,
      cpu: expect.any(String),
      yardstick: true,
      options: { rounds: 3, distribution: { mean: 0, std: 1 } },
      callOverhead: { call: timing, kernel: timing, plain: timing, overhead: ratio, timesPlain: ratio },
      coldCall: timing,
    });
    const [result, ...others] = report.results;
    expect(others).toEqual([]);
    expect(result).toMatchObject({
      ...{ name: "layer norm [128,768]", op: "layerNorm", dtype: "float32", layout: null },
      ...{ shape: [128, 768], argument: 768, options: { eps: 1e-5 }, bytes: 8 * 128 * 768 },
    });
    expect(Object.keys(result.cases)).toEqual(["resident", "host", "yardstick", "js", "copy", "plain"]);
    for (const { best, median, samples, callsPerSample } of Object.values<CaseTimes>(result.cases)) {
      expect(samples).toHaveLength(3);
      expect(best).toBeGreaterThan(0);
      expect(median).toBeGreaterThanOrEqual(best);
      expect(callsPerSample).toBeGreaterThanOrEqual(2);
    }
    const { resident, host } = result.cases;
    expect(result.ratios.hostPerResident.best).toBe(host.best / resident.best);
    const { perFloat32, ...theOthers } = result.ratios;
    expect(perFloat32).toBeNull();
    for (const value of Object.values(theOthers)) expect(value).toEqual(ratio);
  });

  it("holds other dtypes to float32: per element, and float64 per byte", () => {
    const { status, stdout, stderr } = bench("--quick", "--rounds", "1", "--filter", "layernorm[64,768]", "--json");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const results = JSON.parse(stdout).results as Result[];
    expect(results.map(({ dtype }) => dtype)).toEqual(["float64", "float16", "bfloat16"]);
    for (const { dtype, bytes, cases, ratios } of results) {
      expect(bytes).toBe(2 * 64 * 768 * (dtype === "float64" ? 8 : 2));
      expect(Object.keys(cases)).toEqual(["resident", "host", "float32", "copy"]);
      const { resident, float32 } = cases;
      expect(ratios.perFloat32.best).toBe(resident.best / float32.best / (dtype === "float64" ? 2 : 1));
      expect(ratios).toMatchObject({ yardsticks: null, jsPerResident: null, timesPlain: null });
    }
  });

  it("holds instance norm in channels-last to the yardstick's groups of one channel", () => {
    const filter = "instance norm [8,32,32,256]";
    const { status, stdout, stderr } = bench("--quick", "--rounds", "1", "--filter", filter, "--json");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const [result, ...others] = JSON.parse(stdout).results as Result[];
    expect(others).toEqual([]);
    expect(Object.keys(result.cases)).toEqual(["resident", "host", "yardstick", "js", "copy"]);
  });

  it("prints a table, without a yardstick for a shape that has none", () => {
    const { status, stdout, stderr } = bench("--quick", "--rounds", "1", "--filter", "[20,6,10,10]", "--mean", "3");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^lanenorm \d+\.\d+\.\d+, Node \d+/);
    expect(stdout).toMatch(/^group norm \[20,6,10,10\]\/1 +[\d.]+ [mun]s +[\d.]+ +[\d.]+ \([\d.]+\) +- +- +[\d.]+ \(/m);
    expect(stdout).toMatch(/^call overhead.*: -?[\d.]+ [mun]s /m);
    expect(stdout).toMatch(/^cold call.*: [\d.]+ [mun]s /m);
  });

  it.each([
    [["--rounds", "0"], /--rounds must be a positive integer, got 0/],
    [["--mean", "much"], /--mean must be a number, got much/],
    [["--slow"], /--slow/],
    [["--filter", "no such shape"], /--filter must match a shape, got no such shape/],
  ])("refuses %j", (argv, message) => {
    const { status, stdout, stderr } = bench(...argv);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(message);
  });
});
