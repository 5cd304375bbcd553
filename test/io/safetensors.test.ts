import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEngineSync } from "../../src/engine/create.js";
import { ArgumentError, DisposedError, DTypeError, ShapeError } from "../../src/errors.js";
import { openSafetensors, readSafetensors, writeSafetensors } from "../../src/io/safetensors.js";
import { readSafetensorsHeader, safetensorsHeader, safetensorsHeaderSize } from "../../src/io/safetensors-header.js";
import { decodeBfloat, decodeHalf } from "../../src/math/half.js";
import type { TensorLike } from "../../src/tensor.js";
import {
  CountingBlob,
  everySource,
  failure,
  fixture,
  fixtureValues,
  joined,
  safetensorsFile,
  seen,
  tensors,
} from "./support.js";

const floats = fixture("floats.safetensors");
const emoji = 'clé \u{1f600}\n"';

describe("a file of the reference implementation", () => {
  it("is read whole, whatever it comes from", async () => {
    const plain = await readSafetensors(floats);
    expect(Object.keys(plain)).toEqual(["wide", emoji, "empty", "scalar", "weight", "\uffff", "brain", "half"]);
    const { wide, weight, half, brain, scalar, empty } = plain as Record<string, TensorLike>;
    for (const tensor of [wide, weight, half, brain]) expect(tensor!.shape).toEqual([2, 3, 4]);
    expect(Array.from(wide!.data)).toEqual(fixtureValues);
    expect(Array.from(weight!.data)).toEqual(fixtureValues);
    expect(Array.from(half!.data, decodeHalf)).toEqual(fixtureValues);
    expect(Array.from(brain!.data, decodeBfloat)).toEqual(fixtureValues);
    expect([wide, weight, half, brain].map((tensor) => tensor!.dtype)).toEqual([
      "float64",
      "float32",
      "float16",
      "bfloat16",
    ]);
    expect([wide, weight, half, brain].map((tensor) => tensor!.data.constructor)).toEqual([
      Float64Array,
      Float32Array,
      Uint16Array,
      Uint16Array,
    ]);
    expect(seen(scalar!)).toEqual(seen({ data: Float32Array.of(2.5), shape: [], dtype: "float32" }));
    expect(empty!.shape).toEqual([3, 0, 2]);
    for (const [name, source] of everySource(floats)) {
      const tensors = await readSafetensors(source);
      for (const key of Object.keys(plain)) expect(seen(tensors[key]!), `${key} of ${name}`).toEqual(seen(plain[key]!));
    }
  });

  it("comes back byte for byte from the writer, in whatever order it gets the tensors", async () => {
    const { metadata } = await openSafetensors(floats);
    expect(metadata).toEqual({ format: "np" });
    const entries = Object.entries(await readSafetensors(floats));
    for (const order of [entries, entries.reverse()])
      expect(Buffer.from(writeSafetensors(Object.fromEntries(order), metadata)).equals(floats)).toBe(true);
  });

  it("is not copied where it is aligned", async () => {
    const { wide, half } = await readSafetensors(floats);
    expect(wide!.data.buffer).toBe(floats.buffer);
    expect(half!.data.buffer).toBe(floats.buffer);
  });

  it("shows integers, and refuses to read them alone", async () => {
    const file = await openSafetensors(fixture("checkpoint.safetensors"), { name: "c" });
    expect([...file.keys].sort()).toEqual(["bn.num_batches_tracked", "bn.weight"]);
    expect(file.info("bn.num_batches_tracked")).toEqual({ dtype: "I64", shape: [] });
    expect(file.info("bn.weight")).toEqual({ dtype: "float32", shape: [4] });
    expect(Array.from((await file.read("bn.weight")).data)).toEqual([1, 1, 1, 1]);
    const refused = 'c must have F64, F32, F16 or BF16 in "bn.num_batches_tracked"';
    expect((await failure(() => file.read("bn.num_batches_tracked"))).message).toContain(refused);
    expect((await failure(() => readSafetensors(fixture("checkpoint.safetensors"), { name: "c" }))).message).toBe(
      `readSafetensors: ${refused} (openSafetensors reads the others), got "I64"`,
    );
  });
});

describe("openSafetensors", () => {
  it("reads the header, then what is asked for", async () => {
    const blob = new CountingBlob([floats]);
    const file = await openSafetensors(blob);
    const { dataOffset } = readSafetensorsHeader(floats, floats.length, "x");
    expect(blob.bytesRead).toBe(8 + dataOffset);
    await file.read("half");
    expect(blob.bytesRead).toBe(8 + dataOffset + 2 * 24);
  });

  it("refuses keys that are not there", async () => {
    const file = await openSafetensors(floats, { name: "f" });
    for (const key of ["nothing", "__proto__", "toString", "__metadata__", undefined as unknown as string]) {
      expect(() => file.info(key)).toThrow(ArgumentError);
      await expect(file.read(key)).rejects.toThrow(ArgumentError);
    }
    expect(() => file.info("a\x1b")).toThrow('openSafetensors: key must be one of the 8 in f, got "a\\x1b"');
  });

  it("refuses options that are none", async () => {
    await expect(openSafetensors(floats, { maximumBytes: 1 } as never)).rejects.toThrow(ArgumentError);
  });

  it("takes memory that has been detached since for a file that has become shorter", async () => {
    const bytes = fixture("floats.safetensors");
    const file = await openSafetensors(bytes);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    expect((await failure(() => file.read("half"))).got).toBe("its end at byte 0");
  });

  it("takes __proto__ for the key it is", async () => {
    const header = '{"__metadata__":{"__proto__":"m"},"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
    const bytes = safetensorsFile(header, 4);
    const { keys, metadata } = await openSafetensors(bytes);
    expect(keys).toEqual(["__proto__"]);
    expect(Object.keys(metadata)).toEqual(["__proto__"]);
    const all = await readSafetensors(bytes);
    expect(Object.keys(all)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(all)).toBeNull();
    expect(seen((await readSafetensors(writeSafetensors(all)))["__proto__"]!)).toEqual(seen(all["__proto__"]!));
  });
});

describe("what is accepted", () => {
  const tensor = '{"dtype":"F32","shape":[2],"data_offsets":[0,8]}';

  it.each([
    ["no tensors", "{}", 0],
    ["padding", `{"a":${tensor}}   `, 8],
    ["white space", `{ "a" :\t{ "dtype" : "F32" ,\r\n"shape":[ 2 ] , "data_offsets" : [ 0 , 8 ] } }`, 8],
    ["members in another order", '{"a":{"data_offsets":[0,8],"shape":[2],"dtype":"F32"}}', 8],
    ["metadata at the end", `{"a":${tensor},"__metadata__":{}}`, 8],
    ["escapes", `{"\\u0061\\n\\ud83d\\ude00":${tensor}}`, 8],
    ["a name that is empty", `{"":${tensor}}`, 8],
    ["tensors out of order", `{"b":{"dtype":"U8","shape":[1],"data_offsets":[8,9]},"a":${tensor}}`, 9],
    ["empty tensors between", `{"b":{"dtype":"F32","shape":[0],"data_offsets":[8,8]},"a":${tensor}}`, 8],
    ["two elements of four bits", '{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}', 1],
    ["a dtype of the future", '{"a":{"dtype":"F8_NEW","shape":[7],"data_offsets":[0,3]}}', 3],
  ])("%s", async (_, header, dataBytes) => {
    await openSafetensors(safetensorsFile(header, dataBytes));
  });

  it("the reference's own examples", async () => {
    const bytes = [8, 0, 0, 0, 0, 0, 0, 0, ...Buffer.from("{}      ")];
    expect([...writeSafetensors({})]).toEqual(bytes);
    const data = Float32Array.of(0, 1, 2, 3, 4, 5);
    for (const [key, shape, padded] of [
      ["attn.0", [1, 2, 3], 64],
      ["attn0", [1, 1, 2, 3], 72],
    ] as const) {
      const header = `{"${key}":{"dtype":"F32","shape":[${shape.join(",")}],"data_offsets":[0,24]}}`;
      const expected = joined(safetensorsFile(header.padEnd(padded)), new Uint8Array(data.buffer));
      expect(Buffer.from(writeSafetensors({ [key]: { data, shape } })).equals(expected)).toBe(true);
    }
  });
});

describe("what is refused, and where", () => {
  const one = (dtype: string, shape: string, offsets: string) =>
    `{"a":{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}}`;
  const good = one('"F32"', "[2]", "[0,8]");
  const two = (first: string, second: string) =>
    `{"a":{"dtype":"U8","shape":[4],"data_offsets":${first}},"b":{"dtype":"U8","shape":[4],"data_offsets":${second}}}`;
  const withLength = (length: bigint, rest = good) => {
    const bytes = safetensorsFile(rest, 8);
    new DataView(bytes.buffer).setBigUint64(0, length, true);
    return bytes;
  };
  const cases: [title: string, bytes: Uint8Array<ArrayBuffer>, at: number, got: string][] = [
    ["an empty file", new Uint8Array(), 0, "the end of the file"],
    ["half a length", new Uint8Array(7), 7, "the end of the file"],
    ["a header of 2^63 bytes", withLength(2n ** 63n), 0, "9223372036854775808"],
    ["a header of 2^64 - 1 bytes", withLength(2n ** 64n - 1n), 0, "18446744073709551615"],
    ["a header over 100 MB", withLength(100_000_001n), 0, "100000001"],
    ["a header longer than the file", withLength(64n), 0, "64 bytes"],
    ["no header", safetensorsFile("", 8), 8, '""'],
    ["a header that begins with a space", safetensorsFile(` ${good}`, 8), 8, '" "'],
    ["a list", safetensorsFile("[]"), 8, '"["'],
    ["a header cut short", safetensorsFile(good.slice(0, -1), 8), 8 + good.length - 1, "the end of the header"],
    ["text after the header", safetensorsFile(`${good}0`, 8), 8 + good.length, '"0"'],
    ["zeros after the header", safetensorsFile(`${good}\0`, 8), 8 + good.length, '"\\x00"'],
    ["two commas", safetensorsFile(good.replace(",", ",,"), 8), 28, '","'],
    ["a comma at the end", safetensorsFile("{},".replace("}", ",}")), 9, '","'],
    ["one key twice", safetensorsFile(`${good.slice(0, -1)},${good.slice(1)}`, 8), 62, '"a" again'],
    ["one key twice, once in escapes", safetensorsFile(good.slice(0, -1) + `,"\\u0061":{}}`, 8), 62, '"a" again'],
    ["one member twice", safetensorsFile('{"a":{"dtype":"F32","dtype":"F32"}}'), 28, '"dtype" again'],
    ["metadata twice", safetensorsFile('{"__metadata__":{},"__metadata__":{}}'), 27, '"__metadata__" again'],
    ["metadata with one key twice", safetensorsFile('{"__metadata__":{"a":"b","a":"b"}}'), 33, '"a" again'],
    ["metadata of numbers", safetensorsFile('{"__metadata__":{"a":1}}'), 29, '"1"'],
    ["metadata that is null", safetensorsFile('{"__metadata__":null}'), 24, '"n"'],
    ["a foreign member", safetensorsFile('{"a":{"dtype":"F32","strides":[1]}}'), 28, '"strides"'],
    ["a missing member", safetensorsFile('{"a":{"dtype":"F32","shape":[2]}}'), 13, "fewer"],
    ["a tensor that is a list", safetensorsFile('{"a":["F32",[2],[0,8]]}', 8), 13, '"["'],
    ["a tensor that is null", safetensorsFile('{"a":null}'), 13, '"n"'],
    ["a key without quotes", safetensorsFile("{a:1}"), 9, '"a"'],
    ["an open string", safetensorsFile('{"a'), 9, "an open quote"],
    ["an open string that ends in a backslash", safetensorsFile('{"a\\'), 9, "an open quote"],
    ["a line feed in a string", safetensorsFile('{"a\n":{}}'), 9, "another"],
    ["an unknown escape", safetensorsFile('{"\\x41":{}}'), 9, "another"],
    ["half a surrogate pair", safetensorsFile('{"\\ud83d":{}}'), 9, "another"],
    ["a string that is not UTF-8", safetensorsFile(Buffer.from('{"\xff":{}}', "latin1")), 9, "another"],
    ["UTF-8 that is longer than it need be", safetensorsFile(Buffer.from('{"\xc0\xaf":{}}', "latin1")), 9, "another"],
    ["surrogates in UTF-8", safetensorsFile(Buffer.from('{"\xed\xa0\x80":{}}', "latin1")), 9, "another"],
    ["a byte order mark", safetensorsFile(`\ufeff${good}`, 8), 8, '"\\xef"'],
    ["UTF-16", safetensorsFile(Buffer.from(good, "utf16le"), 8), 9, '"\\x00"'],
    ["a dtype that is a number", safetensorsFile(one("32", "[2]", "[0,8]"), 8), 22, '"3"'],
    ["a shape that is a number", safetensorsFile(one('"F32"', "2", "[0,8]"), 8), 36, '"2"'],
    ["a negative size", safetensorsFile(one('"F32"', "[-2]", "[0,8]"), 8), 37, '"-"'],
    ["a size that is no integer", safetensorsFile(one('"F32"', "[2.5]", "[0,8]"), 8), 38, '"."'],
    ["a size with an exponent", safetensorsFile(one('"F32"', "[2e0]", "[0,8]"), 8), 38, '"e"'],
    ["a size with leading zeros", safetensorsFile(one('"F32"', "[02]", "[0,8]"), 8), 37, '"02"'],
    ["a size in quotes", safetensorsFile(one('"F32"', '["2"]', "[0,8]"), 8), 37, '"""'],
    ["a size beyond 2^53", safetensorsFile(one('"F32"', "[9007199254740993]", "[0,8]"), 8), 37, "9007199254740992"],
    ["a size beyond all numbers", safetensorsFile(one('"F32"', `[${"9".repeat(400)}]`, "[0,8]"), 8), 37, "Infinity"],
    [
      "a product that wraps to 0",
      safetensorsFile(one('"F32"', "[4294967296,4294967296]", "[0,0]")),
      36,
      "[4294967296, 4294967296]",
    ],
    [
      "a product that 0 hides",
      safetensorsFile(one('"F32"', "[0,4294967296,4294967296]", "[0,0]")),
      36,
      "[0, 4294967296, 4294967296]",
    ],
    ["65 sizes", safetensorsFile(one('"F32"', `[${Array(65).fill(1).join(",")}]`, "[0,4]"), 4), 36, "more"],
    ["a nest", safetensorsFile(`{"a":${"[".repeat(60000)}}`), 13, '"["'],
    ["one offset", safetensorsFile(one('"F32"', "[2]", "[0]"), 8), 55, "1"],
    ["three offsets", safetensorsFile(one('"F32"', "[2]", "[0,4,8]"), 8), 55, "more"],
    ["offsets that go back", safetensorsFile(one('"F32"', "[0]", "[8,0]"), 8), 55, "[8, 0]"],
    ["offsets beyond the file", safetensorsFile(good, 7), 55, "[0, 8]"],
    [
      "offsets beyond 2^53",
      safetensorsFile(one('"F32"', "[2]", "[0,18446744073709551615]"), 8),
      58,
      "18446744073709552000",
    ],
    ["bytes after the data", safetensorsFile(good, 9), 8, "8"],
    ["data that nothing describes", safetensorsFile("{}", 1), 8, "0"],
    ["a hole at the beginning", safetensorsFile(two("[1,5]", "[5,9]"), 9), 54, "[1, 5]"],
    ["a hole between", safetensorsFile(two("[0,4]", "[5,9]"), 9), 106, "[5, 9]"],
    ["an overlap", safetensorsFile(two("[0,4]", "[3,7]"), 7), 106, "[3, 7]"],
    ["two tensors in one place", safetensorsFile(two("[0,4]", "[0,4]"), 4), 106, "[0, 4]"],
    ["more bytes than shape and dtype say", safetensorsFile(one('"F32"', "[2]", "[0,9]"), 9), 22, '"F32" of [2]'],
    ["fewer bytes than shape and dtype say", safetensorsFile(one('"F64"', "[2]", "[0,8]"), 8), 22, '"F64" of [2]'],
    ["half a byte", safetensorsFile(one('"F4"', "[3]", "[0,1]"), 1), 22, '"F4" of [3]'],
    ["integers of another length", safetensorsFile(one('"I64"', "[2]", "[0,8]"), 8), 22, '"I64" of [2]'],
  ];

  it.each(cases)("%s", async (_, bytes, at, got) => {
    for (const source of [bytes, new Blob([bytes])]) {
      const error = await failure(() => openSafetensors(source, { name: "x.safetensors" }));
      expect(error.message).toBe(`openSafetensors: x.safetensors ${error.expected}, got ${got}`);
      expect(error.expected).toMatch(new RegExp(`^must .* at byte ${at}$`));
      expect(error).toMatchObject({ argument: "x.safetensors", got });
    }
  });

  it("every truncation of a good file", async () => {
    for (let length = 0; length < floats.length; length++)
      await failure(() => openSafetensors(floats.slice(0, length)));
  });

  it("a long header without reading it", async () => {
    const blob = new CountingBlob([withLength(2n ** 40n)]);
    await failure(() => openSafetensors(blob));
    expect(blob.bytesRead).toBe(8);
  });

  it("dtypes that are lower case, when they are read", async () => {
    const file = await openSafetensors(safetensorsFile(one('"f32\\u001b"', "[2]", "[0,8]"), 8));
    expect((await failure(() => file.read("a"))).got).toBe('"f32\\x1b"');
  });
});

describe("writeSafetensors", () => {
  const dtypes = ["float32", "float64", "float16", "bfloat16"] as const;
  const keys = fc.oneof(
    fc.string({ unit: "binary", maxLength: 12 }),
    fc.constantFrom("__proto__", "0", "toString", "weight"),
  );

  it("and the readers agree on every tensor, bit for bit", async () => {
    const files = fc.dictionary(
      keys.filter((key) => key !== "__metadata__"),
      tensors(...dtypes),
      { maxKeys: 6 },
    );
    const metadata = fc.option(fc.dictionary(keys, fc.string({ unit: "binary" }), { maxKeys: 3 }), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(files, metadata, async (record, strings) => {
        const bytes = writeSafetensors(record, strings);
        const file = await openSafetensors(bytes);
        expect([...file.keys].sort()).toEqual(Object.keys(record).sort());
        expect(Object.entries(file.metadata)).toEqual(Object.entries(strings ?? {}));
        for (const key of file.keys) {
          expect(seen(await file.read(key))).toEqual(seen(record[key]!));
          expect(file.info(key)).toEqual({ dtype: record[key]!.dtype, shape: record[key]!.shape });
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("writes resident tensors", async () => {
    const engine = createEngineSync();
    const bytes = writeSafetensors({ a: engine.tensor([1, 2], [2]), b: engine.tensor([3], [1], "bfloat16") });
    const { a, b } = await readSafetensors(bytes);
    expect(a!.data).toEqual(Float32Array.of(1, 2));
    expect(b).toMatchObject({ dtype: "bfloat16", data: Uint16Array.of(0x4040) });
    engine.dispose();
  });

  it("refuses what cannot be written", () => {
    const tensor = { data: Float32Array.of(1), shape: [1] };
    expect(() => writeSafetensors({ __metadata__: tensor })).toThrow(ArgumentError);
    for (const none of [undefined, new Map([["a", tensor]])])
      expect(() => writeSafetensors(none as never)).toThrow(/^writeSafetensors: tensors must be an object of tensors/);
    expect(() => writeSafetensors({ "\ud83d": tensor })).toThrow(ArgumentError);
    expect(() => writeSafetensors({ a: tensor }, { a: "\udc00" })).toThrow(ArgumentError);
    expect(() => writeSafetensors({ a: tensor }, { a: 1 as unknown as string })).toThrow(ArgumentError);
    expect(() => writeSafetensors({ a: { ...tensor, shape: [2] } })).toThrow(ShapeError);
    expect(() => writeSafetensors({ a: { ...tensor, data: new Int8Array(1) as never } })).toThrow(DTypeError);
    expect(() => writeSafetensors({ "a\x1b": undefined as never })).toThrow(
      'writeSafetensors: tensors["a\\x1b"] must be a tensor: { data, shape }, got undefined',
    );
    const engine = createEngineSync();
    const resident = engine.tensor([1], [1]);
    engine.dispose();
    expect(() => writeSafetensors({ resident })).toThrow(DisposedError);
  });
});

describe("the header's own functions", () => {
  it("read no more than they need", () => {
    const size = safetensorsHeaderSize(floats.subarray(0, 8), floats.length, "x");
    const header = readSafetensorsHeader(floats.subarray(0, size), floats.length, "x");
    expect(header.dataOffset).toBe(size);
    expect(header.metadata).toEqual(new Map([["format", "np"]]));
    expect(header.entries.get("half")).toEqual({ dtype: "F16", shape: [2, 3, 4], begin: 348, end: 396 });
  });

  it("write a header, and say in which order the data follows", () => {
    const { bytes, keys } = safetensorsHeader(
      new Map([
        ["b", { dtype: "float16", shape: [2] }],
        ["a", { dtype: "float64", shape: [] }],
      ]),
    );
    expect(keys).toEqual(["a", "b"]);
    expect(readSafetensorsHeader(bytes, bytes.length + 12, "x").entries).toEqual(
      new Map([
        ["a", { dtype: "F64", shape: [], begin: 0, end: 8 }],
        ["b", { dtype: "F16", shape: [2], begin: 8, end: 12 }],
      ]),
    );
  });
});
