import { execFile } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { decode } from "fast-png";
import { beforeAll, describe, expect, it } from "vitest";
import { readNpy } from "../../src/io/index.js";
import { float32Npy } from "../io/support.js";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Runs an example to its end, from another folder than its own; fails unless its exit code is 0. */
async function run(name: string, ...argv: string[]): Promise<string> {
  const script = `${root}examples/${name}`;
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...argv], { cwd: `${root}test` });
  return stdout;
}

/** All that the example printed beside a label. */
function valuesOf(text: string, label: string): string[] {
  const lines = text.split("\n").map((line) => line.trim());
  return lines.filter((line) => line.startsWith(`${label}  `)).map((line) => line.slice(label.length).trim());
}

/** The text with its line breaks taken out, to find sentences in. */
function unwrapped(text: string): string {
  return text.replace(/\s+/g, " ");
}

function expectTheAnswer(text: string): void {
  const [overChannels, ...others] = valuesOf(text, "|a - b|").map(Number);
  expect(overChannels).toBeGreaterThan(50);
  expect(overChannels).toBeLessThan(60);
  expect(others).toHaveLength(3);
  for (const difference of others) expect(difference).toBeLessThan(1e-5);
  expect(valuesOf(text, "compareNorms: equivalent")).toEqual(["yes", "no"]);
}

describe("question.mjs", () => {
  let text: string;
  beforeAll(async () => {
    text = await run("question.mjs");
  });

  it("repeats the experiment", () => expectTheAnswer(text));

  it.each([
    ["who shares statistics", "The same elements share a mean and variance: 20 groups of 600 elements"],
    ["who shares parameters", "600 scale and bias pairs, one per channel and location"],
    ["which parameters convert", "parameters convert to LayerNorm([6, 10, 10])'s, repeated for every location"],
    ["which do not, and where", "NotConvertibleError: layerNormToGroupNorm: weight must be constant"],
    ["the first location that varies", "got 2 at [3, 4, 5]"],
    ["that others come back", "those we had converted the same again"],
    ["what a fully-connected layer changes", "can take over any scale and bias"],
  ])("says %s", (_, sentence) => expect(unwrapped(text)).toContain(sentence));

  it("fits a terminal of 80 columns", () => {
    for (const line of text.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
  });

  it("prints the same every time", async () => expect(await run("question.mjs")).toBe(text));
});

it("first.mjs shows host, resident and js tensors at work", async () => {
  const text = await run("first.mjs");
  expect(valuesOf(text, "host")).toEqual([expect.stringContaining("in shape [20,6,10,10]")]);
  expect(valuesOf(text, "weight")).toEqual(["channel 3, with weight 2, is 2 times what it was"]);
  expect(valuesOf(text, "out")).toEqual(["in a tensor of mine and in place, they differ by 0"]);
  expect(valuesOf(text, "resident")).toEqual([expect.stringContaining("in linear memory: true")]);
  expect(valuesOf(text, "disposed")).toEqual([expect.stringMatching(/^0 bytes in use/)]);
  const [difference] = /[\d.e-]+(?= at most)/.exec(valuesOf(text, "js")[0])!;
  expect(Number(difference)).toBeLessThan(1e-5);
});

it("start.mjs normalises the files, answers the question and measures the speed", async () => {
  rmSync(`${root}examples/out`, { recursive: true, force: true });
  const text = await run("start.mjs");

  expect(text).toContain("$ npx lanenorm layer-norm examples/data/tokens.npy --normalized-shape 768");
  expect(text).toContain("$ npx lanenorm group-norm examples/data/feature_map.npy --num-groups 8");
  expect(valuesOf(text, "each row after")).toEqual(["mean 0.00 to 0.00, deviation 1.00 to 1.00"]);
  for (const [name, shape] of Object.entries({
    measurements: [16, 48],
    tokens: [32, 768],
    feature_map: [4, 32, 12, 12],
  }))
    expect((await readNpy(readFileSync(`${root}examples/out/${name}.npy`))).shape).toEqual(shape);

  expectTheAnswer(text);
  expect(text).toMatch(/layer norm \[4096, 768\].* [\d.]+x$/m);
});

it("photographs.mjs takes light and camera out of pictures, and shows it", async () => {
  for (const name of ["photographs.npy", "photographs.png"]) rmSync(`${root}examples/out/${name}`, { force: true });
  const text = await run("photographs.mjs");
  for (const light of ["noon", "lamp", "fog", "dusk"]) {
    expect(valuesOf(text, `${light}, after`)).toEqual(["0 +- 1, 0 +- 1, 0 +- 1"]);
  }
  expect(float32Npy(readFileSync(`${root}examples/out/photographs.npy`), "photographs").shape).toEqual([
    4, 3, 120, 160,
  ]);
  const { width, height } = decode(readFileSync(`${root}examples/out/photographs.png`));
  expect([width, height]).toEqual([4 * 160 + 3 * 4, 2 * 120 + 4]);
});

it("checkpoint.mjs applies every layer norm of a transformer", async () => {
  const text = await run("checkpoint.mjs");
  expect(unwrapped(text)).toContain("35 tensors, 9 layer norms");
  const norms = [0, 1, 2, 3].flatMap((layer) => [`h.${layer}.ln_1`, `h.${layer}.ln_2`]);
  for (const norm of [...norms, "ln_f"]) expect(valuesOf(text, norm)[0]).toMatch(/ -> {2}-?0\.0\d\d \+- 1\.0\d\d$/);
});

describe("training.mjs", () => {
  const golden = JSON.parse(readFileSync(`${root}test/goldens/training.json`, "utf8")) as {
    steps: number[];
    losses: Record<string, number[]>;
  };

  it.each(Object.entries(golden.losses))(
    "with %s norm comes to the losses that PyTorch comes to",
    async (norm, losses) => {
      const picture = `${root}examples/out/training-${norm}.svg`;
      rmSync(picture, { force: true });
      const text = await run("training.mjs", norm);
      for (const [index, step] of golden.steps.entries()) {
        const [loss] = valuesOf(text, `loss after ${step} steps`);
        expect(Math.abs(Number(loss) - losses[index]), `step ${step}`).toBeLessThan(1e-4);
      }
      const svg = readFileSync(picture, "utf8");
      expect(svg).toMatch(/^<svg .*<polyline points="[^"]*".*<\/svg>\n$/s);
      expect(svg).not.toMatch(/NaN|undefined/);
      expect(/points="([^"]*)"/.exec(svg)![1].split(" ")).toHaveLength(golden.steps.at(-1)! + 1);
    },
  );

  it("learns more with a norm than without", () => {
    const { none, ...norms } = golden.losses;
    for (const losses of Object.values(norms)) expect(losses.at(-1)).toBeLessThan(none.at(-1)! - 0.2);
  });

  it("prints the same every time, and refuses other norms", async () => {
    expect(await run("training.mjs")).toBe(await run("training.mjs", "layer"));
    await expect(run("training.mjs", "weight")).rejects.toMatchObject({
      code: 2,
      stderr: "The norm must be one of layer, rms, group, batch, instance, none, not weight.\n",
    });
  });

  it("shows on a terminal how far it is, and nothing elsewhere", async () => {
    const { showProgress } = (await import(`${root}examples/support/progress.mjs`)) as {
      showProgress(terminal: object, total: number): { update(done: number, note: string): void; end(): void };
    };
    const written: string[] = [];
    for (const isTTY of [false, true]) {
      const progress = showProgress({ isTTY, write: (piece: string) => written.push(piece) }, 4);
      progress.update(1, "loss 0.5");
      progress.end();
    }
    expect(written).toEqual([`\r[${"#".repeat(8)}${"-".repeat(22)}]  25 %  loss 0.5\x1b[K`, "\r\x1b[K"]);
  });
});
