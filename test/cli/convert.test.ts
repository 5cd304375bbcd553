import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { run } from "../../src/cli/run.js";
import { shapeFor } from "../../src/cli/shape_for.js";
import { compareNorms } from "../../src/convert/index.js";
import { openSafetensors, readNpz, readStateDict, writeNpy, writeNpz, writeSafetensors } from "../../src/io/index.js";
import { BatchNorm2d } from "../../src/nn/index.js";
import { fittingSpecs } from "../convert/support.js";
import { capture, temporaryFolder } from "./support.js";

const folder = temporaryFolder();
const path = (name: string) => join(folder.path, name);
const vector = (...values: number[]) => ({ data: Float32Array.from(values), shape: [values.length] });
const [weight, bias] = [vector(1, 2), vector(3, 4)];
const others = {
  "other.weight": { data: Float64Array.of(1, 2, 3), shape: [3] },
  ...new BatchNorm2d(2).stateDict({ prefix: "bn." }),
};
const toLayer = ["--from", "GroupNorm(1, 2)", "--to", "LayerNorm([2, 3])"];
const toGroup = ["--from", "LayerNorm([2, 3])", "--to", "GroupNorm(1, 2)"];

async function convert(argv: string[], stdin: Uint8Array[] = []) {
  const environment = capture(folder.path, stdin);
  const code = await run(["convert", ...argv], environment);
  return { code, output: environment.output(), errors: environment.errors() };
}

beforeEach(async () => {
  const model = { ...others, "norm.weight": weight, "norm.bias": bias };
  writeFileSync(path("m.safetensors"), writeSafetensors(model, { format: "pt" }));
  writeFileSync(path("m.npz"), await writeNpz({ weight, bias, other: others["other.weight"] }, { compress: true }));
});

describe("convert", () => {
  it("repeats a group norm's parameters, and keeps all else to the last bit", async () => {
    const { code, output, errors } = await convert([
      "m.safetensors",
      ...toLayer,
      "--prefix",
      "norm.",
      "-o",
      "o.safetensors",
    ]);
    expect({ code, output: output.length }).toEqual({ code: 0, output: 0 });
    expect(errors).toBe(
      "converted GroupNorm(1, 2) to LayerNorm([2, 3]) on [2, 2, 3]: norm.weight and norm.bias -> o.safetensors\n",
    );
    const perElement = (a: number, b: number) => ({ data: Float32Array.of(a, a, a, b, b, b), shape: [2, 3] });
    const expected = { ...others, "norm.weight": perElement(1, 2), "norm.bias": perElement(3, 4) };
    expect(readFileSync(path("o.safetensors")).equals(writeSafetensors(expected, { format: "pt" }))).toBe(true);
  });

  it("and back: the same file", async () => {
    await convert(["m.safetensors", ...toLayer, "--prefix", "norm.", "-o", "o.safetensors"]);
    const { code } = await convert(["o.safetensors", ...toGroup, "--prefix", "norm.", "-o", "o.safetensors"]);
    expect(code).toBe(0);
    expect(readFileSync(path("o.safetensors")).equals(readFileSync(path("m.safetensors")))).toBe(true);
    expect(readdirSync(folder.path).sort()).toEqual(["m.npz", "m.safetensors", "o.safetensors"]);
  });

  it("takes parameters out where the other layer has none, and puts them in", async () => {
    const instance = "InstanceNorm2d(2)";
    const [ones, zeros] = [vector(1, 1), vector(0, 0)];
    writeFileSync(path("a.safetensors"), writeSafetensors({ weight: ones, bias: zeros, x: weight }));
    const out = await convert(["a.safetensors", "--from", "GroupNorm(2, 2)", "--to", instance, "-o", "b.safetensors"]);
    expect(out.errors).toContain(": no parameters -> b.safetensors");
    expect((await openSafetensors(readFileSync(path("b.safetensors")))).keys).toEqual(["x"]);
    await convert(["b.safetensors", "--from", instance, "--to", "GroupNorm(2, 2)", "-o", "c.safetensors"]);
    expect(readFileSync(path("c.safetensors")).equals(readFileSync(path("a.safetensors")))).toBe(true);
  });

  it("converts .npz, whose other arrays stay what they are", async () => {
    const { code, output } = await convert(["m.npz", ...toLayer, "-o", "o.npz", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(output.toString())).toEqual({
      command: "convert",
      input: "m.npz",
      output: "o.npz",
      from: "GroupNorm(1, 2)",
      to: "LayerNorm([2, 3])",
      shape: [2, 2, 3],
      keys: ["weight", "bias"],
    });
    const arrays = await readNpz(readFileSync(path("o.npz")));
    expect(Object.keys(arrays)).toEqual(["weight", "bias", "other"]);
    expect(arrays.weight).toMatchObject({ data: Float32Array.of(1, 1, 1, 2, 2, 2), shape: [2, 3] });
    expect(arrays.other).toMatchObject(others["other.weight"]);
  });

  it("goes from standard input to standard output", async () => {
    const argv = ["-", ...toLayer, "--prefix", "norm.", "-o", "-"];
    const { code, output, errors } = await convert(argv, [readFileSync(path("m.safetensors"))]);
    expect([code, errors]).toEqual([0, expect.stringContaining("-> standard output\n")]);
    expect((await readStateDict(output, { prefix: "norm." })).weight).toMatchObject({ shape: [2, 3] });
  });

  it("is told the shape where the layers do not tell it", async () => {
    const layers = ["--from", "GroupNorm(2, 2)", "--to", "LayerNorm([3])", "--shape", "4,2,3"];
    writeFileSync(path("a.safetensors"), writeSafetensors({ weight: vector(5, 5), bias: vector(0, 0) }));
    expect((await convert(["a.safetensors", ...layers, "-o", "b.safetensors"])).code).toBe(0);
    expect((await readStateDict(readFileSync(path("b.safetensors")))).weight).toMatchObject({
      data: Float32Array.of(5, 5, 5),
    });
  });
});

describe("convert without --shape", () => {
  const answer = (from: string, to: string) =>
    convert(["m.safetensors", "--from", from, "--to", to, "--prefix", "norm.", "-o", "o.safetensors"]);

  it.each([
    ["GroupNorm(2, 2)", "InstanceNorm2d(2, affine=True)", "[2, 2, 2, 2]"],
    ["InstanceNorm1d(2, affine=True)", "GroupNorm(2, 2)", "[2, 2, 2]"],
    ["BatchNorm3d(2)", "BatchNorm3d(2, momentum=0.5)", "[2, 2, 2, 2, 2]"],
    ["LayerNorm(2)", "LayerNorm([1, 2])", "[2, 1, 2]"],
    ["GroupNorm(1, 2)", "LayerNorm([2, 1])", "[2, 2, 1]"],
  ])("%s to %s makes no difference, or they tell it: %s", async (from, to, shape) => {
    const { code, errors } = await answer(from, to);
    expect([code, errors]).toEqual([0, expect.stringContaining(` on ${shape}: `)]);
  });

  it.each([
    ["LayerNorm(2)", "GroupNorm(1, 2)"],
    ["GroupNorm(1, 2)", "LayerNorm(2)"],
    ["BatchNorm1d(2)", "LayerNorm(2)"],
    ["InstanceNorm2d(2, affine=True)", "LayerNorm([2, 3])"],
    ["GroupNorm(2, 2)", "LayerNorm([3, 3])"],
  ])("%s to %s asks: on some inputs both take they differ", async (from, to) => {
    const { code, errors } = await answer(from, to);
    expect([code, errors]).toEqual([2, expect.stringContaining("--shape is missing: the layers do not tell")]);
    expect(readdirSync(folder.path)).not.toContain("o.safetensors");
  });

  it("guesses nothing that another shape would contradict", () => {
    fc.assert(
      fc.property(fittingSpecs, ({ a, b, shape }) => {
        const guess = shapeFor(a, b);
        // Sizes of 1 make more layers the same. A channel count that another axis has, too, tells less.
        const [, channels] = shape;
        if (guess === undefined || shape.includes(1) || shape.filter((size) => size === channels).length > 1) return;
        const { statistics, affine } = compareNorms(a, b, guess);
        expect(compareNorms(a, b, shape)).toMatchObject({ statistics, affine });
      }),
      { numRuns: 3000 },
    );
  });
});

describe("convert fails and leaves nothing", () => {
  const uneven = { data: Float32Array.of(1, 1, 1, 2, 2, 3), shape: [2, 3] };

  it.each<[string, string[], RegExp]>([
    [
      "for a weight that varies",
      ["uneven.safetensors", ...toGroup],
      /^lanenorm: convert: uneven.safetensors:weight must be the same for every location, as in GroupNorm\(1, 2\), got 3 at \[1, 2\], which differs by 1 from 2 at \[1, 0\]\n$/,
    ],
    [
      "for layers that are no match",
      ["m.safetensors", "--prefix", "norm.", "--from", "GroupNorm(1, 2)", "--to", "GroupNorm(2, 2)"],
      /^lanenorm: convert: --from must share statistics with GroupNorm\(2, 2\), got others: /,
    ],
    [
      "for a prefix that nothing has",
      ["m.safetensors", ...toLayer, "--prefix", "nrm."],
      /^lanenorm: convert: m.safetensors must hold nrm.weight, as GroupNorm\(1, 2\) has a weight, got a file of bn.num_batches_tracked, other.weight, .*\n$/,
    ],
    [
      "for a prefix without its dot",
      ["m.safetensors", ...toLayer, "--prefix", "norm"],
      /^lanenorm: convert: m.safetensors must hold normweight, as .*, got a file of norm.bias, norm.weight, bn.num_batches_tracked, .*\n$/,
    ],
    [
      "for a missing bias",
      ["lone.safetensors", ...toLayer],
      /^lanenorm: convert: lone.safetensors must hold bias, as GroupNorm\(1, 2\) has a bias, got a file of weight\n$/,
    ],
    [
      "for a bias that the layer has not",
      ["m.safetensors", "--prefix", "norm.", "--from", "RMSNorm(2)", "--to", "RMSNorm([1, 2])"],
      /^lanenorm: convert: m.safetensors:norm.bias must not be there: RMSNorm\(2\) has none, got a tensor\n$/,
    ],
    [
      "for a shape that is not the layers'",
      ["m.safetensors", "--prefix", "norm.", ...toLayer, "--shape", "4,2,5"],
      /^lanenorm: convert: --shape must end in the normalized_shape \[2, 3\] for LayerNorm\(\[2, 3\]\), got \[4, 2, 5\]\n$/,
    ],
    [
      "for layers that no input fits",
      ["m.safetensors", "--prefix", "norm.", "--from", "GroupNorm(1, 2)", "--to", "GroupNorm(1, 4)"],
      /^lanenorm: convert: an input of both layers must have 4 channels at axis 1 for GroupNorm\(1, 4\), got \[2, 2, 2, 2\]\n$/,
    ],
    [
      "for a parameter of another shape",
      ["m.safetensors", "--from", "GroupNorm(1, 4)", "--to", "LayerNorm([4, 3])", "--prefix", "norm."],
      /norm.weight must have shape \[4\], as in GroupNorm\(1, 4\), got \[2\]\n$/,
    ],
    [
      "for integers",
      ["integers.safetensors", ...toLayer],
      /integers.safetensors:weight must be of F64, F32, F16 or BF16, got I64\n$/,
    ],
    [
      "for a file without keys",
      ["a.npy", ...toLayer],
      /^lanenorm: convert: a.npy must be .safetensors or .npz, which have keys, got neither\n$/,
    ],
    [
      "for a file that is not there",
      ["none.safetensors", ...toLayer],
      /none.safetensors must be a file that can be read, got no such file/,
    ],
    [
      "for a file that is broken",
      ["broken.safetensors", ...toLayer],
      /^lanenorm: convert: broken.safetensors must .*header.*, got/,
    ],
  ])("%s", async (_, argv, message) => {
    writeFileSync(path("uneven.safetensors"), writeSafetensors({ weight: uneven, bias: uneven }));
    writeFileSync(path("lone.safetensors"), writeSafetensors({ weight }));
    writeFileSync(path("integers.safetensors"), writeSafetensors({ weight: 1, bias: 2 }));
    writeFileSync(path("broken.safetensors"), Buffer.alloc(9, 0xff));
    writeFileSync(path("a.npy"), writeNpy(weight));
    const before = readdirSync(folder.path);
    const { code, output, errors } = await convert([...argv, "-o", "o.safetensors"]);
    expect([code, output.length]).toEqual([1, 0]);
    expect(errors).toMatch(message);
    expect(readdirSync(folder.path)).toEqual(before);
  });

  it("for a result of another format, or in no folder", async () => {
    const wrong = await convert(["m.safetensors", ...toLayer, "--prefix", "norm.", "-o", "o.npz"]);
    expect(wrong.errors).toBe("lanenorm: convert: -o o.npz must be .safetensors, as the input is, got .npz\n");
    const nowhere = await convert(["m.safetensors", ...toLayer, "--prefix", "norm.", "-o", "none/o.safetensors"]);
    expect(nowhere.errors).toMatch(/-o none\/o.safetensors must be a file that can be written, got no such file/);
    expect([wrong.code, nowhere.code]).toEqual([1, 1]);
  });
});
