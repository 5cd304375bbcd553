import { spawn } from "node:child_process";
import { closeSync, copyFileSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readNpy, writeNpy } from "../../src/io/npy.js";
import { float32Npy } from "../io/support.js";
import { example, lanenorm, program, temporaryFolder } from "./support.js";

const folder = temporaryFolder();
const files = () => readdirSync(folder.path).sort();
const inFolder = (argv: readonly string[], stdin?: Uint8Array) => lanenorm(argv, { cwd: folder.path, stdin });
const readTensor = (path: string) => float32Npy(readFileSync(path), path);

const tokens = example("tokens.npy");
const tokenParameters = ["--weight", example("tokens_weight.npy"), "--bias", example("tokens_bias.npy")];
const featureMap = example("feature_map.npy");
const mapParameters = ["--weight", example("feature_map_weight.npy"), "--bias", example("feature_map_bias.npy")];

/** The definition, in float64: groups of `size` elements; element i has the parameters at `parameterOf(i)`. */
function normalised(
  x: Float32Array | Float64Array,
  size: number,
  eps: number,
  scale: Float32Array,
  offset: Float32Array,
  parameterOf: (i: number) => number,
) {
  const y = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += size) {
    const group = Float64Array.from(x.subarray(start, start + size));
    const mean = group.reduce((sum, value) => sum + value, 0) / size;
    const variance = group.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size;
    for (let i = start; i < start + size; i++)
      y[i] = ((x[i]! - mean) / Math.sqrt(variance + eps)) * scale[parameterOf(i)]! + offset[parameterOf(i)]!;
  }
  return y;
}

function expectClose(actual: Float32Array, expected: Float64Array): void {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < actual.length; i++) worst = Math.max(worst, Math.abs(actual[i]! - expected[i]!));
  expect(worst).toBeLessThan(1e-5);
}

describe("layer-norm", () => {
  const argv = ["layer-norm", tokens, "--normalized-shape", "768", ...tokenParameters];
  const expected = (eps = 1e-5) => {
    const [x, weight, bias] = [tokens, tokenParameters[1]!, tokenParameters[3]!].map((path) => readTensor(path).data);
    return normalised(x!, 768, eps, weight!, bias!, (i) => i % 768);
  };

  it("normalises a file and says so in one line", async () => {
    const { code, stdout, stderr } = await inFolder([...argv, "-o", "y.npy"]);
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toMatch(/^normalised float32 \[32, 768\] \(98\.3 kB\) in [\d.]+ [mu]s -> y\.npy\n$/);
    expect(files()).toEqual(["y.npy"]);
    const y = readTensor(join(folder.path, "y.npy"));
    expect(y.shape).toEqual([32, 768]);
    expectClose(y.data, expected());
  });

  it("takes eps", async () => {
    await inFolder([...argv, "--eps", "0.5", "-o", "y.npy"]);
    expectClose(readTensor(join(folder.path, "y.npy")).data, expected(0.5));
  });

  it("takes several dimensions, and neither weight nor bias", async () => {
    await inFolder(["layer-norm", featureMap, "--normalized-shape", "32,12,12", "-o", "y.npy"]);
    const [one, zero] = [Float32Array.of(1), Float32Array.of(0)];
    const y = normalised(readTensor(featureMap).data, 32 * 12 * 12, 1e-5, one, zero, () => 0);
    expectClose(readTensor(join(folder.path, "y.npy")).data, y);
  });

  it.each(["auto", "wasm", "js"])("runs on --backend %s", async (backend) => {
    const { stdout } = await inFolder([...argv, "--backend", backend, "--json", "-o", "y.npy"]);
    expect(JSON.parse(stdout.toString()).backend).toBe(backend === "auto" ? "wasm" : backend);
    expectClose(readTensor(join(folder.path, "y.npy")).data, expected());
  });

  it("--json prints one summary, and nothing else", async () => {
    const { code, stdout, stderr } = await inFolder([...argv, "--json", "-o", "y.npy"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const summary = JSON.parse(stdout.toString());
    const { seconds, bytesPerSecond } = summary;
    expect(summary).toEqual({
      command: "layer-norm",
      input: tokens,
      shape: [32, 768],
      dtype: "float32",
      output: "y.npy",
      backend: "wasm",
      seconds: expect.any(Number),
      bytesPerSecond: expect.any(Number),
    });
    expect(bytesPerSecond * seconds).toBeCloseTo(2 * 4 * 32 * 768, 3);
  });

  it("works in place", async () => {
    copyFileSync(tokens, join(folder.path, "x.npy"));
    const { code } = await inFolder(["layer-norm", "x.npy", ...argv.slice(2), "-o", "x.npy"]);
    expect(code).toBe(0);
    expect(files()).toEqual(["x.npy"]);
    expectClose(readTensor(join(folder.path, "x.npy")).data, expected());
  });

  it("reads standard input and writes standard output", async () => {
    const piped = ["layer-norm", "-", ...argv.slice(2), "-o", "-"];
    const { code, stdout, stderr } = await inFolder(piped, readFileSync(tokens));
    expect(code).toBe(0);
    expect(stderr).toMatch(/-> standard output\n$/);
    expectClose(float32Npy(stdout, "stdout").data, expected());
    const json = await inFolder([...piped, "--json"], readFileSync(tokens));
    expect(json.stdout.equals(stdout)).toBe(true);
    expect(JSON.parse(json.stderr)).toMatchObject({ input: "-", output: "-" });
  });

  it("keeps float64", async () => {
    const input = example("measurements_float64.npy");
    const { code, stderr } = await inFolder(["layer-norm", input, "--normalized-shape", "48", "-o", "y.npy"]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^normalised float64 \[\d+, 48\]/);
    const { dtype, data } = await readNpy(readFileSync(join(folder.path, "y.npy")));
    expect(dtype).toBe("float64");
    const [one, zero] = [Float32Array.of(1), Float32Array.of(0)];
    const x = (await readNpy(readFileSync(input))).data as Float64Array;
    const y = normalised(x, 48, 1e-5, one, zero, () => 0);
    for (let i = 0; i < y.length; i++) expect(Math.abs(data[i]! - y[i]!)).toBeLessThan(1e-12);
  });

  it("rounds a float64 weight for a float32 input, and says so", async () => {
    const weight = { data: new Float64Array(768).fill(1.1), shape: [768] };
    writeFileSync(join(folder.path, "w.npy"), writeNpy(weight));
    const argv = ["layer-norm", tokens, "--normalized-shape", "768", "--weight", "w.npy", "-o", "y.npy"];
    const { code, stderr } = await inFolder(argv);
    expect(code).toBe(0);
    expect(stderr.split("\n")[0]).toBe("lanenorm: w.npy: float64 was rounded to float32");
  });
});

describe("group-norm", () => {
  it("normalises a file", async () => {
    const argv = ["group-norm", featureMap, "--num-groups", "8", ...mapParameters, "-o", "y.npy"];
    const { code, stderr } = await inFolder(argv);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^normalised float32 \[4, 32, 12, 12\] \(73\.7 kB\) in /);
    const [x, weight, bias] = [featureMap, mapParameters[1]!, mapParameters[3]!].map((path) => readTensor(path).data);
    const y = normalised(x!, 4 * 144, 1e-5, weight!, bias!, (i) => Math.floor(i / 144) % 32);
    expectClose(readTensor(join(folder.path, "y.npy")).data, y);
  });
});

describe("what fails exits with 1, one line and no file", () => {
  const layer = (input: string, ...more: string[]) => ["layer-norm", input, "--normalized-shape", "768", ...more];
  const group = (...more: string[]) => ["group-norm", featureMap, "--num-groups", ...more];
  const cases: [title: string, argv: string[], message: RegExp][] = [
    ["a missing input", layer("no.npy"), /^lanenorm: layer-norm: no\.npy must be a file .* \(ENOENT\)$/],
    ["a missing weight", layer(tokens, "--weight", "no.npy"), /^lanenorm: layer-norm: no\.npy must be a file/],
    [
      "a file of another kind",
      layer("text"),
      /^lanenorm: layer-norm: text must begin with .* at byte 0, got "not a "$/,
    ],
    ["a file cut short", layer("short.npy"), /^lanenorm: layer-norm: short\.npy must have 98304 bytes .* got 72$/],
    ["a shape that does not fit", layer(featureMap), /^lanenorm: layer-norm: --normalized-shape .*768/],
    [
      "a weight that does not fit",
      layer(tokens, ...mapParameters),
      /^lanenorm: layer-norm: --weight .*\[768\].*\[32\]$/,
    ],
    ["groups that do not divide", group("5"), /^lanenorm: group-norm: --num-groups .*5/],
    [
      "an input of too few dimensions",
      ["group-norm", "flat.npy", "--num-groups", "1"],
      /^lanenorm: group-norm: flat.npy /,
    ],
  ];

  it.each(cases)("%s", async (_, argv, message) => {
    writeFileSync(join(folder.path, "text"), "not a tensor");
    writeFileSync(join(folder.path, "short.npy"), readFileSync(tokens).subarray(0, 200));
    writeFileSync(join(folder.path, "flat.npy"), writeNpy({ data: new Float32Array(2), shape: [2] }));
    writeFileSync(join(folder.path, "y.npy"), "old");
    const { code, stdout, stderr } = await inFolder([...argv, "-o", "y.npy"]);
    expect(code).toBe(1);
    expect(stdout).toHaveLength(0);
    expect(stderr).toMatch(/^[^\n]*\n$/);
    expect(stderr.trimEnd()).toMatch(message);
    expect(files()).toEqual(["flat.npy", "short.npy", "text", "y.npy"]);
    expect(readFileSync(join(folder.path, "y.npy"), "utf8")).toBe("old");
  });

  it.each([
    ["nowhere/y.npy", /ENOENT/],
    ["file/y.npy", /ENOTDIR/],
    ["folder", /a directory/],
  ])("the output %s, before the input is even opened", async (output, reason) => {
    writeFileSync(join(folder.path, "file"), "");
    mkdirSync(join(folder.path, "folder"));
    const { code, stderr } = await inFolder([...layer("no.npy"), "-o", output]);
    expect(code).toBe(1);
    expect(stderr).toContain(`lanenorm: layer-norm: -o ${output} must be a file that can be written, got `);
    expect(stderr).toMatch(reason);
    expect(files()).toEqual(["file", "folder"]);
  });

  it("a full device", async () => {
    const { code, stderr } = await inFolder([...layer(tokens), "-o", "/dev/full"]);
    expect(code).toBe(1);
    expect(stderr).toBe(
      "lanenorm: layer-norm: -o /dev/full must be a file that can be written, got no space left on device (ENOSPC)\n",
    );
  });
});

describe("a full standard output fails, in one line", () => {
  const onFull = async (argv: readonly string[]) => {
    const full = openSync("/dev/full", "w");
    const { code, stderr } = await lanenorm(argv, { cwd: folder.path, stdio: ["ignore", full, "pipe"] });
    closeSync(full);
    return { code, stderr };
  };
  const argv = ["layer-norm", tokens, "--normalized-shape", "768"];

  it("for the result", async () =>
    expect(await onFull([...argv, "-o", "-"])).toEqual({
      code: 1,
      stderr: "lanenorm: layer-norm: -o - must be a file that can be written, got no space left on device (ENOSPC)\n",
    }));

  it.each([[[...argv, "--json", "-o", "y.npy"]], [["--help"]], [["layer-norm", "--help"]], [["--version"]]])(
    "for %j",
    async (argv) =>
      expect(await onFull(argv)).toEqual({ code: 1, stderr: "lanenorm: ENOSPC: no space left on device, write\n" }),
  );
});

describe("when the world ends", () => {
  /** Large enough that writing it takes a while. */
  function writeLarge(): number {
    const shape = [16384, 768];
    writeFileSync(join(folder.path, "large.npy"), writeNpy({ data: new Float32Array(shape[0]! * shape[1]!), shape }));
    return 16384 * 768 * 4 + 128;
  }

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s leaves nothing, or the whole result", async (signal) => {
    const size = writeLarge();
    const argv = ["layer-norm", "large.npy", "--normalized-shape", "768", "-o", "y.npy"];
    const child = spawn(process.execPath, [program, ...argv], { cwd: folder.path, stdio: "ignore" });
    const ended = new Promise<NodeJS.Signals | null>((done) => child.on("exit", (_code, by) => done(by)));
    while (child.exitCode === null && files().length === 1) await new Promise((next) => setTimeout(next, 1));
    child.kill(signal);
    if ((await ended) === null) expect(readFileSync(join(folder.path, "y.npy")).length).toBe(size);
    else expect(files()).toEqual(["large.npy"]);
  });

  it("a reader that stops early gets no complaint", async () => {
    const size = writeLarge();
    const child = spawn(
      process.execPath,
      [program, "layer-norm", "large.npy", "--normalized-shape", "768", "-o", "-"],
      {
        cwd: folder.path,
      },
    );
    let errors = "";
    child.stderr.on("data", (piece) => (errors += piece));
    child.stdout.once("data", (piece: Buffer) => {
      expect(piece.length).toBeLessThan(size);
      child.stdout.destroy();
    });
    const code = await new Promise((done) => child.on("close", done));
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
  });
});
