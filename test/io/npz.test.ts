import { existsSync, mkdtempSync, openAsBlob, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEngineSync } from "../../src/engine/create.js";
import { ArgumentError, DisposedError, DTypeError, ShapeError } from "../../src/errors.js";
import { readNpy, writeNpy } from "../../src/io/npy.js";
import { npyHeader } from "../../src/io/npy-header.js";
import { openNpz, readNpz, writeNpz } from "../../src/io/npz.js";
import type { Source } from "../../src/io/source.js";
import { decodeHalf } from "../../src/math/half.js";
import type { TensorLike } from "../../src/tensor.js";
import {
  CountingBlob,
  everySource,
  failure,
  fixture,
  fixtureValues,
  joined,
  npyDictionary,
  npyFile,
  seen,
  tensors,
} from "./support.js";
import { zipArchive, type ZipFile } from "./zip_files.js";

describe.each(["stored.npz", "compressed.npz"])("%s, written by NumPy", (name) => {
  const archive = fixture(name);

  it("shows its arrays, whatever it comes from", async () => {
    for (const [source, bytes] of everySource(archive)) {
      const file = await openNpz(bytes);
      expect(file.keys.slice(0, 3), source).toEqual(["weight", "layers/0.bias", "steps"]);
      expect(await file.info("weight")).toEqual({ dtype: "float32", shape: [2, 3, 4] });
      const weight = await file.read("weight");
      expect(weight).toMatchObject({ dtype: "float32", shape: [2, 3, 4], resident: false });
      expect(Array.from(weight.data)).toEqual(fixtureValues);
      const bias = await file.read("layers/0.bias"); // big-endian, Fortran order
      expect(bias).toMatchObject({ dtype: "float16", shape: [3, 4] });
      expect(Array.from(bias.data, decodeHalf)).toEqual(fixtureValues.slice(0, 12));
    }
  });

  it("streams an array as the .npy file that it is", async () => {
    const file = await openNpz(archive);
    const pieces: Uint8Array[] = [];
    for await (const piece of file.stream("weight")) pieces.push(piece);
    expect(Buffer.from(joined(...pieces)).equals(fixture("f4_little_C.npy"))).toBe(true);
  });

  it("refuses the integers in it, and they alone", async () => {
    const file = await openNpz(archive, { name });
    for (const refused of [() => file.info("steps"), () => file.read("steps")])
      expect((await failure(refused)).message).toMatch(
        /^openNpz: "steps\.npy" in .*\.npz must hold float16 .*, got "<i8"$/,
      );
    expect((await failure(() => readNpz(archive))).message).toMatch(
      /^readNpz: "steps\.npy" in the \.npz file must hold /,
    );
  });
});

describe("openNpz", () => {
  it("tells where an array lies that is not compressed", async () => {
    const stored = await openNpz(fixture("stored.npz"));
    const place = await stored.place("weight");
    const { offset, size } = place!;
    expect(Buffer.from(fixture("stored.npz").subarray(offset, offset + size)).equals(fixture("f4_little_C.npy"))).toBe(
      true,
    );
    expect(await (await openNpz(fixture("compressed.npz"))).place("weight")).toBeUndefined();
  });

  it("reads the directory, then what is asked for", async () => {
    const large = (value: number) => ({ data: new Float32Array(250_000).fill(value), shape: [250_000] });
    const blob = new CountingBlob([await writeNpz({ a: large(1), b: large(2), c: large(3) })]);
    const file = await openNpz(blob);
    expect(blob.bytesRead).toBeLessThan(150_000); // the comment of an archive may have 64 KiB, so the end is searched for
    let before = blob.bytesRead;
    expect((await file.info("b")).shape).toEqual([250_000]);
    expect(blob.bytesRead - before).toBeLessThan(900_000);
    before = blob.bytesRead;
    expect((await file.read("b")).data[9]).toBe(2);
    expect(blob.bytesRead - before).toBeGreaterThan(1_000_000);
    expect(blob.bytesRead - before).toBeLessThan(1_100_000);
  });

  it("streams in bounded memory, and stops when its reader does", async () => {
    const zeros = { data: new Float32Array(4_000_000), shape: [4_000_000] };
    const file = await openNpz(await writeNpz({ zeros }, { compress: true }));
    for (let round = 0; round < 20; round++) {
      for await (const piece of file.stream("zeros")) {
        expect(piece.length).toBeLessThanOrEqual(2 ** 18);
        break;
      }
    }
  });

  it("reads many at once, and one many times", async () => {
    const record = Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [`k${i}`, { data: Float32Array.of(i), shape: [1] }]),
    );
    const file = await openNpz(await writeNpz(record));
    const read = await Promise.all([...file.keys, ...file.keys].map((key) => file.read(key)));
    expect(read.map(({ data }) => data[0])).toEqual([...Array(20).keys(), ...Array(20).keys()]);
  });

  it("reads a file through fs.openAsBlob", async () => {
    const folder = mkdtempSync(join(tmpdir(), "lanenorm-test-"));
    try {
      const path = join(folder, "x.npz");
      writeFileSync(path, fixture("compressed.npz"));
      const file = await openNpz(await openAsBlob(path));
      expect(Array.from((await file.read("weight")).data)).toEqual(fixtureValues);
      rmSync(path);
      expect(existsSync(path)).toBe(false);
      await expect(file.read("weight"), "the platform's own error").rejects.toThrow(DOMException);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("refuses keys that are not there", async () => {
    const file = await openNpz(fixture("stored.npz"), { name: "f" });
    for (const key of ["weight.npy", "__proto__", undefined as unknown as string]) {
      await expect(file.info(key)).rejects.toThrow(ArgumentError);
      await expect(file.read(key)).rejects.toThrow(/^openNpz: key must be one of the 3 in f, got /);
      expect(() => file.stream(key)).toThrow(ArgumentError);
    }
  });

  it("refuses options and sources that are none", async () => {
    const open = (options: object) => openNpz(fixture("stored.npz"), options);
    for (const maximumBytes of [NaN, "1"])
      await expect(open({ maximumBytes })).rejects.toThrow(/^openNpz: maximumBytes must /);
    await expect(open({ maxBytes: 1 })).rejects.toThrow(/^openNpz: options must .*maxBytes/);
    await expect(open({ name: 3 })).rejects.toThrow(/^openNpz: name must be a string, got 3/);
    await expect(openNpz("x.npz" as unknown as Source)).rejects.toThrow(/^openNpz: source must be an ArrayBuffer/);
  });

  it("passes over what is no array", async () => {
    const files = [
      { name: "folder/", contents: new Uint8Array() },
      { name: "README", contents: Buffer.from("text") },
      { name: "a.npy", contents: writeNpy({ data: Float32Array.of(1), shape: [] }) },
    ];
    expect(Object.keys(await readNpz(zipArchive(files)))).toEqual(["a"]);
    expect(await readNpz(zipArchive([]))).toEqual({});
  });

  it("takes __proto__ for the key it is", async () => {
    const all = await readNpz(
      zipArchive([{ name: "__proto__.npy", contents: writeNpy({ data: Float32Array.of(1), shape: [] }) }]),
    );
    expect(Object.keys(all)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(all)).toBeNull();
    expect(Object.keys(await readNpz(await writeNpz(all)))).toEqual(["__proto__"]);
  });
});

describe("what is refused", () => {
  const contents = writeNpy({ data: new Float32Array(100), shape: [100] }); // 528 bytes
  const good: ZipFile = { name: "a.npy", contents };
  const deflated: ZipFile = { ...good, deflate: true };
  const archive = zipArchive([good]);
  const bomb = joined(npyHeader("float32", [2 ** 18]), new Uint8Array(2 ** 20));
  const file = 'must hold an intact file "a.npy"';
  const zip = "must be an intact ZIP archive";
  const flipped = (bytes: Uint8Array, at: number) => bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));

  const cases: [title: string, bytes: Uint8Array, expected: string, got: string | RegExp][] = [
    ["an empty file", new Uint8Array(), zip, /not recognized/],
    ["another kind of file", contents, zip, /End of central directory not found/],
    ["an archive cut short", archive.subarray(0, -1), zip, /./],
    ["bytes before the archive", joined(Buffer.from("#!/bin/sh\n"), archive), zip, /prepended data/],
    ["bytes after the archive", joined(archive, Buffer.from("PK")), zip, /Ambiguous archive/],
    ["two archives in one", joined(archive, archive), zip, /./],
    ["fewer files than it has", zipArchive([good, { ...good, name: "b.npy" }], 1), zip, /trailing central directory/],
    ["more files than it has", zipArchive([good], 2), zip, /Central directory header not found/],
    ["two files of one name", zipArchive([good, good]), zip, /duplicate filename/],
    [
      "another name in the local header",
      zipArchive([{ ...good, localName: "b.npy" }]),
      file,
      /mismatched local file header/,
    ],
    ["no local header", zipArchive([{ ...good, offset: 3 }]), zip, /./],
    ["a local header beyond the end", zipArchive([{ ...good, offset: 1e6 }]), zip, /./],
    ["a password", zipArchive([{ ...good, flags: 1 }]), 'must have no password in "a.npy"', /encrypted/],
    [
      "another compression",
      zipArchive([{ ...good, method: 12 }]),
      'must use compression method 0 or 8 in "a.npy"',
      "12",
    ],
    ["deflate64", zipArchive([{ ...deflated, method: 9 }]), 'must use compression method 0 or 8 in "a.npy"', "9"],
    ["a wrong checksum", zipArchive([{ ...good, crc: 1 }]), file, /Invalid CRC32/],
    ["a wrong checksum, deflated", zipArchive([{ ...deflated, crc: 1 }]), file, /Invalid CRC32/],
    ["one wrong bit", flipped(archive, 200), file, /Invalid CRC32/],
    ["what is not deflated", zipArchive([{ ...good, method: 8 }]), file, /./],
    [
      "a stored size that lies",
      zipArchive([{ ...good, size: 2 ** 30 }]),
      'must have 528 bytes in "a.npy"',
      "1073741824",
    ],
    ["a smaller stored size", zipArchive([{ ...good, size: 8 }]), 'must have 528 bytes in "a.npy"', "8"],
    [
      "a size beyond all ratios",
      zipArchive([{ ...deflated, size: 2 ** 30 }]),
      /^must have at most \d+ bytes in "a.npy"$/.source,
      "1073741824",
    ],
    [
      "a compressed size beyond the end",
      zipArchive([{ ...deflated, compressedSize: 2 ** 30 }]),
      /^must have entries of at most \d+ bytes in all$/.source,
      "1073741824",
    ],
    [
      "files that share their bytes",
      zipArchive([
        good,
        ...["b", "c", "d"].map((name) => ({
          name: `${name}.npy`,
          contents: new Uint8Array(),
          offset: 0,
          size: 528,
          compressedSize: 528,
        })),
      ]),
      /^must have entries of at most \d+ bytes in all$/.source,
      "2112",
    ],
    [
      "a bomb over the limit",
      zipArchive([{ name: "a.npy", contents: bomb, deflate: true }]),
      "must decompress to at most 1000000 bytes (the option maximumBytes)",
      String(bomb.length),
    ],
    [
      "bombs that together are over the limit",
      zipArchive(["a", "b"].map((name) => ({ name: `${name}.npy`, contents: bomb.subarray(0, 6e5), deflate: true }))),
      "must decompress to at most 1000000 bytes (the option maximumBytes)",
      "1200000",
    ],
  ];

  it.each(cases)("%s", async (_, bytes, expected, got) => {
    for (const source of [bytes, new Blob([bytes as Uint8Array<ArrayBuffer>])]) {
      const error = await failure(() => readNpz(source, { name: "x.npz", maximumBytes: 1e6 }));
      expect(error.message).toBe(`readNpz: x.npz ${error.expected}, got ${error.got}`);
      if (expected.startsWith("^")) expect(error.expected).toMatch(new RegExp(expected));
      else expect(error.expected).toBe(expected);
      expect(error.got).toMatch(got);
    }
  });

  const inside: [title: string, contents: Uint8Array, expected: RegExp][] = [
    ["no array", Buffer.from("text"), /^must begin with "\\x93NUMPY" at byte 0$/],
    ["nothing", new Uint8Array(), /^must begin with "\\x93NUMPY" at byte 0$/],
    ["an archive", archive, /^must begin with "\\x93NUMPY" at byte 0$/],
    ["an array cut short", contents.subarray(0, 300), /^must have 400 bytes of float32 data .* at byte 128$/],
    [
      "a header cut short",
      contents.subarray(0, 100),
      /^must have a header within the file's other 90 bytes at byte 8$/,
    ],
    ["a header of no length", npyFile("", 142), /^must have "\{" at byte 10$/],
    ["a pickle", fixture("object.npy"), /^must hold float16/],
    ["more than it says", joined(contents, contents), /^must have 400 bytes of float32 data/],
    ["a lie about terabytes", npyFile(npyDictionary("(1099511627776,)")), /^must have 4398046511104 bytes/],
  ];

  it.each(inside)("a file in it that is %s", async (_, contents, expected) => {
    for (const deflate of [false, true]) {
      const error = await failure(() =>
        readNpz(zipArchive([{ name: "a\x1b.npy", contents, deflate }]), { name: "x.npz" }),
      );
      expect(error.argument).toBe('"a\\x1b.npy" in x.npz');
      expect(error.expected).toMatch(expected);
    }
  });

  it("a stream that goes on beyond its size, or ends before", async () => {
    for (const size of [527, 529, 600, 8]) {
      const file = await openNpz(zipArchive([{ ...deflated, size }]));
      await failure(() => file.read("a"));
      await failure(async () => {
        for await (const piece of file.stream("a")) expect(piece.length).toBeLessThanOrEqual(528);
      });
    }
  });

  it("files that overlap without being longer than the archive, when the second is read", async () => {
    const inner = zipArchive([good]).subarray(0, 35 + contents.length); // its local header and data
    const outer = joined(npyHeader("float32", [141]), inner, new Uint8Array(1));
    const sizes = { size: contents.length, compressedSize: contents.length, crc: crc32(contents) };
    const shown: ZipFile = { name: "a.npy", contents: new Uint8Array(), offset: 35 + 128, ...sizes };
    const others = Array.from({ length: 20 }, (_, i) => ({ name: `${i}`, contents: new Uint8Array() }));
    const file = await openNpz(zipArchive([{ name: "o.npy", contents: outer }, shown, ...others]));
    expect((await file.read("a")).shape).toEqual([100]);
    expect((await failure(() => file.read("o"))).got).toMatch(/Overlapping entry/);
  });

  it("arrays of more than the limit one by one, and only those", async () => {
    const files = ["a", "b"].map((name) => ({ name: `${name}.npy`, contents: bomb, deflate: name === "a" }));
    const file = await openNpz(zipArchive(files), { maximumBytes: 2 ** 20 });
    expect(await file.info("a")).toEqual({ dtype: "float32", shape: [2 ** 18] });
    await failure(() => file.read("a"));
    expect((await file.read("b")).data.length).toBe(2 ** 18);
  });

  it("every truncation of a good archive", async () => {
    for (let length = 0; length < archive.length; length++) await failure(() => openNpz(archive.slice(0, length)));
  });
});

describe("writeNpz", () => {
  const keys = fc.oneof(
    fc.string({ unit: "binary", maxLength: 12 }),
    fc.constantFrom("__proto__", "0", "../a", "/", "a\\b", "a.npy"),
  );

  it("and the readers agree on every tensor, bit for bit", async () => {
    const files = fc.dictionary(keys, tensors("float32", "float64", "float16"), { maxKeys: 4 });
    await fc.assert(
      fc.asyncProperty(files, fc.boolean(), async (record, compress) => {
        const file = await openNpz(await writeNpz(record, { compress }));
        expect(file.keys).toEqual(Object.keys(record));
        for (const key of file.keys) expect(seen(await file.read(key))).toEqual(seen(record[key]!));
      }),
      { numRuns: 200 },
    );
  });

  it("writes the same bytes every time", async () => {
    const record = { a: { data: Float32Array.of(1, 2), shape: [2] } };
    const bytes = Buffer.from(await writeNpz(record));
    expect(bytes.equals(zipArchive([{ name: "a.npy", contents: writeNpy(record.a) }]))).toBe(false); // attributes differ
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(Buffer.from(await writeNpz(record)).equals(bytes)).toBe(true);
  });

  it("compresses where it is asked to", async () => {
    const zeros = { data: new Float64Array(10_000), shape: [10_000] };
    expect((await writeNpz({ zeros }, { compress: true })).length).toBeLessThan(1000);
    expect((await writeNpz({ zeros })).length).toBeGreaterThan(80_000);
  });

  it("copies resident tensors before anything else can run", async () => {
    const engine = createEngineSync();
    const resident = engine.tensor([1, 2], [2]);
    const promise = writeNpz({ resident });
    resident.data.fill(0);
    engine.dispose();
    expect((await readNpz(await promise))["resident"]!.data).toEqual(Float32Array.of(1, 2));
    await expect(writeNpz({ resident })).rejects.toThrow(DisposedError);
  });

  it("refuses what cannot be written", async () => {
    const tensor = { data: Float32Array.of(1), shape: [1] };
    const refused = (record: Record<string, unknown>) => writeNpz(record as Record<string, TensorLike>);
    await expect(refused({ a: { ...tensor, shape: [2] } })).rejects.toThrow(ShapeError);
    await expect(refused({ a: { ...tensor, shape: [2] } })).rejects.toThrow(/^writeNpz: tensors\["a"\]\.shape must /);
    await expect(refused({ a: { data: new Uint16Array(1), shape: [1], dtype: "bfloat16" } })).rejects.toThrow(
      DTypeError,
    );
    await expect(refused({ a: 3 })).rejects.toThrow(ArgumentError);
    for (const none of [undefined, null, new Map([["a", tensor]]), [tensor]])
      await expect(refused(none as never)).rejects.toThrow(
        /^writeNpz: tensors must be an object of tensors by their keys, got /,
      );
    await expect(writeNpz({ a: tensor }, { compress: 1 as never })).rejects.toThrow(/^writeNpz: compress must /);
    await expect(writeNpz({ a: tensor }, { level: 9 } as never)).rejects.toThrow(/^writeNpz: options must .*level/);
    await expect(refused({ "\ud83d": tensor })).rejects.toThrow(ArgumentError);
    await expect(refused({ ["x".repeat(70_000)]: tensor })).rejects.toThrow(/^writeNpz: tensors must have keys that /);
  });
});

it("arrays are the .npy files they came from", async () => {
  const { a } = await readNpz(zipArchive([{ name: "a.npy", contents: fixture("f8_big_F.npy"), deflate: true }]));
  expect(seen(a!)).toEqual(seen(await readNpy(fixture("f8_big_F.npy"))));
});
