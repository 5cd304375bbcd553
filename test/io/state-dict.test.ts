import { describe, expect, it } from "vitest";
import { ArgumentError } from "../../src/errors.js";
import { openSafetensors, readStateDict, writeSafetensors } from "../../src/io/index.js";
import { CountingBlob, everySource, failure, fixture, safetensorsFile } from "./support.js";

const checkpoint = fixture("checkpoint.safetensors");
const entry = (dtype: string, shape: number[], bytes: number) =>
  safetensorsFile(JSON.stringify({ n: { dtype, shape, data_offsets: [0, bytes] } }), bytes);

describe("integers", () => {
  it("of the reference implementation are read, and written byte for byte", async () => {
    const file = await openSafetensors(checkpoint);
    expect(await file.readInteger("bn.num_batches_tracked")).toBe(7);
    const { data, shape } = await file.read("bn.weight");
    const written = writeSafetensors({ "bn.weight": { data, shape }, "bn.num_batches_tracked": 7 });
    expect(Buffer.from(written).equals(Buffer.from(checkpoint))).toBe(true);
  });

  it.each([0, 1, 7, -7, 2 ** 53 - 1, -(2 ** 53) + 1])("%d comes back", async (count) => {
    const file = await openSafetensors(writeSafetensors({ count }));
    expect(await file.readInteger("count")).toBe(count);
  });

  it.each([0.5, NaN, Infinity, 2 ** 53])("%d is not written", (count) => {
    const message = /^writeSafetensors: tensors\["count"\] must be a tensor, or an integer below 2\^53, got/;
    expect(() => writeSafetensors({ count })).toThrow(ArgumentError);
    expect(() => writeSafetensors({ count })).toThrow(message);
  });

  it.each([
    ["a vector", entry("I64", [1], 8), '"I64" of [1]'],
    ["another width", entry("I32", [], 4), '"I32" of []'],
    ["a float", entry("F64", [], 8), '"F64" of []'],
  ])("are not read of %s", async (_, bytes, got) => {
    const file = await openSafetensors(bytes, { name: "c" });
    const { message } = await failure(() => file.readInteger("n"));
    expect(message).toBe(`openSafetensors: c must have I64 of shape [] in "n", got ${got}`);
  });

  it("beyond what a number holds are refused", async () => {
    const bytes = entry("I64", [], 8);
    new DataView(bytes.buffer).setBigInt64(bytes.length - 8, -(2n ** 53n), true);
    const file = await openSafetensors(bytes, { name: "c" });
    const { message } = await failure(() => file.readInteger("n"));
    expect(message).toBe('openSafetensors: c must have an integer of less than 2^53 in "n", got -9007199254740992');
  });

  it("of a key that is not there are nobody's", async () => {
    const file = await openSafetensors(checkpoint);
    await expect(file.readInteger("n")).rejects.toThrow(/key must be one of the 2/);
  });
});

describe("readStateDict", () => {
  const weight = { data: Float32Array.of(1, 2), shape: [2] };
  const other = { data: new Float64Array(1000), shape: [1000] };
  const file = writeSafetensors({ "a.weight": weight, "a.num_batches_tracked": 3, "ab.weight": other });

  it("has what is under the prefix, from whatever source", async () => {
    for (const [name, source] of everySource(new Uint8Array(file))) {
      const dict = await readStateDict(source, { prefix: "a." });
      expect(Object.keys(dict).sort(), name).toEqual(["num_batches_tracked", "weight"]);
      expect(dict.weight, name).toMatchObject({ data: weight.data, shape: [2], dtype: "float32" });
      expect(dict.num_batches_tracked, name).toBe(3);
    }
  });

  it("has everything without a prefix", async () => {
    expect(Object.keys(await readStateDict(checkpoint)).sort()).toEqual(["bn.num_batches_tracked", "bn.weight"]);
  });

  it("reads nothing else of a Blob", async () => {
    const blob = new CountingBlob([file]);
    await readStateDict(blob, { prefix: "a." });
    expect(blob.bytesRead).toBeLessThan(file.length - other.data.byteLength + 100);
  });

  it("refuses a prefix that nothing has, and what is no prefix", async () => {
    const read = (prefix: unknown) => readStateDict(file, { prefix: prefix as string, name: "c" });
    await expect(read("b.")).rejects.toThrow('readStateDict: prefix must begin one of the 3 keys in c, got "b."');
    await expect(read(1)).rejects.toThrow("readStateDict: prefix must be a string, got 1");
    await expect(readStateDict(file, { prefx: "" } as never)).rejects.toThrow(/options must be among prefix, name/);
  });

  it("refuses integers that are no count, and names the key", async () => {
    const { message } = await failure(() => readStateDict(entry("I64", [2], 16), { name: "c" }));
    expect(message).toMatch(/^readStateDict: c must have F64, F32, F16 or BF16 in "n"/);
  });
});
