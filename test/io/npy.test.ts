import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError, LanenormError } from "../../src/errors.js";
import { npyParts, readNpy, readNpyHeader, writeNpy } from "../../src/io/npy.js";
import { sizeOf } from "../../src/shape.js";

const examples = new URL("../../examples/data/", import.meta.url);
const example = (name: string) => new Uint8Array(readFileSync(new URL(name, examples)));

/** A file with any header text: what a careless or hostile writer could produce. */
function file(header: string, dataBytes: number | Uint8Array = 0, version = [1, 0]): Uint8Array {
  const text = Buffer.from(header, "latin1");
  const length = Buffer.alloc(version[0] === 1 ? 2 : 4);
  if (version[0] === 1) length.writeUInt16LE(text.length);
  else length.writeUInt32LE(text.length);
  const magic = Buffer.from("\x93NUMPY", "latin1");
  const data = typeof dataBytes === "number" ? Buffer.alloc(dataBytes) : dataBytes;
  return new Uint8Array(Buffer.concat([magic, Buffer.from(version), length, text, data]));
}

const dictionary = (shape: string, descr = "'<f4'", order = "False") =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`;

function failure(bytes: Uint8Array): FormatError {
  try {
    readNpy(bytes, "x.npy");
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return error as FormatError;
  }
  throw new Error("readNpy took a file it must refuse");
}

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

  it.each(Object.entries(shapes))("%s has shape %j", (name, shape) => {
    const { tensor } = readNpy(example(name), name);
    expect(tensor.shape).toEqual(shape);
    expect(tensor.data).toBeInstanceOf(Float32Array);
    expect(tensor.data.length).toBe(sizeOf(shape));
    expect(tensor.data.every(Number.isFinite)).toBe(true);
  });

  it("come back byte for byte from the writer", () => {
    for (const name of Object.keys(shapes).filter((name) => !name.includes("float64")))
      expect(Buffer.from(writeNpy(readNpy(example(name), name).tensor)).equals(example(name)), name).toBe(true);
  });

  it("hold the values NumPy printed", () => {
    const { tensor, note } = readNpy(example("tokens.npy"), "tokens.npy");
    expect([...tensor.data.subarray(0, 3)]).toEqual([-1.0384429, 0.43877947, -2.1064126].map(Math.fround));
    expect(note).toBeUndefined();
  });

  it("of float64 are rounded, with a note", () => {
    const { tensor, note } = readNpy(example("measurements_float64.npy"), "m.npy");
    expect([...tensor.data.subarray(0, 3)]).toEqual(
      [14.838147817305671, 17.685780470350153, 22.02036831905461].map(Math.fround),
    );
    expect(note).toBe("float64 was rounded to float32");
  });
});

describe("what is accepted", () => {
  const shapeOf = (header: string, bytes = 24) => readNpy(file(header, bytes), "x.npy").tensor.shape;

  it("all three versions", () => {
    for (const major of [1, 2, 3])
      expect(readNpy(file(dictionary("(2, 3)"), 24, [major, 0]), "x").tensor.shape).toEqual([2, 3]);
  });

  it("every spelling of a shape", () => {
    expect(shapeOf(dictionary("()"), 4)).toEqual([]);
    expect(shapeOf(dictionary("(6,)"))).toEqual([6]);
    expect(shapeOf(dictionary("(2L, 3L)"))).toEqual([2, 3]);
    expect(shapeOf(dictionary("( 2 ,\t3,\n)"))).toEqual([2, 3]);
    expect(shapeOf(dictionary("(0,)"), 0)).toEqual([0]);
    expect(shapeOf(dictionary("(5, 0, 3)"), 0)).toEqual([5, 0, 3]);
    expect(Object.is(shapeOf(dictionary("(-0,)"), 0)[0], 0)).toBe(true);
  });

  it("keys in any order, either quote, with or without the last comma", () => {
    expect(shapeOf(`{"shape":(6,),"fortran_order":False,"descr":"<f4"}`)).toEqual([6]);
    expect(shapeOf(`  {'fortran_order' : False , 'shape':(6,) , 'descr':'<f4' , }  \n`)).toEqual([6]);
  });

  it("Fortran order where it is the same bytes", () => {
    for (const [shape, bytes] of [
      ["()", 4],
      ["(6,)", 24],
      ["(1, 6, 1)", 24],
      ["(1, 1)", 4],
      ["(0, 6)", 0],
    ] as const)
      expect(() => readNpy(file(dictionary(shape, "'<f4'", "True"), bytes), "x")).not.toThrow();
  });

  it("any place in a larger buffer, of any alignment", () => {
    const { data } = readNpy(example("tokens_bias.npy"), "b").tensor;
    const whole = example("tokens_bias.npy");
    for (let shift = 0; shift < 9; shift++) {
      const pool = Buffer.alloc(whole.length + 16, 0xff);
      pool.set(whole, shift);
      expect(readNpy(pool.subarray(shift, shift + whole.length), "b").tensor.data).toEqual(data);
    }
  });

  it("headers that leave the data unaligned", () => {
    const values = new Float32Array([1.5, -2.5]);
    const wide = new Float64Array([1.5, -2.5]);
    for (let spaces = 0; spaces < 8; spaces++) {
      const pad = " ".repeat(spaces);
      const narrow = file(dictionary("(2,)") + pad, new Uint8Array(values.buffer));
      expect(readNpy(narrow, "x").tensor.data).toEqual(values);
      const double = file(dictionary("(2,)", "'<f8'") + pad, new Uint8Array(wide.buffer));
      expect(readNpy(double, "x").tensor.data).toEqual(values);
    }
  });

  it("aligned data without a copy", () => {
    const bytes = example("tokens.npy");
    expect(readNpy(bytes, "x").tensor.data.buffer).toBe(bytes.buffer);
  });

  it("float64 beyond float32's range, which the note counts", () => {
    const values = new Float64Array([1e39, -1e300, Infinity, NaN, 1e-50, 3]);
    const { tensor, note } = readNpy(file(dictionary("(6,)", "'<f8'"), new Uint8Array(values.buffer)), "x");
    expect([...tensor.data]).toEqual([Infinity, -Infinity, Infinity, NaN, 0, 3]);
    expect(note).toBe("float64 was rounded to float32; 2 beyond its range became infinite");
  });
});

describe("what is refused, and where", () => {
  const good = dictionary("(2, 3)");
  const cases: [title: string, bytes: Uint8Array, at: number, got: string][] = [
    ["an empty file", new Uint8Array(), 0, '""'],
    ["another kind of file", Buffer.from("PK\x03\x04 a zip archive"), 0, '"PK\\x03\\x04 a"'],
    ["terminal escapes", Buffer.from("\x1b[31mred"), 0, '"\\x1b[31mr"'],
    ["nothing after the magic", file(good).subarray(0, 6), 6, "the end of the file"],
    ["half a version", file(good).subarray(0, 7), 7, "the end of the file"],
    ["version 0.0", file(good, 24, [0, 0]), 6, "0.0"],
    ["version 4.0", file(good, 24, [4, 0]), 6, "4.0"],
    ["version 1.1", file(good, 24, [1, 1]), 6, "1.1"],
    ["no header length", file(good).subarray(0, 9), 9, "the end of the file"],
    ["half a long header length", file(good, 24, [2, 0]).subarray(0, 11), 11, "the end of the file"],
    ["a header cut short", file(good).subarray(0, 40), 8, `${good.length} bytes`],
    ["a header of 4 GB", Uint8Array.of(...file("", 0, [2, 0]).subarray(0, 8), 255, 255, 255, 255), 8, "4294967295"],
    ["an empty header", file(""), 10, "the end of the header"],
    ["a header of zeros", file("\0".repeat(54)), 10, '"\\x00"'],
    ["an empty dict", file("{}"), 10, "none"],
    ["a missing key", file("{'descr': '<f4', 'shape': (6,)}", 24), 10, "descr, shape"],
    ["a foreign key", file(good.replace("}", "'extra': 1}"), 24), 10, "descr, fortran_order, shape, extra"],
    ["a repeated key", file(`{'descr': '<f4', 'descr': '<f4'}`), 27, '"descr" again'],
    ["a key that is no string", file("{1: 2}"), 11, '"1"'],
    ["no colon", file("{'descr' '<f4'}"), 19, '"\'"'],
    ["no comma", file("{'descr': '<f4' 'shape': (6,)}"), 26, '"\'"'],
    ["two commas", file("{'descr': '<f4',, }"), 26, '","'],
    ["an open dict", file("{'descr': '<f4', "), 27, "the end of the header"],
    ["an open string", file("{'descr': '<f4"), 20, "an open quote"],
    ["an open string that ends in a backslash", file("{'descr': '<f4\\"), 20, "an open quote"],
    ["an open tuple", file("{'shape': (2, 3"), 25, "the end of the header"],
    ["an open list", file("{'shape': [2, 3, "), 27, "the end of the header"],
    ["brackets that do not match", file("{'shape': (2, 3]}"), 25, '"]"'],
    ["text after the dict", file(`${good} 0`, 24), 10 + good.length + 1, '"0"'],
    ["an expression", file("{'shape': __import__('os')}"), 20, '"_"'],
    ["a name", file("{'shape': None}"), 20, '"N"'],
    ["half a word", file("{'fortran_order': Fals}"), 32, '"}"'],
    ["a long word", file("{'fortran_order': Falsey}"), 33, '"y"'],
    ["a float", file("{'shape': (1.5,)}"), 22, '"."'],
    ["a hexadecimal number", file("{'shape': (0x10,)}"), 22, '"x"'],
    ["leading zeros", file("{'shape': (007,)}"), 21, '"007"'],
    ["a minus alone", file("{'shape': (-,)}"), 22, '","'],
    ["a tuple of commas", file("{'shape': (,)}"), 21, '","'],
    ["a nest", file(`{'shape': ${"(".repeat(60000)}}`), 36, "more"],
    ["a shape in brackets", file(dictionary("(3)"), 12), 60, "none"],
    ["a shape that is a list", file(dictionary("[2, 3]"), 24), 60, "a list"],
    ["a shape that is a number", file(dictionary("6"), 24), 60, "6"],
    ["a shape of strings", file(dictionary("('6',)"), 24), 61, '"6"'],
    ["a shape of tuples", file(dictionary("((2,), 3)"), 24), 61, "a tuple"],
    ["a shape of booleans", file(dictionary("(True,)"), 4), 61, "True"],
    ["a negative size", file(dictionary("(-2, -3)"), 24), 61, "-2"],
    ["a size beyond 2^53", file(dictionary("(9007199254740993,)"), 24), 61, "9007199254740992"],
    ["a size beyond all numbers", file(dictionary(`(${"9".repeat(400)},)`), 24), 61, "Infinity"],
    ["a product beyond 2^50", file(dictionary("(4294967296, 4294967296)"), 0), 60, "[4294967296, 4294967296]"],
    [
      "a product that wraps to 0",
      file(dictionary("(0, 4294967296, 4294967296)"), 0),
      60,
      "[0, 4294967296, 4294967296]",
    ],
    ["65 dimensions", file(dictionary(`(${"1, ".repeat(65)})`), 4), 60, "65"],
    ["Fortran order", file(dictionary("(2, 3)", "'<f4'", "True"), 24), 44, "Fortran order of shape [2, 3]"],
    ["an order that is a number", file(dictionary("(2, 3)", "'<f4'", "0"), 24), 44, "0"],
    ["big-endian floats", file(dictionary("(2, 3)", "'>f4'"), 24), 20, '">f4"'],
    ["half precision", file(dictionary("(2, 3)", "'<f2'"), 12), 20, '"<f2"'],
    ["integers", file(dictionary("(2, 3)", "'<i4'"), 24), 20, '"<i4"'],
    ["objects", file(dictionary("(2, 3)", "'|O'"), 24), 20, '"|O"'],
    ["a long dtype", file(dictionary("(2, 3)", `'${"x".repeat(99)}'`), 24), 20, `"${"x".repeat(40)}..."`],
    [
      "a structured dtype",
      file(dictionary("(2,)", "[('a', '<f4'), ('b', '<i4', (2,))]"), 24),
      20,
      "a structured dtype",
    ],
    ["a dtype that is a tuple", file(dictionary("(2,)", "('<f4', (2,))"), 24), 20, "a tuple"],
    ["data cut short", file(good, 23), 10 + good.length, "23"],
    ["no data", file(good, 0), 10 + good.length, "0"],
    ["bytes after the data", file(good, 25), 10 + good.length, "25"],
    ["a lie about terabytes", file(dictionary("(1099511627776,)"), 24), 79, "24"],
    ["float64 of float32's length", file(dictionary("(2, 3)", "'<f8'"), 24), 10 + good.length, "24"],
  ];

  it.each(cases)("%s", (_, bytes, at, got) => {
    const error = failure(bytes);
    expect(error.message).toBe(`readNpy: x.npy ${error.expected}, got ${got}`);
    expect(error.expected).toMatch(new RegExp(`^must .* at byte ${at}$`));
    expect(error).toMatchObject({ functionName: "readNpy", argument: "x.npy", got });
  });

  it("every truncation of a good file", () => {
    const whole = example("feature_map_bias.npy");
    for (let length = 0; length < whole.length; length++) failure(whole.slice(0, length));
  });

  it("says what to do about it", () => {
    expect(failure(file(dictionary("(2, 3)", "'>f4'"), 24)).message).toBe(
      'readNpy: x.npy must hold float32 ("<f4") or float64 ("<f8"), little-endian, at byte 20, got ">f4"',
    );
    expect(failure(file(good, 20)).message).toBe(
      "readNpy: x.npy must have 24 bytes of float32 data for shape [2, 3] at byte 69, got 20",
    );
  });
});

describe("hostile headers", () => {
  /** Accepts, with data and shape that agree, or refuses with FormatError; nothing else. */
  function checkSane(bytes: Uint8Array): void {
    try {
      const { tensor } = readNpy(bytes, "fuzz.npy");
      expect(tensor.data.length).toBe(sizeOf(tensor.shape));
      expect(tensor.data.byteLength).toBeLessThanOrEqual(bytes.length);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      expect(error.message.length).toBeLessThan(500);
      expect(error.message).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
    }
  }

  const seeds = [
    example("feature_map_bias.npy"),
    file(dictionary("(2L, 3L)"), 24, [2, 0]),
    file(dictionary("(2, 3)", "'<f8'"), 48, [3, 0]),
    file(dictionary("(2,)", "[('a', '<f4'), ('b', '<i4', (2,))]"), 24),
  ];
  const fragments = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ",",
    ":",
    "'",
    '"',
    "\\",
    "-",
    "L",
    "0",
    "9".repeat(30),
    "True",
    "\0",
    "\xff",
  ];
  const mutation = fc.oneof(
    fc.record({ kind: fc.constant("set" as const), at: fc.nat(160), byte: fc.nat(255) }),
    fc.record({ kind: fc.constant("cut" as const), at: fc.nat(160), length: fc.nat(40) }),
    fc.record({ kind: fc.constant("insert" as const), at: fc.nat(160), text: fc.constantFrom(...fragments) }),
  );
  type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

  function mutate(bytes: Buffer, change: Mutation): Buffer {
    const at = Math.min(change.at, bytes.length);
    if (change.kind === "insert")
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(change.text, "latin1"), bytes.subarray(at)]);
    if (change.kind === "cut") return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + change.length)]);
    const changed = Buffer.from(bytes);
    if (at < changed.length) changed[at] = change.byte;
    return changed;
  }

  it("mutated files", () => {
    const mutated = fc
      .tuple(fc.constantFrom(...seeds), fc.array(mutation, { minLength: 1, maxLength: 4 }))
      .map(([seed, changes]) => changes.reduce(mutate, Buffer.from(seed)));
    fc.assert(fc.property(mutated, checkSane), { numRuns: 20_000 });
  });

  it("mutated dicts in files whose header length is right", () => {
    const text = fc
      .tuple(
        fc.constantFrom(dictionary("(2, 3)"), dictionary("()", "[('a', '<f4')]")),
        fc.array(mutation, { maxLength: 4 }),
      )
      .map(([seed, changes]) => changes.reduce(mutate, Buffer.from(seed, "latin1")).toString("latin1"));
    fc.assert(
      fc.property(text, (header) => checkSane(file(header, 24))),
      { numRuns: 20_000 },
    );
  });

  it("sequences of the grammar's own pieces", () => {
    const pieces = [...fragments, "'descr'", "'<f4'", "'shape'", "'fortran_order'", "False", "(2, 3)", " ", "1"];
    const header = fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((parts) => `{${parts.join("")}`);
    fc.assert(
      fc.property(header, (text) => checkSane(file(text, 24))),
      { numRuns: 10_000 },
    );
  });

  it("agrees with the grammar on every shape it takes", () => {
    const sizes = fc.array(fc.nat(6), { maxLength: 5 });
    fc.assert(
      fc.property(sizes, fc.constantFrom("", "L"), fc.constantFrom("", " "), (shape, long, space) => {
        const tuple = `(${shape.map((size) => `${size}${long},${space}`).join("")})`;
        expect(readNpy(file(dictionary(tuple), 4 * sizeOf(shape)), "x").tensor.shape).toEqual(shape);
      }),
    );
  });
});

describe("readNpyHeader", () => {
  it("needs only the beginning of the file", () => {
    const bytes = example("tokens.npy");
    expect(readNpyHeader(bytes.subarray(0, 128), bytes.length, "x")).toEqual({
      dtype: "float32",
      shape: [32, 768],
      dataOffset: 128,
    });
    expect(() => readNpyHeader(bytes.subarray(0, 128), bytes.length - 1, "x")).toThrow(FormatError);
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
    const header = dictionary(tuple).padEnd(headerLength - 1) + "\n";
    expect(Buffer.from(write(shape)).equals(file(header, 4 * sizeOf(shape)))).toBe(true);
  });

  it("and the reader agree on every tensor, bit for bit", () => {
    const tensors = fc
      .array(fc.nat(5), { maxLength: 4 })
      .chain((shape) =>
        fc.tuple(fc.constant(shape), fc.uint8Array({ minLength: 4 * sizeOf(shape), maxLength: 4 * sizeOf(shape) })),
      );
    fc.assert(
      fc.property(tensors, ([shape, bits]) => {
        const bytes = writeNpy({ data: new Float32Array(bits.slice().buffer), shape });
        const { tensor } = readNpy(bytes, "x");
        expect(tensor.shape).toEqual(shape);
        expect(Buffer.from(bytes.subarray(bytes.length - bits.length)).equals(bits)).toBe(true);
        expect(bytes.length - bits.length).toSatisfy((offset: number) => offset % 64 === 0);
      }),
    );
  });

  it("writes a view's own elements", () => {
    const pool = Float32Array.of(0, 1, 2, 3);
    const [, data] = npyParts({ data: pool.subarray(1, 3), shape: [2] });
    expect(data.buffer).toBe(pool.buffer);
    expect([...new Float32Array(data.slice().buffer)]).toEqual([1, 2]);
  });

  it.each([
    [[2, 3], 5],
    [[-1, -6], 6],
    [[0.5, 12], 6],
    [[NaN], 0],
    [Array(65).fill(1), 1],
  ])("refuses shape %j for %i elements", (shape, length) => {
    expect(() => write(shape, length)).toThrow(LanenormError);
    expect(() => write(shape, length)).toThrow(/^writeNpy: tensor\.shape must /);
  });

  it("refuses other arrays", () => {
    const data = new Float64Array(6) as unknown as Float32Array;
    expect(() => writeNpy({ data, shape: [6] })).toThrow(/^writeNpy: tensor must .*Float32Array, got Float64Array$/);
  });
});
