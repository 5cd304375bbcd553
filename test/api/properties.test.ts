import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LanenormError, ShapeError, type Tensor, type TensorLike } from "../../src/index.js";
import { type Op, ops } from "./ops.js";
import { argumentsOf, hasLoneValues, type RandomCall, randomCall, updatesOf } from "./random_calls.js";
import { type Expected, referenceOf, type Values } from "./reference.js";
import {
  type BackendName,
  backends,
  bitsOf,
  bitsOfTensor,
  engineOf,
  expectRefusal,
  expectSameBits,
  expectWellFormed,
  expectWorks,
  goodArguments,
  homes,
  snapshot,
  tensorsOf,
} from "./support.js";
import { type Kind, kinds } from "./kinds.js";

const goodRuns = 150;
const badRuns = 400;
const home = fc.constantFrom(...homes);

function goodSuite(backend: BackendName, op: Op): void {
  it("takes what is right, wherever it lies, with the same bits and the values of the formula", () => {
    const engine = engineOf(backend);
    const run = (call: RandomCall) => {
      const args = argumentsOf(engine, call);
      const result = op.call(engine, args);
      return {
        args,
        result,
        bits: [...bitsOf(result), ...updatesOf(call).map((name) => bitsOfTensor(tensorIn(args, name)))],
      };
    };
    fc.assert(
      fc.property(randomCall(op), (call) => {
        engine.scope(() => {
          if (hasLoneValues(call)) {
            const args = argumentsOf(engine, call);
            expectRefusal(() => op.call(engine, args), { kind: ShapeError, functionName: op.name, argument: "x" });
            return;
          }
          const anywhere = run(op.takesOut ? call : { ...call, out: "none" });
          const reference = run({ ...call, ...allHost });
          expectSameBits(anywhere.bits, reference.bits);
          expectKind(call, anywhere.result);
          expectValues(call, reference.result, reference.args);
        });
        expect(engine.memory.usedBytes).toBe(0);
      }),
      { numRuns: goodRuns },
    );
  });
}

const allHost = { xHome: "host", parameterHomes: ["host", "host", "host", "host"], bare: false, out: "none" } as const;

function tensorIn(args: Record<string, unknown>, name: string): TensorLike | ArrayBufferView {
  return args[name] as TensorLike | ArrayBufferView;
}

/** Results have x's home, its class of array and its dtype; statistics the dtype that it is computed in. */
function expectKind({ name, kind, xHome }: RandomCall, result: unknown): void {
  for (const [index, tensor] of tensorsOf(result).entries()) {
    const isOutput = index === 0 && name !== "rowwiseMoments";
    expect(tensor.resident).toBe(xHome === "resident");
    expect(tensor.dtype).toBe(isOutput ? kind.dtype : kind.computing);
    const arrayName = kind.computing === "float64" ? "Float64Array" : "Float32Array";
    expect(tensor.data[Symbol.toStringTag]).toBe(isOutput ? kind.arrayName : arrayName);
  }
}

/** For host tensors only. */
const fresh = engineOf("js");

/** Compares with the formula, from the numbers that the arguments were before the call. */
function expectValues(call: RandomCall, result: unknown, args: Record<string, unknown>): void {
  const before = argumentsOf(fresh, { ...call, ...allHost });
  const kindOf = (name: string) =>
    name === "x" ? call.kind : call.parameterKinds[Object.keys(call.parameters).indexOf(name)];
  const numbers = Object.fromEntries(
    ["x", ...Object.keys(call.parameters)].map((name) => [
      name,
      kindOf(name).decode((before[name] as TensorLike).data),
    ]),
  );
  const expected: Expected = referenceOf(call, numbers, call.kind.computing);
  const named = Object.entries((result as { data?: unknown }).data ? { output: result } : (result as object)) as [
    string,
    Tensor,
  ][];
  const statistics = kinds.find(({ name }) => name === call.kind.computing)!;
  for (const [name, tensor] of named) {
    expectClose(tensor, name === "output" ? call.kind : statistics, expected.results[name], name);
  }
  for (const [name, values] of Object.entries(expected.updated)) {
    const kind = kindOf(name);
    expectClose(args[name] as Tensor, kind, { shape: [values.length], values }, name);
  }
}

const unitRoundoff: Readonly<Record<string, number>> = {
  float64: 2 ** -53,
  float32: 2 ** -24,
  float16: 2 ** -11,
  bfloat16: 2 ** -8,
};

function expectClose(
  { data, shape }: TensorLike,
  kind: Kind,
  { shape: expectedShape, values }: Values,
  name: string,
): void {
  expect(shape, name).toEqual(expectedShape);
  const numbers = kind.decode(data);
  // A few roundings of what it is computed in, and the last one to the dtype.
  const computed = kind.computing === "float64" ? 2 ** -40 : 2 ** -18;
  for (const [index, value] of values.entries()) {
    const tolerance =
      computed * Math.max(1, Math.abs(value)) +
      unitRoundoff[kind.dtype] * Math.abs(value) +
      1e-7 * Number(kind.dtype === "float16");
    const error = Math.abs(numbers[index] - value);
    const fine = error <= tolerance || Object.is(numbers[index], value);
    if (!fine) expect.fail(`${name}[${index}] is ${numbers[index]} rather than ${value}`);
  }
}

// What no argument may be, and what no tensor, size or eps may be.
const nothings = [null, NaN, -1, 1.5, "4", true, Symbol("4"), 4n, () => 4, [-4], ["4"], [null], [2 ** 53]];
const badTensors: unknown[] = [
  ...nothings.slice(1),
  {},
  Object.create(null),
  { data: new Float32Array(7) },
  { shape: [7] },
  { data: new Float32Array(7), shape: [7.5] },
  { data: new Float32Array(7), shape: [8] },
  { data: new Float32Array(7), shape: [7], dtype: "float64" },
  { data: new Int32Array(24), shape: [2, 4, 3] },
  { data: new Uint16Array(24), shape: [2, 4, 3] },
  { data: new Uint16Array(24), shape: [2, 4, 3], dtype: "float32" },
  { data: Array.from({ length: 24 }), shape: [2, 4, 3] },
  { data: new Float32Array(24), shape: [2 ** 30, 2 ** 30] },
  new Float64Array(24),
  new Uint8Array(24),
];
const badSizes: unknown[] = [...nothings, undefined, {}, [5], [4, 4, 4, 4, 4], 2 ** 53];
const badMasks: unknown[] = [...nothings, {}, [], [true], [true, true, 1], [true, true, true, true]];
const badEps: unknown[] = [null, NaN, "1e-5", true, {}, [], Symbol("eps"), 1n];

function badValue(op: Op): fc.Arbitrary<[string, unknown]> {
  const of = (name: string, pool: readonly unknown[]): fc.Arbitrary<[string, unknown]> =>
    fc.constantFrom(...pool).map((value) => [name, value]);
  const choices = [
    ...op.inputs.map((name) => of(name, [...badTensors, undefined, null])),
    ...Object.keys(op.parameters).map((name) => of(name, badTensors)),
  ];
  // No axes are axes, and minus one is one.
  const sizes = op.sizeName === "axes" ? badSizes : [...badSizes, []];
  if (op.size !== undefined) choices.push(of("size", sizes));
  if (op.options.includes("layout")) choices.push(of("layout", ["last", null, 1]));
  if (op.options.includes("momentum")) choices.push(of("momentum", [NaN, 2, null, "0.1"]));
  if (op.options.includes("dim")) choices.push(of("dim", [3, 0.5, null, "1"]), of("p", [0, NaN, null, "2"]));
  for (const { name } of op.places) choices.push(of(name, badTensors));
  if (op.options.includes("outputMask")) choices.push(of("outputMask", badMasks));
  if (op.takesEps) choices.push(of("eps", badEps));
  return fc.oneof(...choices);
}

function badSuite(backend: BackendName, op: Op): void {
  it("refuses whatever is wrong with a LanenormError, and writes nothing", () => {
    const engine = engineOf(backend);
    const spoiled = fc.array(badValue(op), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(spoiled, home, (changes, xHome) => {
        engine.scope(() => {
          const args: Record<string, unknown> = { ...goodArguments(engine, op, xHome), ...Object.fromEntries(changes) };
          const before = snapshot(args);
          const { usedBytes } = engine.memory;
          let error: unknown;
          try {
            op.call(engine, args);
          } catch (reason) {
            error = reason;
          }
          expect(error).toBeInstanceOf(LanenormError);
          expectWellFormed(error as LanenormError);
          expect((error as LanenormError).functionName).toBe(op.name);
          expect(snapshot(args)).toEqual(before);
          expect(engine.memory.usedBytes).toBe(usedBytes);
        });
        expect(engine.memory.usedBytes).toBe(0);
      }),
      { numRuns: badRuns },
    );
    expectWorks(engine);
  });
}

function engineSuite(backend: BackendName): void {
  it("makes tensors of anything, or says in a LanenormError why not", () => {
    const engine = engineOf(backend, { maximumBytes: 1 << 20 });
    const sizes = fc.array(fc.oneof(fc.nat(9), fc.constantFrom<unknown>(...nothings, 2 ** 16, 2 ** 32)), {
      maxLength: 4,
    });
    const data = fc.oneof(
      fc.nat(40).map((count) => new Float32Array(count)),
      fc.constantFrom(...badTensors),
    );
    const offset = fc.oneof(fc.nat(1 << 17), fc.constantFrom<unknown>(...nothings));
    const anything = fc.oneof(
      fc.record({ call: fc.constant("tensor" as const), args: fc.tuple(data, sizes) }),
      fc.record({ call: fc.constant("empty" as const), args: fc.tuple(sizes) }),
      fc.record({ call: fc.constant("view" as const), args: fc.tuple(offset, sizes) }),
    );
    fc.assert(
      fc.property(anything, ({ call, args }) => {
        const { usedBytes } = engine.memory;
        try {
          const tensor = (engine[call] as (...args: unknown[]) => { shape: unknown; dispose(): void })(...args);
          expect(tensor.shape).toEqual(args.at(-1));
          tensor.dispose();
        } catch (error) {
          expect(error).toBeInstanceOf(LanenormError);
          expectWellFormed(error as LanenormError);
        }
        expect(engine.memory.usedBytes).toBe(usedBytes);
      }),
      { numRuns: 3000 },
    );
    expectWorks(engine);
  });
}

describe.each(backends)("random calls, %s", (backend) => {
  describe.each(ops)("$name", (op) => {
    // What gradients must be is in test/accuracy, and that they are the same anywhere in test/determinism.
    if (!op.name.endsWith("Backward")) goodSuite(backend, op);
    badSuite(backend, op);
  });
  engineSuite(backend);
});
