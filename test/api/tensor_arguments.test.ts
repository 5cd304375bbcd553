import { describe, expect, it } from "vitest";
import { ArgumentError, DTypeError, LanenormError, ShapeError } from "../../src/index.js";
import { kinds } from "./kinds.js";
import { calls, type Op } from "./ops.js";
import {
  argumentOf,
  type BackendName,
  backends,
  engineOf,
  expectRefusal,
  expectUntouched,
  expectWellFormed,
  goodArguments,
  homes,
  host,
  kindsOfParameter,
  placesToWrite,
  type Refusal,
  thrownBy,
} from "./support.js";

const data = new Float32Array(24);
const notTensors: Record<string, unknown> = {
  undefined,
  null: null,
  "a number": 3,
  "a string": "x",
  "a symbol": Symbol("x"),
  "a function": () => data,
  "a bigint": 3n,
  "a bare array": data,
  "an empty object": {},
  "an object without prototype": Object.create(null),
  "no shape": { data },
  "no data": { shape: [2, 4, 3] },
};

const notData: Record<string, unknown> = {
  null: null,
  "a Uint16Array without a dtype": new Uint16Array(24),
  "an Int16Array": new Int16Array(24),
  "an Int32Array": new Int32Array(24),
  "a Uint32Array": new Uint32Array(24),
  "a BigInt64Array": new BigInt64Array(24),
  "a Uint8Array": new Uint8Array(96),
  "a DataView": new DataView(new ArrayBuffer(96)),
  "an ArrayBuffer": new ArrayBuffer(96),
  "a plain array": Array.from(data),
  "a string": "0".repeat(24),
  "a number": 24,
  "a symbol": Symbol("data"),
  "an array-like": { length: 24 },
  "no prototype": Object.assign(Object.create(null), { length: 24 }),
};

const notShapes: Record<string, unknown> = {
  null: null,
  "a number": 24,
  "a string": "2,4,3",
  "a typed array": Int32Array.of(2, 4, 3),
  "an array-like": { length: 1, 0: 24 },
  "strings in it": ["2", "4", "3"],
  "a fraction": [2, 4.5, 3],
  "a NaN": [2, NaN, 3],
  "an infinity": [Infinity],
  "a negative size": [2, -4, 3],
  "two negative sizes": [-2, -4, 3],
  "a bigint": [24n],
  "a symbol": [Symbol("24")],
  "a null": [null],
  "a hole": new Array(3),
  "an array": [[2, 4, 3]],
  "fewer elements": [2, 4, 2],
  "more elements": [2, 4, 4],
  "no elements": [2, 0, 3],
  "no sizes": [],
  "2^32 + 24 elements": [2 ** 29 + 3, 8],
  "2^53 elements": [2 ** 26, 2 ** 27],
  "2^1000 elements": new Array(10).fill(2 ** 50).concat(new Array(20).fill(2 ** 25)),
  "a size past 2^53": [2 ** 53],
};

function suite(backend: BackendName, op: Op): void {
  const engine = engineOf(backend);
  const fits = { ...goodArguments(engine, op), ...placesToWrite(engine, op) };
  const refuse = (x: unknown, kind: Refusal["kind"], part: "" | ".data" | "(.data)?" | "(.shape)?") => {
    for (const input of op.inputs) {
      const args = { ...fits, [input]: x };
      const argument = new RegExp(`^${input}${part}$`);
      expectUntouched(engine, args, () =>
        expectRefusal(() => op.call(engine, args), { kind, functionName: op.name, argument }),
      );
    }
  };

  it.each(Object.keys(notTensors))("refuses as x, and as what is like it: %s", (name) => {
    refuse(notTensors[name], ArgumentError, "");
  });

  it.each(Object.keys(notData))("refuses as data: %s", (name) => {
    refuse({ data: notData[name], shape: op.shape }, DTypeError, ".data");
  });

  it.each(Object.keys(notShapes))("refuses as shape: %s", (name) => {
    refuse({ data, shape: notShapes[name] }, ShapeError, "(.shape)?");
  });

  it.each(["float64", "float16", "bfloat16", "int32", "", null, 32, Symbol("float32"), {}])(
    "refuses a Float32Array that is declared %s",
    (dtype) => {
      refuse({ data, shape: op.shape, dtype }, DTypeError, "(.data)?");
    },
  );

  it.each(["float32", "float64", "uint16", "Float16", "__proto__", "", null, 16, Symbol("float16"), {}])(
    "refuses a Uint16Array that is declared %s",
    (dtype) => {
      refuse({ data: new Uint16Array(24), shape: op.shape, dtype }, DTypeError, "(.data)?");
    },
  );

  it("refuses arrays of integers, whatever they are declared", () => {
    for (const Class of [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Int32Array, Uint32Array]) {
      for (const dtype of [undefined, "float16", "bfloat16", "float32"]) {
        refuse({ data: new Class(24), shape: op.shape, dtype }, DTypeError, ".data");
      }
    }
  });

  it.each(kinds)("takes parameters of the dtypes that go with x, and no other ($name)", (kind) => {
    for (const home of homes) {
      for (const argument of Object.keys(op.parameters)) {
        for (const parameterKind of kinds) {
          const parameter = argumentOf(argument, op.parameters[argument], 2, parameterKind);
          const args = { ...goodArguments(engine, op, home, kind), [argument]: parameter };
          if (kindsOfParameter(op, argument, kind).includes(parameterKind)) {
            expect(() => op.call(engine, args)).not.toThrow();
          } else {
            expectUntouched(engine, args, () =>
              expectRefusal(() => op.call(engine, args), { kind: DTypeError, functionName: op.name, argument }),
            );
          }
        }
      }
    }
  });

  it.each(Object.keys(op.parameters))("refuses a bad %s", (argument) => {
    const shape = op.parameters[argument];
    const { data: good } = host(shape);
    const bad: unknown[] = [
      3,
      "ones",
      {},
      Symbol("ones"),
      () => good,
      Array.from(good),
      new Float64Array(good),
      new Uint16Array(good.length),
      new DataView(good.buffer),
      good.subarray(1),
      new Float32Array(good.length + 1),
      { data: good },
      { data: good, shape: [...shape, 1] },
      { data: good, shape: [shape[0] + 1] },
      { data: good.subarray(1), shape },
      { data: new Float64Array(good), shape },
      { data: good, shape, dtype: "float16" },
    ];
    for (const value of bad) {
      const args = { ...fits, [argument]: value };
      const error = expectUntouched(engine, args, () => thrownBy(() => op.call(engine, args)));
      expect(error).toBeInstanceOf(LanenormError);
      expectWellFormed(error as LanenormError);
      expect((error as LanenormError).argument.split(".")[0]).toBe(argument);
    }
  });

  it("takes parameters that are left out, or does not, as its signature says", () => {
    for (const argument of Object.keys(op.parameters)) {
      for (const nothing of [undefined, null]) {
        const call = () => op.call(engine, { ...fits, [argument]: nothing });
        if (!op.required.includes(argument)) expect(call).not.toThrow();
        else expectRefusal(call, { kind: ArgumentError, functionName: op.name, argument });
      }
    }
  });

  it.each(homes)("takes good arguments (%s)", (home) => {
    const { usedBytes } = engine.memory;
    engine.scope(() => {
      op.call(engine, goodArguments(engine, op, home));
    });
    expect(engine.memory.usedBytes).toBe(usedBytes);
  });
}

describe.each(backends)("tensor arguments, %s", (backend) => {
  describe.each(calls)("$title", (op) => {
    suite(backend, op);
  });
});
