import { describe, expect, it } from "vitest";
import { ArgumentError, DTypeError, LanenormError, OutOfMemoryError, ShapeError, Tensor } from "../../src/index.js";
import {
  type BackendName,
  backends,
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
const badDtypes: unknown[] = ["float64", "bfloat16", "", null, 32, Symbol("float32"), {}];

function suite(backend: BackendName): void {
  const engine = engineOf(backend);

  function refuse(action: () => unknown, kind: typeof LanenormError, functionName: string, argument?: string): void {
    expectUntouched(engine, {}, () => expectRefusal(action, { kind, functionName, argument }));
  }

  describe("engine.tensor", () => {
    const make = (data: unknown, shape: unknown, dtype?: unknown) =>
      engine.tensor(data as never, shape as never, dtype as never);

    it.each(named(badShapes))("refuses shape %s", (_, shape) => {
      refuse(() => make(new Float32Array(4), shape), ShapeError, "engine.tensor", "shape");
    });

    it.each(named(badDtypes))("refuses dtype %s", (_, dtype) => {
      refuse(() => make(new Float32Array(4), [4], dtype), DTypeError, "engine.tensor");
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
        new Float64Array(4),
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
    const make = (shape: unknown, dtype?: unknown) => engine.empty(shape as never, dtype as never);

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

    it.each([[[]], [[0]], [[3, 0, 2]], [[1]]])("may have shape %j", (shape) => {
      const tensor = make(shape);
      expect(tensor.shape).toEqual(shape);
      expect(tensor.data).toHaveLength(shape.includes(0) ? 0 : 1);
      tensor.dispose();
    });
  });

  describe("engine.view", () => {
    const view = (offset: unknown, shape: unknown, dtype?: unknown) =>
      engine.view(offset as never, shape as never, dtype as never);

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
