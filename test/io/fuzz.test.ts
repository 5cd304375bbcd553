// Damaged and hostile files: every reader takes them or throws a FormatError that can be shown to a person, and takes no
// more memory than the file has earned. FUZZ_RUNS and FUZZ_SEED ask for another number of files and for others.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/errors.js";
import { openNpy, readNpy, writeNpy } from "../../src/io/npy.js";
import { openNpz, writeNpz } from "../../src/io/npz.js";
import { openSafetensors, writeSafetensors } from "../../src/io/safetensors.js";
import { readSafetensorsHeader } from "../../src/io/safetensors-header.js";
import { sizeOf } from "../../src/shape.js";
import type { Tensor } from "../../src/tensor.js";
import { damaged } from "./mutations.js";
import { example, fixture, npyDictionary, npyFile, safetensorsFile } from "./support.js";
import { zipArchive } from "./zip_files.js";

const seed = Number(process.env.FUZZ_SEED ?? 20260801);
const minutes = 60_000;

/** How often a file was taken, of how many. */
interface Tally {
  taken: number;
  refused: number;
}

/** Runs a reader on files; `runs` of them unless the environment wants another number. */
async function fuzz(name: string, files: fc.Arbitrary<Uint8Array>, runs: number, reader: Reader): Promise<Tally> {
  const tally = { taken: 0, refused: 0 };
  const numRuns = Number(process.env.FUZZ_RUNS ?? runs);
  const start = performance.now();
  const property = fc.asyncProperty(files, async (bytes) => {
    tally[(await refuses(() => reader(bytes))) ? "refused" : "taken"]++;
  });
  await fc.assert(property, { numRuns, seed });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${name}: ${tally.taken} taken, ${tally.refused} refused in ${seconds} s; FUZZ_SEED=${seed}`);
  return tally;
}

type Reader = (bytes: Uint8Array) => Promise<void>;

/** Whether something is refused, as it should be; other errors are thrown. */
async function refuses(read: () => Promise<unknown>): Promise<boolean> {
  try {
    await read();
    return false;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    expect(error.message.length).toBeLessThan(500);
    expect(error.message).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
    return true;
  }
}

function expectSane({ data, shape }: Tensor, mostBytes: number): void {
  expect(data.length).toBe(sizeOf(shape));
  expect(data.byteLength).toBeLessThanOrEqual(mostBytes);
}

async function readsNpy(bytes: Uint8Array): Promise<void> {
  expectSane(await readNpy(bytes), bytes.length);
}

async function readsSafetensors(bytes: Uint8Array): Promise<void> {
  const file = await openSafetensors(bytes);
  const { dataOffset, entries } = readSafetensorsHeader(bytes, bytes.length, "x");
  const parsed = JSON.parse(new TextDecoder().decode(bytes.subarray(8, dataOffset))) as Record<string, unknown>;
  expect(file.keys.length + Number("__metadata__" in parsed)).toBe(Object.keys(parsed).length);
  for (const key of file.keys) {
    const { dtype, shape, begin, end } = entries.get(key)!;
    expect({ dtype, shape, data_offsets: [begin, end] }).toEqual(parsed[key]);
    await refuses(async () => expectSane(await file.read(key), end - begin));
  }
}

const maximumBytes = 1e6;

async function readsNpz(bytes: Uint8Array): Promise<void> {
  const file = await openNpz(bytes, { maximumBytes });
  for (const key of file.keys) {
    await refuses(() => file.info(key));
    await refuses(async () => expectSane(await file.read(key), maximumBytes));
  }
}

const tensor = { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] };
const half = { data: new Uint16Array(3), shape: [3], dtype: "float16" } as const;

describe(".npy", () => {
  const files = [
    example("feature_map_bias.npy"),
    ...["f2_big_F", "f8_little_C", "version2", "version3", "scalar", "empty", "object", "structured"].map((name) =>
      fixture(`${name}.npy`),
    ),
    npyFile(npyDictionary("(2L, 3L)"), 24, [2, 0]),
  ];
  const fragments = [..."{}()[],:'\"\\-L0\0\xff", "9".repeat(30), "True", "1", ">f8", "'shape'"];

  it("damaged files", { timeout: 5 * minutes }, async () => {
    const { taken } = await fuzz(".npy", damaged(files, fragments), 100_000, readsNpy);
    expect(taken).toBeGreaterThan(0);
  });

  it("damaged dicts in files whose header length is right", { timeout: 5 * minutes }, async () => {
    const dicts = [npyDictionary("(2, 3)"), npyDictionary("()", "[('a', '<f4')]")].map((text) => Buffer.from(text));
    const built = damaged(dicts, fragments).map((text) => npyFile(Buffer.from(text).toString("latin1"), 24));
    await fuzz(".npy dicts", built, 20_000, readsNpy);
  });

  it("sequences of the grammar's own pieces", { timeout: 5 * minutes }, async () => {
    const pieces = [...fragments, "'descr'", "'<f4'", "'shape'", "'fortran_order'", "False", "(2, 3)", " "];
    const built = fc
      .array(fc.constantFrom(...pieces), { maxLength: 40 })
      .map((parts) => npyFile(`{${parts.join("")}`, 24));
    await fuzz(".npy grammar", built, 10_000, readsNpy);
  });

  it("agrees with the grammar on every shape it takes", async () => {
    const sizes = fc.array(fc.nat(6), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.constantFrom("", "L"), fc.constantFrom("", " "), async (shape, long, space) => {
        const tuple = `(${shape.map((size) => `${size}${long},${space}`).join("")})`;
        expect((await openNpy(npyFile(npyDictionary(tuple), 4 * sizeOf(shape)))).shape).toEqual(shape);
      }),
      { seed },
    );
  });
});

describe(".safetensors", () => {
  const files = [
    fixture("floats.safetensors"),
    fixture("checkpoint.safetensors"),
    writeSafetensors({ a: tensor }),
    writeSafetensors({}, { format: "pt" }),
  ];
  const member = '"b":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},';
  const fragments = [...'{}[],:"\\-.e0 \n\0\xff', "9".repeat(30), "null", "\\u0061", "\\ud800", '"a"', "I64", member];

  it("damaged files", { timeout: 5 * minutes }, async () => {
    const { taken } = await fuzz(".safetensors", damaged(files, fragments), 100_000, readsSafetensors);
    expect(taken).toBeGreaterThan(0);
  });

  it("damaged headers in files whose header length is right", { timeout: 5 * minutes }, async () => {
    const headers = [
      '{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}',
      '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"BF16","shape":[8],"data_offsets":[8,24]}}',
      '{"__metadata__":{"a":"b"},"a":{"dtype":"F64","shape":[3],"data_offsets":[0,24]}}',
    ].map((text) => Buffer.from(text));
    const built = damaged(headers, fragments).map((header) => safetensorsFile(header, 24));
    await fuzz(".safetensors headers", built, 20_000, readsSafetensors);
  });

  it("sequences of the grammar's own pieces", { timeout: 5 * minutes }, async () => {
    const info = '{"dtype":"F32","shape":[6],"data_offsets":[0,24]}';
    const pieces = [...fragments, info, '"dtype"', '"shape"', '"data_offsets"', "[0,24]", '"F32"', "1"];
    const built = fc
      .array(fc.constantFrom(...pieces), { maxLength: 30 })
      .map((parts) => safetensorsFile(`{${parts.join("")}`, 24));
    await fuzz(".safetensors grammar", built, 10_000, readsSafetensors);
  });
});

describe(".npz", async () => {
  const array = writeNpy(tensor);
  const files = [
    fixture("stored.npz"),
    fixture("compressed.npz"),
    await writeNpz({ a: tensor, b: half }),
    await writeNpz({ a: tensor }, { compress: true }),
    zipArchive([{ name: "a.npy", contents: array }]),
    zipArchive([{ name: "a.npy", contents: array, deflate: true }]),
    zipArchive([]),
  ];
  const fragments = ["PK\x01\x02", "PK\x03\x04", "PK\x05\x06", "PK\x06\x06", "PK\x07\x08", "\0", "\xff", "a.npy"];

  // Streams make a file cost a millisecond. FUZZ_RUNS=100000 was run by hand, with seeds 1 and 2.
  it("damaged files", { timeout: 15 * minutes }, async () => {
    const { taken } = await fuzz(".npz", damaged(files, fragments), 15_000, readsNpz);
    expect(taken).toBeGreaterThan(0);
  });

  it("damaged arrays in intact archives", { timeout: 15 * minutes }, async () => {
    const built = fc
      .tuple(damaged([array, fixture("f2_big_F.npy")], ["\0", "9".repeat(30)]), fc.boolean())
      .map(([contents, deflate]) => zipArchive([{ name: "a.npy", contents, deflate }]));
    await fuzz(".npz arrays", built, 3_000, readsNpz);
  });
});
