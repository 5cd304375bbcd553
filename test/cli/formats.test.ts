import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { createEngineSync, type DType, layerNorm, normalize, standardize, type TensorLike } from "../../src/index.js";
import { readNpy, readSafetensors, writeNpy, writeNpz, writeSafetensors } from "../../src/io/index.js";
import { fixture, seen } from "../io/support.js";
import { lanenorm, temporaryFolder } from "./support.js";

const folder = temporaryFolder();
const path = (name: string) => join(folder.path, name);
const put = (name: string, bytes: Uint8Array) => writeFileSync(path(name), bytes);

/** Numbers from -3 to 3, as any dtype. */
function tensor(shape: readonly number[], dtype: DType): TensorLike {
  const size = shape.reduce((product, extent) => product * extent, 1);
  const numbers = Array.from({ length: size }, (_, i) => 3 * Math.sin(i * i));
  const { data } = createEngineSync({ backend: "js" }).tensor(numbers, shape, dtype);
  return { data, shape, dtype };
}

/** Runs a command to -o, which it must do without complaint; its result. */
async function resultOf(argv: readonly string[], output = "y.npy", stdin?: Uint8Array): Promise<TensorLike> {
  const { code, stderr } = await lanenorm([...argv, "-o", output], { cwd: folder.path, stdin });
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^normalised [^\n]*\n$/) });
  const bytes = readFileSync(path(output.replace(/:.*/, "")));
  return output.endsWith(".npy") ? readNpy(bytes) : Object.values(await readSafetensors(bytes))[0]!;
}

const layer = (input: string, ...more: string[]) => ["layer-norm", input, "--normalized-shape", "4", ...more];

describe.each(["float32", "float64", "float16"] as const)("%s", (dtype) => {
  let x: TensorLike;
  let expected: TensorLike;
  beforeEach(() => {
    x = tensor([2, 3, 4], dtype);
    expected = layerNorm(x, 4);
  });

  it("from .npy to .npy and .safetensors", async () => {
    put("x.npy", writeNpy(x));
    expect(seen(await resultOf(layer("x.npy")))).toEqual(seen(expected));
    expect(seen(await resultOf(layer("x.npy"), "y.safetensors:hidden"))).toEqual(seen(expected));
    expect(Object.keys(await readSafetensors(readFileSync(path("y.safetensors"))))).toEqual(["hidden"]);
  });

  it.each([false, true])("from .npz, compressed: %s", async (compress) => {
    put("a.npz", await writeNpz({ other: tensor([7], dtype), x }, { compress }));
    expect(seen(await resultOf(layer("a.npz:x")))).toEqual(seen(expected));
    const piped = await resultOf(layer("-"), "y.npy", await writeNpz({ x }, { compress }));
    expect(seen(piped)).toEqual(seen(expected));
  });

  it("from .safetensors", async () => {
    put("m.safetensors", writeSafetensors({ x, "a:b": tensor([7], dtype) }));
    expect(seen(await resultOf(layer("m.safetensors:x")))).toEqual(seen(expected));
  });

  it("of any endianness and order, as NumPy writes them", async () => {
    const name = `f${{ float16: 2, float32: 4, float64: 8 }[dtype]}`;
    const results = [];
    for (const file of [`${name}_little_C`, `${name}_big_C`, `${name}_little_F`, `${name}_big_F`]) {
      put(`${file}.npy`, fixture(`${file}.npy`));
      results.push(seen(await resultOf(layer(`${file}.npy`))));
    }
    expect(results[0]).toEqual(seen(layerNorm(await readNpy(fixture(`${name}_little_C.npy`)), 4)));
    for (const result of results) expect(result).toEqual(results[0]);
  });
});

describe("bfloat16", () => {
  it("from .safetensors to .safetensors", async () => {
    const x = tensor([2, 3, 4], "bfloat16");
    put("m.safetensors", writeSafetensors({ x }));
    expect(seen(await resultOf(layer("m.safetensors"), "y.safetensors"))).toEqual(seen(layerNorm(x, 4)));
  });

  it("has no .npy to go to", async () => {
    put("m.safetensors", writeSafetensors({ x: tensor([2, 4], "bfloat16") }));
    const { code, stderr } = await lanenorm([...layer("m.safetensors"), "-o", "y.npy"], { cwd: folder.path });
    expect(code).toBe(1);
    expect(stderr).toBe(
      "lanenorm: layer-norm: -o y.npy must be .safetensors for bfloat16, which NumPy does not have, got y.npy\n",
    );
  });
});

describe("parameters", () => {
  it.each([
    ["float32", "float16"],
    ["float32", "bfloat16"],
    ["float64", "float32"],
    ["float16", "bfloat16"],
    ["bfloat16", "bfloat16"],
  ] as const)("x of %s takes a weight of %s", async (dtype, weightDtype) => {
    const [x, weight] = [tensor([5, 4], dtype), tensor([4], weightDtype)];
    put("model.safetensors", writeSafetensors({ x, "ln.weight": weight }));
    const argv = layer("model.safetensors:x", "--weight", "model.safetensors:ln.weight");
    const result = await resultOf(argv, "y.safetensors");
    const wide = weightDtype === dtype ? weight : { data: widened(weight, dtype), shape: [4] };
    expect(seen(result)).toEqual(seen(layerNorm(x, 4, { weight: wide })));
  });

  /** By way of a file: the values of a tensor in what x is computed in. */
  function widened({ data, dtype }: TensorLike, like: DType): Float32Array | Float64Array {
    const bits = data as Uint16Array;
    const value = (bits16: number): number => {
      if (dtype === "bfloat16") return new Float32Array(Uint32Array.of(bits16 << 16).buffer)[0]!;
      const [sign, exponent, rest] = [bits16 >> 15 ? -1 : 1, (bits16 >> 10) & 31, bits16 & 1023];
      return sign * (exponent === 0 ? rest * 2 ** -24 : (1 + rest / 1024) * 2 ** (exponent - 15));
    };
    const numbers = dtype === "float32" ? [...(data as Float32Array)] : Array.from(bits, value);
    return like === "float64" ? Float64Array.from(numbers) : Float32Array.from(numbers);
  }
});

describe("files that hold several tensors", () => {
  const cases: [argv: string[], message: string][] = [
    [layer("m.safetensors"), "m.safetensors must be followed by :key, got a file of a, b"],
    [layer("m.safetensors:c"), "m.safetensors must hold c, got a file of a, b"],
    [layer("a.npz:c"), "a.npz must hold c, got a file of a, b"],
    [layer("none.safetensors"), "none.safetensors must be followed by :key, got a file without tensors"],
    [layer("x.npz:k"), "x.npz must be .safetensors or .npz, which have keys, got neither"],
    [layer("n.safetensors"), "n.safetensors:n must be of F64, F32, F16 or BF16, got I64"],
  ];

  it.each(cases)("%j", async (argv, message) => {
    const [a, b] = [tensor([4], "float32"), tensor([4], "float32")];
    put("m.safetensors", writeSafetensors({ a, b }));
    put("a.npz", await writeNpz({ a, b }));
    put("none.safetensors", writeSafetensors({}));
    put("x.npz", writeNpy(a));
    const header = '{"n":{"dtype":"I64","shape":[],"data_offsets":[0,8]}} ';
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    put("n.safetensors", Buffer.concat([length, Buffer.from(header), Buffer.alloc(8)]));
    const { code, stderr } = await lanenorm([...argv, "-o", "y.npy"], { cwd: folder.path });
    expect({ code, stderr }).toEqual({ code: 1, stderr: `lanenorm: layer-norm: ${message}\n` });
  });
});

describe("values that begin with a dash", () => {
  it("are numbers", async () => {
    const x = tensor([3, 4], "float32");
    put("x.npy", writeNpy(x));
    const expected = seen(normalize(x, { dim: -1, p: Infinity }));
    expect(seen(await resultOf(["normalize", "x.npy", "--dim", "-1", "--p", "inf"]))).toEqual(expected);
    expect(seen(await resultOf(["standardize", "x.npy", "--axes", "-1,0"]))).toEqual(seen(standardize(x, [-1, 0])));
  });

  it("are standard input and output with a key", async () => {
    const x = tensor([3, 4], "bfloat16");
    const model = writeSafetensors({ x, other: x });
    const options = { cwd: folder.path, stdin: model };
    const { code, stdout } = await lanenorm([...layer("-:x"), "-o", "-:y"], options);
    expect(code).toBe(0);
    const { y } = await readSafetensors(new Uint8Array(stdout));
    expect(seen(y!)).toEqual(seen(layerNorm(x, 4)));
  });
});

describe("a result does not take the place of other tensors", () => {
  it.each(["m.safetensors", "m.safetensors:c"])("-o %s", async (output) => {
    const [a, b] = [tensor([3, 4], "float32"), tensor([4], "float32")];
    const model = writeSafetensors({ a, b });
    put("m.safetensors", model);
    const { code, stderr } = await lanenorm([...layer("m.safetensors:a"), "-o", output], { cwd: folder.path });
    const reason = "must not be a file of other tensors, which would be lost, got one with a";
    expect({ code, stderr }).toEqual({ code: 1, stderr: `lanenorm: layer-norm: -o m.safetensors ${reason}\n` });
    expect(readFileSync(path("m.safetensors")).equals(model)).toBe(true);
  });

  it("but its own", async () => {
    put("m.safetensors", writeSafetensors({ a: tensor([3, 4], "float32") }));
    await resultOf(layer("m.safetensors:a"), "m.safetensors:a");
  });
});

it("arguments are checked against the whole tensor, before it is read", async () => {
  put("x.npy", fixture("f4_big_F.npy"));
  const { code, stderr } = await lanenorm(["layer-norm", "x.npy", "--normalized-shape", "7", "-o", "y.npy"], {
    cwd: folder.path,
  });
  expect(code).toBe(1);
  expect(stderr).toContain("[2, 3, 4], got [7]");
});
