import { readdirSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEngineSync } from "../../src/engine/create.js";
import { ArgumentError, DisposedError, DTypeError, FormatError, ShapeError } from "../../src/errors.js";
import { openNpy, readNpy, writeNpy } from "../../src/io/npy.js";
import { npyHeaderSize, readNpyHeader } from "../../src/io/npy-header.js";
import type { Source } from "../../src/io/source.js";
import { decodeHalf } from "../../src/math/half.js";
import { sizeOf } from "../../src/shape.js";
import type { TensorLike } from "../../src/tensor.js";
import {
  CountingBlob,
  everySource,
  example,
  failure,
  fixture,
  fixtureValues,
  npyDictionary,
  npyFile,
  seen,
  tensors,
} from "./support.js";

const examples = new URL("../../examples/data/", import.meta.url);

const numbers = ({ data, dtype }: TensorLike) => Array.from(data, dtype === "float16" ? decodeHalf : Number);

describe("files written by NumPy", () => {
  const shapes: Record<string, number[]> = {
    "tokens.npy": [32, 768],
    "tokens_weight.npy": [768],
    "tokens_bias.npy": [768],
    "feature_map.npy": [4, 32, 12, 12],
    "feature_map_weight.npy": [32],
    "feature_map_bias.npy": [32],
    "measurements_float64.npy": [16, 48],
  };

  it("are all listed here", () => {
    expect(
      readdirSync(examples)
        .filter((name) => name.endsWith(".npy"))
        .sort(),
    ).toEqual(Object.keys(shapes).sort());
  });

  it.each(Object.entries(shapes))("%s has shape %j", async (name, shape) => {
    const { data, shape: read, dtype } = await readNpy(example(name), { name });
    expect(read).toEqual(shape);
    expect(dtype).toBe(name.includes("float64") ? "float64" : "float32");
    expect(data).toBeInstanceOf(name.includes("float64") ? Float64Array : Float32Array);
    expect(data.length).toBe(sizeOf(shape));
    expect(Array.from(data).every(Number.isFinite)).toBe(true);
  });

  it("come back byte for byte from the writer", async () => {
    for (const name of Object.keys(shapes))
      expect(Buffer.from(writeNpy(await readNpy(example(name)))).equals(example(name)), name).toBe(true);
    for (const name of ["f2_little_C", "f4_little_C", "f8_little_C", "scalar", "empty"]) {
      const bytes = fixture(`${name}.npy`);
      expect(Buffer.from(writeNpy(await readNpy(bytes))).equals(bytes), name).toBe(true);
    }
  });

  it("hold the values NumPy printed", async () => {
    const { data } = await readNpy(example("tokens.npy"));
    expect(Array.from(data).slice(0, 3)).toEqual([-1.0384429, 0.43877947, -2.1064126].map(Math.fround));
    const wide = await readNpy(example("measurements_float64.npy"));
    expect(Array.from(wide.data).slice(0, 3)).toEqual([14.838147817305671, 17.685780470350153, 22.02036831905461]);
  });

  const variants = ["f2", "f4", "f8"].flatMap((kind) =>
    ["little", "big"].flatMap((endian) => ["C", "F"].map((order) => [kind, endian, order] as const)),
  );

  it.each(variants)(
    "of %s, %s-endian, %s order, hold the same, whatever they come from",
    async (kind, endian, order) => {
      const bytes = fixture(`${kind}_${endian}_${order}.npy`);
      const plain = await readNpy(fixture(`${kind}_little_C.npy`));
      expect(plain).toMatchObject({ dtype: `float${8 * Number(kind[1])}`, shape: [2, 3, 4], resident: false });
      expect(numbers(plain)).toEqual(fixtureValues);
      for (const [name, source] of everySource(bytes)) expect(seen(await readNpy(source)), name).toEqual(seen(plain));
      expect(bytes, "the source is as it was").toEqual(fixture(`${kind}_${endian}_${order}.npy`));
    },
  );

  it("of versions 2.0 and 3.0", async () => {
    for (const name of ["version2.npy", "version3.npy"])
      expect(numbers(await readNpy(fixture(name)))).toEqual(fixtureValues);
  });

  it("of no axes and of no elements", async () => {
    expect(seen(await readNpy(fixture("scalar.npy")))).toEqual(seen({ ...f64(2.5), shape: [], dtype: "float64" }));
    expect(seen(await readNpy(fixture("empty.npy")))).toMatchObject({ shape: [3, 0, 2], bytes: "" });
  });

  it.each([
    ["int64.npy", '"<i8"'],
    ["object.npy", '"|O"'],
    ["structured.npy", "a structured dtype"],
  ])("%s is refused", async (name, got) => {
    expect(await failure(() => readNpy(fixture(name), { name }))).toMatchObject({ argument: name, got });
  });

  const f64 = (...values: number[]) => ({ data: Float64Array.from(values) });
});

describe("what is accepted", () => {
  const shapeOf = async (header: string, bytes = 24) => (await readNpy(npyFile(header, bytes))).shape;

  it("all three versions", async () => {
    for (const major of [1, 2, 3])
      expect((await readNpy(npyFile(npyDictionary("(2, 3)"), 24, [major, 0]))).shape).toEqual([2, 3]);
  });

  it("every spelling of a shape", async () => {
    expect(await shapeOf(npyDictionary("()"), 4)).toEqual([]);
    expect(await shapeOf(npyDictionary("(6,)"))).toEqual([6]);
    expect(await shapeOf(npyDictionary("(2L, 3L)"))).toEqual([2, 3]);
    expect(await shapeOf(npyDictionary("( 2 ,\t3,\n)"))).toEqual([2, 3]);
    expect(await shapeOf(npyDictionary("(0,)"), 0)).toEqual([0]);
    expect(await shapeOf(npyDictionary("(5, 0, 3)"), 0)).toEqual([5, 0, 3]);
    expect(Object.is((await shapeOf(npyDictionary("(-0,)"), 0))[0], 0)).toBe(true);
  });

  it("keys in any order, either quote, with or without the last comma", async () => {
    expect(await shapeOf(`{"shape":(6,),"fortran_order":False,"descr":"<f4"}`)).toEqual([6]);
    expect(await shapeOf(`  {'fortran_order' : False , 'shape':(6,) , 'descr':'<f4' , }  \n`)).toEqual([6]);
  });

  it("Fortran order of every shape", async () => {
    const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 8 }).filter((shape) => sizeOf(shape) <= 4096);
    const check = async (shape: number[], dtype: "<f2" | "<f4" | "<f8") => {
      const [file, expected] = fortran(shape, dtype);
      expect(seen(await readNpy(file)).bytes).toBe(expected.toString("hex"));
    };
    await fc.assert(fc.asyncProperty(shapes, fc.constantFrom("<f2", "<f4", "<f8"), check));
    await check([70, 90], "<f4"); // more than one square each way
    await check([33, 2, 65], "<f8");
  });

  it("Fortran order without a copy where it is the same bytes", async () => {
    for (const shape of ["()", "(6,)", "(1, 6, 1)", "(1, 1)", "(0, 6)"]) {
      const size = shape.includes("0") ? 0 : shape.includes("6") ? 24 : 4;
      const text = npyDictionary(shape, "'<f4'", "True").padEnd(118);
      const file = npyFile(text, size);
      expect((await readNpy(file)).data.buffer, shape).toBe(file.buffer);
    }
  });

  it("headers that leave the data unaligned", async () => {
    const values = new Float32Array([1.5, -2.5]);
    const wide = new Float64Array([1.5, -2.5]);
    for (let spaces = 0; spaces < 8; spaces++) {
      const pad = " ".repeat(spaces);
      const narrow = npyFile(npyDictionary("(2,)") + pad, new Uint8Array(values.buffer));
      expect((await readNpy(narrow)).data).toEqual(values);
      const double = npyFile(npyDictionary("(2,)", "'<f8'") + pad, new Uint8Array(wide.buffer));
      expect((await readNpy(double)).data).toEqual(wide);
    }
  });

  it("aligned data without a copy", async () => {
    const bytes = example("tokens.npy");
    expect((await readNpy(bytes)).data.buffer).toBe(bytes.buffer);
  });
});

/** Elements with the bytes 0, 1, 2, ... in column-major order, as a file; and the same bytes in row-major order. */
function fortran(shape: number[], descr: "<f2" | "<f4" | "<f8"): [file: Uint8Array<ArrayBuffer>, rowMajor: Buffer] {
  const size = Number(descr[2]);
  const data = Uint8Array.from({ length: sizeOf(shape) * size }, (_, index) => index % 251);
  const rowMajor = Buffer.alloc(data.length);
  const index = shape.map(() => 0);
  for (let element = 0; element < sizeOf(shape); element++) {
    const at = index.reduceRight((position, i, axis) => position * shape[axis]! + i, 0);
    rowMajor.set(data.subarray(at * size, (at + 1) * size), element * size);
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--) index[axis] = 0;
  }
  const tuple = `(${shape.map((extent) => `${extent},`).join("")})`;
  return [npyFile(npyDictionary(tuple, `'${descr}'`, "True"), data), rowMajor];
}

describe("what is refused, and where", () => {
  const good = npyDictionary("(2, 3)");
  const cases: [title: string, bytes: Uint8Array, at: number, got: string][] = [
    ["an empty file", new Uint8Array(), 0, '""'],
    ["another kind of file", Buffer.from("PK\x03\x04 a zip archive"), 0, '"PK\\x03\\x04 a"'],
    ["terminal escapes", Buffer.from("\x1b[31mred"), 0, '"\\x1b[31mr"'],
    ["nothing after the magic", npyFile(good).subarray(0, 6), 6, "the end of the file"],
    ["half a version", npyFile(good).subarray(0, 7), 7, "the end of the file"],
    ["version 0.0", npyFile(good, 24, [0, 0]), 6, "0.0"],
    ["version 4.0", npyFile(good, 24, [4, 0]), 6, "4.0"],
    ["version 1.1", npyFile(good, 24, [1, 1]), 6, "1.1"],
    ["no header length", npyFile(good).subarray(0, 9), 9, "the end of the file"],
    ["half a long header length", npyFile(good, 24, [2, 0]).subarray(0, 11), 11, "the end of the file"],
    ["a header cut short", npyFile(good).subarray(0, 40), 8, `${good.length} bytes`],
    ["a header of 4 GB", Uint8Array.of(...npyFile("", 0, [2, 0]).subarray(0, 8), 255, 255, 255, 255), 8, "4294967295"],
    ["an empty header", npyFile(""), 10, "the end of the header"],
    ["a header of zeros", npyFile("\0".repeat(54)), 10, '"\\x00"'],
    ["an empty dict", npyFile("{}"), 10, "none"],
    ["a missing key", npyFile("{'descr': '<f4', 'shape': (6,)}", 24), 10, "descr, shape"],
    ["a foreign key", npyFile(good.replace("}", "'extra': 1}"), 24), 10, "descr, fortran_order, shape, extra"],
    ["a repeated key", npyFile(`{'descr': '<f4', 'descr': '<f4'}`), 27, '"descr" again'],
    ["a key that is no string", npyFile("{1: 2}"), 11, '"1"'],
    ["no colon", npyFile("{'descr' '<f4'}"), 19, '"\'"'],
    ["no comma", npyFile("{'descr': '<f4' 'shape': (6,)}"), 26, '"\'"'],
    ["two commas", npyFile("{'descr': '<f4',, }"), 26, '","'],
    ["an open dict", npyFile("{'descr': '<f4', "), 27, "the end of the header"],
    ["an open string", npyFile("{'descr': '<f4"), 20, "an open quote"],
    ["an open string that ends in a backslash", npyFile("{'descr': '<f4\\"), 20, "an open quote"],
    ["an open tuple", npyFile("{'shape': (2, 3"), 25, "the end of the header"],
    ["an open list", npyFile("{'shape': [2, 3, "), 27, "the end of the header"],
    ["brackets that do not match", npyFile("{'shape': (2, 3]}"), 25, '"]"'],
    ["text after the dict", npyFile(`${good} 0`, 24), 10 + good.length + 1, '"0"'],
    ["an expression", npyFile("{'shape': __import__('os')}"), 20, '"_"'],
    ["a name", npyFile("{'shape': None}"), 20, '"N"'],
    ["half a word", npyFile("{'fortran_order': Fals}"), 32, '"}"'],
    ["a long word", npyFile("{'fortran_order': Falsey}"), 33, '"y"'],
    ["a float", npyFile("{'shape': (1.5,)}"), 22, '"."'],
    ["a hexadecimal number", npyFile("{'shape': (0x10,)}"), 22, '"x"'],
    ["leading zeros", npyFile("{'shape': (007,)}"), 21, '"007"'],
    ["a minus alone", npyFile("{'shape': (-,)}"), 22, '","'],
    ["a tuple of commas", npyFile("{'shape': (,)}"), 21, '","'],
    ["a nest", npyFile(`{'shape': ${"(".repeat(60000)}}`), 36, "more"],
    ["a shape in brackets", npyFile(npyDictionary("(3)"), 12), 60, "none"],
    ["a shape that is a list", npyFile(npyDictionary("[2, 3]"), 24), 60, "a list"],
    ["a shape that is a number", npyFile(npyDictionary("6"), 24), 60, "6"],
    ["a shape of strings", npyFile(npyDictionary("('6',)"), 24), 61, '"6"'],
    ["a shape of tuples", npyFile(npyDictionary("((2,), 3)"), 24), 61, "a tuple"],
    ["a shape of booleans", npyFile(npyDictionary("(True,)"), 4), 61, "True"],
    ["a negative size", npyFile(npyDictionary("(-2, -3)"), 24), 61, "-2"],
    ["a size beyond 2^53", npyFile(npyDictionary("(9007199254740993,)"), 24), 61, "9007199254740992"],
    ["a size beyond all numbers", npyFile(npyDictionary(`(${"9".repeat(400)},)`), 24), 61, "Infinity"],
    ["a product beyond 2^50", npyFile(npyDictionary("(4294967296, 4294967296)"), 0), 60, "[4294967296, 4294967296]"],
    [
      "a product that wraps to 0",
      npyFile(npyDictionary("(0, 4294967296, 4294967296)"), 0),
      60,
      "[0, 4294967296, 4294967296]",
    ],
    ["65 dimensions", npyFile(npyDictionary(`(${"1, ".repeat(65)})`), 4), 60, "65"],
    ["an order that is a number", npyFile(npyDictionary("(2, 3)", "'<f4'", "0"), 24), 44, "0"],
    ["floats of 128 bits", npyFile(npyDictionary("(2, 3)", "'<f16'"), 96), 20, '"<f16"'],
    ["floats of no byte order", npyFile(npyDictionary("(2, 3)", "'|f4'"), 24), 20, '"|f4"'],
    ["complex numbers", npyFile(npyDictionary("(2, 3)", "'<c8'"), 48), 20, '"<c8"'],
    ["integers", npyFile(npyDictionary("(2, 3)", "'<i4'"), 24), 20, '"<i4"'],
    ["objects", npyFile(npyDictionary("(2, 3)", "'|O'"), 24), 20, '"|O"'],
    ["a long dtype", npyFile(npyDictionary("(2, 3)", `'${"x".repeat(99)}'`), 24), 20, `"${"x".repeat(40)}..."`],
    [
      "a structured dtype",
      npyFile(npyDictionary("(2,)", "[('a', '<f4'), ('b', '<i4', (2,))]"), 24),
      20,
      "a structured dtype",
    ],
    ["a dtype that is a tuple", npyFile(npyDictionary("(2,)", "('<f4', (2,))"), 24), 20, "a tuple"],
    ["data cut short", npyFile(good, 23), 10 + good.length, "23"],
    ["no data", npyFile(good, 0), 10 + good.length, "0"],
    ["bytes after the data", npyFile(good, 25), 10 + good.length, "25"],
    ["a lie about terabytes", npyFile(npyDictionary("(1099511627776,)"), 24), 79, "24"],
    ["float64 of float32's length", npyFile(npyDictionary("(2, 3)", "'<f8'"), 24), 10 + good.length, "24"],
  ];

  it.each(cases)("%s", async (_, bytes, at, got) => {
    for (const source of [bytes, new Blob([bytes as Uint8Array<ArrayBuffer>])]) {
      const error = await failure(() => readNpy(source, { name: "x.npy" }));
      expect(error.message).toBe(`readNpy: x.npy ${error.expected}, got ${got}`);
      expect(error.expected).toMatch(new RegExp(`^must .* at byte ${at}$`));
      expect(error).toMatchObject({ functionName: "readNpy", argument: "x.npy", got });
    }
  });

  it("every truncation of a good file", async () => {
    const whole = example("feature_map_bias.npy");
    for (let length = 0; length < whole.length; length++) await failure(() => readNpy(whole.slice(0, length)));
  });

  it("says what to do about it", async () => {
    const message = async (bytes: Uint8Array) => (await failure(() => readNpy(bytes))).message;
    expect(await message(npyFile(npyDictionary("(2, 3)", "'<i4'"), 24))).toBe(
      'readNpy: the .npy file must hold float16 ("<f2"), float32 ("<f4") or float64 ("<f8"), ' +
        'of either endianness (">f4"), at byte 20, got "<i4"',
    );
    expect(await message(npyFile(good, 20))).toBe(
      "readNpy: the .npy file must have 24 bytes of float32 data for shape [2, 3] at byte 69, got 20",
    );
  });

  it("names the file: the option, a File's own name, or what it is", async () => {
    const error = (source: Source, name?: string) => failure(() => openNpy(source, { name }));
    expect((await error(new Uint8Array(), "y.npy")).message).toMatch(/^openNpy: y\.npy must /);
    expect((await error(new File([], "z.npy"))).argument).toBe("z.npy");
    expect((await error(new File([], "z.npy"), "y.npy")).argument).toBe("y.npy");
    expect((await error(new Blob())).argument).toBe("the .npy file");
  });

  it("sources that are none", async () => {
    for (const source of [undefined, null, "x.npy", 3, [1, 2], { size: 3 }, new Proxy({}, {})])
      await expect(readNpy(source as unknown as Source)).rejects.toThrow(
        /^readNpy: source must be an ArrayBuffer, a typed array or a Blob, got /,
      );
    const detached = new Uint8Array(8);
    structuredClone(detached.buffer, { transfer: [detached.buffer] });
    for (const source of [detached, detached.buffer])
      await expect(readNpy(source)).rejects.toThrow(/^readNpy: source must not be detached, got /);
    await expect(readNpy(detached)).rejects.toBeInstanceOf(ArgumentError);
  });

  it("a Blob that has become shorter", async () => {
    const whole = example("feature_map_bias.npy");
    const shrunk = {
      size: whole.length,
      slice: (begin: number, end: number) => new Blob([whole.slice(begin, Math.min(end, 200))]),
    };
    const error = await failure(() => readNpy({ ...shrunk, arrayBuffer: () => Promise.reject(new Error()) }));
    expect(error.message).toBe("readNpy: the .npy file must go on to byte 256, got its end at byte 200");
  });
});

describe("openNpy", () => {
  it("reads the header alone, then the data", async () => {
    const blob = new CountingBlob([example("tokens.npy")]);
    const file = await openNpy(blob);
    expect(file).toMatchObject({ dtype: "float32", shape: [32, 768] });
    expect(blob.bytesRead).toBeLessThanOrEqual(12 + 128);
    expect(seen(await file.read())).toEqual(seen(await readNpy(example("tokens.npy"))));
    expect(blob.bytesRead).toBeLessThanOrEqual(12 + 128 + 4 * 32 * 768);
  });
});

describe("readNpyHeader", () => {
  const bytes = example("tokens.npy");

  it("needs only the beginning of the file, and npyHeaderSize less", () => {
    expect(npyHeaderSize(bytes.subarray(0, 12), bytes.length, "x")).toBe(128);
    expect(readNpyHeader(bytes.subarray(0, 128), bytes.length, "x")).toEqual({
      dtype: "float32",
      shape: [32, 768],
      dataOffset: 128,
      littleEndian: true,
      fortranOrder: false,
    });
    expect(() => readNpyHeader(bytes.subarray(0, 128), bytes.length - 1, "x")).toThrow(FormatError);
  });

  it("tells byte order and order", () => {
    const [big, fortranOrder] = [fixture("f8_big_C.npy"), fixture("f2_little_F.npy")];
    expect(readNpyHeader(big, big.length, "x")).toMatchObject({ littleEndian: false, fortranOrder: false });
    expect(readNpyHeader(fortranOrder, fortranOrder.length, "x")).toMatchObject({
      littleEndian: true,
      fortranOrder: true,
    });
  });

  it("does not mind a size that nobody knows", () => {
    expect(npyHeaderSize(bytes.subarray(0, 12), undefined, "x")).toBe(128);
    expect(readNpyHeader(bytes.subarray(0, 128), undefined, "x").shape).toEqual([32, 768]);
  });
});

describe("writeNpy", () => {
  const write = (shape: number[], length = sizeOf(shape)) => writeNpy({ data: new Float32Array(length), shape });

  it.each([
    [[], "()", 118],
    [[3], "(3,)", 118],
    [[2, 0, 3], "(2, 0, 3)", 118],
    [Array(32).fill(1), `(${"1, ".repeat(31)}1)`, 182],
  ])("writes the header of shape %j as NumPy does", (shape, tuple, headerLength) => {
    const header = npyDictionary(tuple).padEnd(headerLength - 1) + "\n";
    expect(Buffer.from(write(shape)).equals(npyFile(header, 4 * sizeOf(shape)))).toBe(true);
  });

  it("and the reader agree on every tensor, bit for bit", async () => {
    await fc.assert(
      fc.asyncProperty(tensors("float32", "float64", "float16"), async (tensor) => {
        expect(seen(await readNpy(writeNpy(tensor)))).toEqual(seen(tensor));
      }),
      { numRuns: 1000 },
    );
  });

  it("writes views, shared memory and resident tensors", async () => {
    const plain = { data: Float32Array.of(1, 2), shape: [2], dtype: "float32" } as const;
    const shared = new Float32Array(new SharedArrayBuffer(8));
    shared.set(plain.data);
    const engine = createEngineSync();
    for (const data of [Float32Array.of(0, 1, 2, 3).subarray(1, 3), shared])
      expect(seen(await readNpy(writeNpy({ data, shape: [2] })))).toEqual(seen(plain));
    expect(seen(await readNpy(writeNpy(engine.tensor(plain.data, [2]))))).toEqual(seen(plain));
    engine.dispose();
  });

  it.each([
    [[2, 3], 5],
    [[-1, -6], 6],
    [[0.5, 12], 6],
    [[NaN], 0],
    [Array(65).fill(1), 1],
  ])("refuses shape %j for %i elements", (shape, length) => {
    expect(() => write(shape, length)).toThrow(ShapeError);
    expect(() => write(shape, length)).toThrow(/^writeNpy: tensor\.shape must /);
  });

  it("refuses what is no tensor, and what is one no longer", () => {
    for (const tensor of [undefined, null, 3, new Float32Array(3), { data: new Float32Array(3) }])
      expect(() => writeNpy(tensor as unknown as TensorLike)).toThrow(ArgumentError);
    const engine = createEngineSync();
    const resident = engine.tensor([1, 2], [2]);
    resident.dispose();
    expect(() => writeNpy(resident)).toThrow(DisposedError);
    engine.dispose();
  });

  it("refuses dtypes that .npy has no name for, and says what to do", () => {
    const bits = { data: new Uint16Array(6), shape: [6] };
    expect(() => writeNpy({ ...bits, dtype: "bfloat16" })).toThrow(DTypeError);
    expect(() => writeNpy({ ...bits, dtype: "bfloat16" })).toThrow(/writeSafetensors/);
    expect(() => writeNpy(bits)).toThrow(DTypeError);
    const data = new Int32Array(6) as unknown as Float32Array;
    expect(() => writeNpy({ data, shape: [6] })).toThrow(
      /^writeNpy: tensor\.data must .*Float32Array.*, got Int32Array$/,
    );
  });
});
