import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { layers } from "../../src/cli/layers/layers.js";
import { run } from "../../src/cli/run.js";
import { capture, example } from "./support.js";

async function result(argv: readonly string[]) {
  const environment = capture(example("."));
  const code = await run(argv, environment);
  return { code, output: environment.output().toString(), errors: environment.errors() };
}

const commands = [...layers.map(({ name }) => name), "convert", "compare", "bench", "info"];

describe("help", () => {
  it.each([["--help"], ["-h"], ["help"]])("%s lists the commands on standard output", async (option) => {
    const { code, output, errors } = await result([option]);
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    for (const command of commands) expect(output).toContain(`  ${command} `);
  });

  it.each(commands)("%s --help explains itself, whatever else is there", async (command) => {
    for (const argv of [["--help"], ["-h"], ["x.npy", "--nonsense", "--help"]]) {
      const { code, output, errors } = await result([command, ...argv]);
      expect({ code, errors }).toEqual({ code: 0, errors: "" });
      expect(output).toMatch(new RegExp(`^Usage: lanenorm ${command} `));
      for (const line of output.split("\n")) expect(line.length).toBeLessThanOrEqual(90);
    }
  });
});

it.each([["--version"], ["-v"]])("%s prints package.json's version", async (option) => {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  expect(await result([option])).toEqual({ code: 0, output: `${version}\n`, errors: "" });
});

describe("help before a command", () => {
  it.each(commands)("help %s is what the command says of itself", async (command) => {
    expect(await result(["help", command])).toEqual(await result([command, "--help"]));
  });

  it("of one that there is not is wrong usage", async () => {
    const { code, errors } = await result(["help", "layernorm"]);
    expect([code, errors]).toEqual([2, "lanenorm: unknown command 'layernorm'\nTry 'lanenorm --help'.\n"]);
  });
});

describe("wrong usage exits with 2, says why and where to look", () => {
  const layer = ["layer-norm", "tokens.npy", "--normalized-shape", "768"];
  const group = ["group-norm", "feature_map.npy", "--num-groups", "8"];
  const pair = ["compare", "GroupNorm(1, 6)", "LayerNorm([6, 10, 10])"];
  const cases: [argv: string[], reason: string][] = [
    [[], "a command is missing"],
    [["layernorm"], "unknown command 'layernorm'"],
    [["--nonsense"], "unknown option '--nonsense'"],
    [["layer-norm"], "the input file is missing"],
    [["layer-norm", "tokens.npy", "-o", "y.npy"], "--normalized-shape is missing"],
    [["layer-norm", "tokens.npy", "--normalized-shape", "x"], "--normalized-shape takes whole numbers, got 'x'"],
    [layer, "-o is missing"],
    [[...layer, "-o", ""], "-o is missing"],
    [[...layer, "-o", "y.npy", "more.npy"], "unexpected argument 'more.npy'"],
    [[...layer, "-o", "y.npy", "--eps", "tiny"], "--eps takes a number, got 'tiny'"],
    [[...layer, "-o", "y.npy", "--backend", "gpu"], "--backend takes auto, wasm, js, got 'gpu'"],
    [[...layer, "-o", "y.npy", "--num-groups", "8"], "Unknown option '--num-groups'"],
    [[...layer, "-o", "y.npy", "--weight", "-", "--bias", "-"], "standard input can be read only once"],
    [[...layer, "-o", "y.pt"], "-o takes .npy or .safetensors, got 'y.pt'"],
    [[...layer, "-o", "y.npz:key"], "-o takes .npy or .safetensors, got 'y.npz'"],
    [["group-norm", "feature_map.npy", "-o", "y.npy"], "--num-groups is missing"],
    [[...group.slice(0, 3), "0", "-o", "y.npy"], "--num-groups takes whole numbers above 0, got '0'"],
    [["normalize", "tokens.npy", "--p", "0", "-o", "y.npy"], "--p takes a number above 0, got '0'"],
    [["batch-norm", "x.npy", "--running-mean", "m.npy"], "--running-mean and --running-var go together"],
    [[...group.slice(0, 3), "1.5", "-o", "y.npy"], "--num-groups takes whole numbers, got '1.5'"],
    [[...group, "-o", "y.npy", "--normalized-shape", "8"], "Unknown option '--normalized-shape'"],
    [["convert"], "the input file is missing"],
    [["convert", "m.npz", "--to", "GroupNorm(1, 6)", "-o", "o.npz"], "--from is missing"],
    [["convert", "m.npz", "--from", "GroupNorm(1, 6)", "-o", "o.npz"], "--to is missing"],
    [["convert", "m.npz", "--from", "GroupNorm(1, 6)", "--to", "LayerNorm(6)"], "-o is missing"],
    [
      ["convert", "m.npz", "--from", "GroupNorm(6, 6)", "--to", "LayerNorm([10, 10])", "-o", "o.npz"],
      "--shape is missing: the layers do not tell the shape of their input",
    ],
    [["compare"], "the first layer is missing"],
    [pair.slice(0, 2), "the second layer is missing"],
    [pair, "--shape is missing"],
    [[...pair, "--shape", "20,x"], "--shape takes whole numbers, got 'x'"],
    [["bench", "now"], "unexpected argument 'now'"],
  ];

  it.each(cases)("%j", async (argv, reason) => {
    const full = commands.includes(argv[0]!) ? `lanenorm ${argv[0]}` : "lanenorm";
    expect(await result(argv)).toEqual({ code: 2, output: "", errors: `${full}: ${reason}\nTry '${full} --help'.\n` });
  });

  it.each([
    [
      "GroupNorm(1, 6",
      'a layer must be a call like "GroupNorm(1, 6)" or "LayerNorm([6, 10, 10])", got "GroupNorm(1, 6", ',
    ],
    ["groupnorm(1, 6)", "a layer must name a layer of torch.nn: "],
    ["GroupNorm(4, 6)", "num_groups of 'GroupNorm(4, 6)' must divide num_channels (6), got 4\n"],
    ["GroupNorm(6)", "num_channels of 'GroupNorm(6)' must be a whole number of at least 1, got none\n"],
    ["GroupNorm(1, 6, affine=1)", "affine of 'GroupNorm(1, 6, affine=1)' must be true or false, got 1\n"],
  ])("the layer %s", async (layer, reason) => {
    const { code, errors } = await result(["compare", layer, "LayerNorm(6)", "--shape", "20,6"]);
    expect(code).toBe(2);
    expect(errors).toMatch(/^lanenorm compare: [^\n]*\nTry 'lanenorm compare --help'.\n$/);
    expect(errors).toContain(`lanenorm compare: ${reason}`);
  });
});
