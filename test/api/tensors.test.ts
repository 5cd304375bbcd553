import { describe, expect, it } from "vitest";
import {
  ArgumentError,
  type DType,
  DTypeError,
  LanenormError,
  OutOfMemoryError,
  ShapeError,
  Tensor,
} from "../../src/index.js";
import { kinds } from "./kinds.js";
import {
  type BackendName,
  backends,
  bitsOfTensor,
  engineOf,
  expectRefusal,
  expectUntouched,
  expectWellFormed,
  host,
  named,
  thrownBy,
} from "./support.js";

const badShapes: unknown[] = [
  undefined,
  null,
  4,
  "4",
  Int32Array.of(4),
  [-4],
  [2.5],
  [NaN],
  ["4"],
  [4n],
  [Symbol("4")],
  new Array(2),
  [2 ** 27, 2 ** 26],
  [2 ** 53],
];
const badDtypes: unknown[] = ["int32", "Float32", "uint16", "toString", "", null, 32, Symbol("float32"), {}];

function suite(backend: BackendName): void {
  const engine = engineOf(backend);

  function refuse(action: () => unknown, kind: typeof LanenormError, functionName: string, argument?: string): void {
    expectUntouched(engine, {}, () => expectRefusal(action, { kind, functionName, argument }));
  }

  describe("engine.tensor", () => {
    const make = (data: unknown, shape: unknown, dtype?: unknown) =>
      engine.tensor(data as Float32Array, shape as number[], dtype as DType);

    it.each(named(badShapes))("refuses shape %s", (_, shape) => {
      refuse(() => make(new Float32Array(4), shape), ShapeError, "engine.tensor", "shape");
    });

    it.each(named(badDtypes))("refuses dtype %s", (_, dtype) => {
      refuse(() => make(new Float32Array(4), [4], dtype), DTypeError, "engine.tensor");
      refuse(() => make(new Uint16Array(4), [4], dtype), DTypeError, "engine.tensor");
      refuse(() => make([1, 2, 3, 4], [4], dtype), DTypeError, "engine.tensor", "dtype");
    });

    it("refuses a dtype that the array does not have", () => {
      for (const dtype of ["float64", "float16", "bfloat16"]) {
        refuse(() => make(new Float32Array(4), [4], dtype), DTypeError, "engine.tensor");
      }
      for (const dtype of ["float32", "float16"]) {
        refuse(() => make(new Float64Array(4), [4], dtype), DTypeError, "engine.tensor");
      }
    });

    it.each(kinds)("copies a $name array, to the bit", (kind) => {
      const data = kind.encode([1, -0, NaN, Infinity, 0.1, 1e-7]);
      const tensor = make(data, [2, 3], kind.arrayName === "Uint16Array" ? kind.dtype : undefined);
      expect([tensor.resident, tensor.dtype, tensor.shape]).toEqual([true, kind.dtype, [2, 3]]);
      expect(tensor.data[Symbol.toStringTag]).toBe(kind.arrayName);
      expect(bitsOfTensor(tensor)).toEqual(bitsOfTensor({ data, shape: [6] }));
      tensor.dispose();
    });

    it.each(kinds.filter(({ arrayName }) => arrayName !== "Float16Array"))("rounds numbers to $name once", (kind) => {
      // Just past the middle of two neighbours: by way of float32 they would round to even.
      const numbers = [1 / 3, -2.5e-8, 1 + 2 ** -11 + 2 ** -40, 1 + 2 ** -8 + 2 ** -40, 65_519.99999999, 7e4, 1e39];
      const tensor = make(numbers, [7], kind.dtype);
      expect(bitsOfTensor(tensor)).toEqual(bitsOfTensor({ data: kind.encode(numbers), shape: [7] }));
      tensor.dispose();
    });

    it.each(
      named([
        undefined,
        null,
        4,
        "1234",
        {},
        { length: 4 },
        Symbol("data"),
        new Int32Array(4),
        new Uint16Array(4),
        new ArrayBuffer(16),
        new DataView(new ArrayBuffer(16)),
        new Set([1, 2, 3, 4]),
      ]),
    )("refuses data %s", (_, data) => {
      refuse(() => make(data, [4]), DTypeError, "engine.tensor", "data");
    });

    it.each(named([[Symbol("1")], [1n], ["one"], [{}], [null], [undefined], new Array(1)]))(
      "refuses an array that does not hold numbers: %s",
      (_, data) => {
        const error = expectUntouched(engine, {}, () => thrownBy(() => make(data, [1])));
        expect(error).toBeInstanceOf(LanenormError);
        expectWellFormed(error as LanenormError);
        expect(error).toMatchObject({ functionName: "engine.tensor", argument: "data" });
      },
    );

    it.each([[[3]], [[5]], [[]], [[0]], [[4, 0]], [[4, 2]], [[2 ** 32 + 4]]])(
      "refuses four elements of shape %j",
      (shape) => {
        refuse(() => make(new Float32Array(4), shape), ShapeError, "engine.tensor", "data");
        refuse(() => make([1, 2, 3, 4], shape), ShapeError, "engine.tensor", "data");
      },
    );

    it("copies arrays of numbers and Float32Arrays", () => {
      const data = Float32Array.of(1, -0, NaN, Infinity);
      for (const source of [data, [...data]]) {
        const tensor = make(source, [2, 2]);
        expect(new Uint32Array(tensor.data.slice().buffer)).toEqual(new Uint32Array(data.buffer));
        expect([tensor.resident, tensor.dtype, tensor.shape]).toEqual([true, "float32", [2, 2]]);
        expect(tensor).toBeInstanceOf(Tensor);
        tensor.dispose();
      }
    });

    it("copies a tensor of the same memory while that memory grows", () => {
      const small = engineOf(backend);
      const source = small.tensor(host([10_000]).data, [10_000]);
      const kept = source.data.slice();
      const copy = small.tensor(source.data, [10_000]);
      expect(copy.data).toEqual(kept);
      expect(source.data).toEqual(kept);
    });

    it("keeps a shape of its own, which cannot be changed", () => {
      const shape = [2, 2];
      const tensor = make([1, 2, 3, 4], shape);
      shape[0] = 1000;
      expect(tensor.shape).toEqual([2, 2]);
      expect(() => {
        (tensor.shape as number[])[0] = 1000;
      }).toThrow(TypeError);
      tensor.dispose();
    });
  });

  describe("engine.empty", () => {
    const make = (shape: unknown, dtype?: unknown) =>
      engine.empty<DType>(shape as number[], dtype as DType) as Tensor<Float32Array>;

    it.each(named(badShapes))("refuses shape %s", (_, shape) => {
      refuse(() => make(shape), ShapeError, "engine.empty", "shape");
    });

    it.each(named(badDtypes))("refuses dtype %s", (_, dtype) => {
      refuse(() => make([4], dtype), DTypeError, "engine.empty", "dtype");
    });

    it.each(named([[2 ** 30], [2 ** 30 + 16], [2 ** 32], [2 ** 50], [2 ** 26, 2 ** 26], [2 ** 31, 2]]))(
      "cannot have %s",
      (_, shape) => {
        const { capacityBytes } = engine.memory;
        refuse(() => make(shape), OutOfMemoryError, "engine.empty");
        expect(engine.memory.capacityBytes).toBe(capacityBytes);
      },
    );

    it("is zero, also in memory that was used before", () => {
      const used = engine.tensor(host([100]).data, [100]);
      used.dispose();
      const tensor = make([100]);
      expect(tensor.data.every((value) => Object.is(value, 0))).toBe(true);
      tensor.dispose();
    });

    it.each(kinds.filter(({ arrayName }) => arrayName !== "Float16Array"))("is $name zeros", (kind) => {
      const tensor = make([5], kind.dtype);
      expect([tensor.dtype, tensor.data[Symbol.toStringTag]]).toEqual([kind.dtype, kind.arrayName]);
      expect([...tensor.data]).toEqual([0, 0, 0, 0, 0]);
      tensor.dispose();
    });

    it.each([[[]], [[0]], [[3, 0, 2]], [[1]]])("may have shape %j", (shape) => {
      const tensor = make(shape);
      expect(tensor.shape).toEqual(shape);
      expect(tensor.data).toHaveLength(shape.includes(0) ? 0 : 1);
      tensor.dispose();
    });
  });

  describe("engine.view", () => {
    const view = (offset: unknown, shape: unknown, dtype?: unknown) =>
      engine.view<DType>(offset as number, shape as number[], dtype as DType) as Tensor<Float32Array>;

    it.each(named(badShapes))("refuses shape %s", (_, shape) => {
      refuse(() => view(2048, shape), ShapeError, "engine.view", "shape");
    });

    it.each(named(badDtypes))("refuses dtype %s", (_, dtype) => {
      refuse(() => view(2048, [4], dtype), DTypeError, "engine.view", "dtype");
    });

    it.each(
      named([undefined, null, "2048", NaN, Infinity, -4, 2049, 2050, 2048.5, 2048n, {}, Symbol("2048"), 2 ** 53]),
    )("refuses offset %s", (_, offset) => {
      refuse(() => view(offset, [4]), ArgumentError, "engine.view", "byteOffset");
    });

    it("refuses to reach past the end of the memory", () => {
      const { capacityBytes } = engine.memory;
      const past: [number, number[]][] = [
        [capacityBytes, [1]],
        [capacityBytes - 4, [2]],
        [2048, [capacityBytes / 4]],
        [2048, [2 ** 30]],
        [2048, [2 ** 52]],
        [2 ** 32, [1]],
        [2 ** 32 + 2048, [1]],
        [2 ** 52, [0]],
      ];
      for (const [offset, shape] of past) refuse(() => view(offset, shape), ArgumentError, "engine.view");
      expect(view(capacityBytes - 4, [1]).data).toHaveLength(1);
      expect(view(capacityBytes, [0]).data).toHaveLength(0);
    });

    it.each([
      ["float64", 8],
      ["float32", 4],
      ["float16", 2],
      ["bfloat16", 2],
    ] as const)("of %s starts at a multiple of %i", (dtype, bytes) => {
      for (const off of [1, 2, 4].filter((distance) => distance < bytes)) {
        refuse(() => view(2048 + off, [4], dtype), ArgumentError, "engine.view", "byteOffset");
      }
      const { capacityBytes } = engine.memory;
      expect(view(2048 + bytes, [4], dtype).data.byteOffset).toBe(2048 + bytes);
      expect(view(capacityBytes - bytes, [1], dtype).data).toHaveLength(1);
      refuse(() => view(capacityBytes - bytes, [2], dtype), ArgumentError, "engine.view");
    });

    it("shares bytes with what lies there, and frees none of them", () => {
      const tensor = engine.tensor([1, 2, 3, 4], [4]);
      const { usedBytes } = engine.memory;
      const middle = view(tensor.data.byteOffset + 4, [2]);
      expect([...middle.data]).toEqual([2, 3]);
      middle.data[0] = 20;
      expect([...tensor.data]).toEqual([1, 20, 3, 4]);
      middle.dispose();
      expect(engine.memory.usedBytes).toBe(usedBytes);
      expect([...tensor.data]).toEqual([1, 20, 3, 4]);
      tensor.dispose();
    });

    it("is resident: results of it are, too", () => {
      const tensor = engine.tensor(host([2, 4]).data, [2, 4]);
      const y = engine.layerNorm(view(tensor.data.byteOffset, [2, 4]), 4);
      expect(y.resident).toBe(true);
      expect(y.data).toEqual(engine.layerNorm(host([2, 4]), 4).data);
      y.dispose();
      tensor.dispose();
    });
  });
}

describe.each(backends)("making tensors, %s", suite);
