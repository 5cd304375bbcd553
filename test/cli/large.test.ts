// Large files go slice by slice, or where statistics are of everything in a thread. By the built program, as threads run
// what is built.

import { spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { layerNorm, type TensorLike } from "../../src/index.js";
import { writeNpy } from "../../src/io/index.js";
import { lanenorm, program } from "./support.js";

const shape = [130, 256, 1024];
let folder: string;
let x: TensorLike<Float32Array>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lanenorm-test-"));
  x = { data: new Float32Array(130 * 256 * 1024).map((_, i) => (i * 7919) % 1021), shape };
  writeFileSync(join(folder, "x.npy"), writeNpy(x));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const argv = ["layer-norm", "x.npy", "--normalized-shape", "1024"];

it("has the bits of a tensor in memory", async () => {
  const { code, stdout } = await lanenorm([...argv, "--json", "-o", "y.npy"], { cwd: folder });
  expect({ code, ...JSON.parse(stdout.toString()) }).toMatchObject({ code: 0, shape, backend: "wasm" });
  const expected = Buffer.from(layerNorm(x, 1024).data.buffer);
  const y = readFileSync(join(folder, "y.npy"));
  expect(y.subarray(y.length - expected.length).equals(expected)).toBe(true);
  rmSync(join(folder, "y.npy"));
});

it("has them where all of it shares statistics", async () => {
  const { code } = await lanenorm(["layer-norm", "x.npy", "--normalized-shape", `${shape}`, "-o", "y.npy"], {
    cwd: folder,
  });
  expect(code).toBe(0);
  const expected = Buffer.from(layerNorm(x, shape).data.buffer);
  const y = readFileSync(join(folder, "y.npy"));
  expect(y.subarray(y.length - expected.length).equals(expected)).toBe(true);
  rmSync(join(folder, "y.npy"));
});

it("fails as small ones do, and leaves nothing", async () => {
  const { code, stderr } = await lanenorm(["group-norm", "x.npy", "--num-groups", "5", "-o", "y.npy"], { cwd: folder });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^lanenorm: group-norm: --num-groups [^\n]*\n$/);
  expect(readdirSync(folder)).toEqual(["x.npy"]);
});

it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("is stopped by %s half-way, and leaves nothing", async (signal) => {
  const child = spawn(process.execPath, [program, ...argv, "-o", "y.npy"], { cwd: folder, stdio: "ignore" });
  const ended = new Promise<NodeJS.Signals | null>((done) => child.on("exit", (_code, by) => done(by)));
  while (child.exitCode === null && readdirSync(folder).length === 1) await new Promise((next) => setTimeout(next, 1));
  child.kill(signal);
  expect(await ended).toBe(signal);
  expect(readdirSync(folder)).toEqual(["x.npy"]);
});
