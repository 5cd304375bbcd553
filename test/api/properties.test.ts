import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Engine, LanenormError } from "../../src/index.js";
import { sizeOf } from "../../src/shape.js";
import { type Arguments, type Op, ops } from "./ops.js";
import {
  type BackendName,
  backends,
  bitsOf,
  engineOf,
  expectWellFormed,
  expectWorks,
  goodArguments,
  type Home,
  homes,
  place,
  snapshot,
  tensorsOf,
} from "./support.js";

const numRuns = 600;

/** A call that must be fine: a shape, a size that fits it, and a home for each tensor. */
interface GoodCall {
  readonly shape: readonly number[];
  readonly size: unknown;
  readonly parameters: Readonly<Record<string, readonly number[]>>;
  readonly xHome: Home;
  readonly parameterHomes: readonly Home[];
  readonly bare: boolean;
  readonly out: "none" | "new" | "x";
  readonly seed: number;
}

const extent = fc.constantFrom(0, 1, 1, 2, 3, 4, 5, 8, 17);
const home = fc.constantFrom(...homes);

function goodCall(op: Op): fc.Arbitrary<GoodCall> {
  return fc
    .record({
      shape: fc.array(extent, { minLength: 2, maxLength: 4 }).filter((shape) => fits(op, shape)),
      choice: fc.nat(3),
      xHome: home,
      parameterHomes: fc.array(home, { minLength: 4, maxLength: 4 }),
      bare: fc.boolean(),
      out: fc.constantFrom("none" as const, "new" as const, "x" as const),
      seed: fc.nat(1000),
    })
    .map(({ choice, ...rest }) => ({ ...rest, ...sizesOf(op, rest.shape, choice) }));
}

/** Small enough for thousands of calls; and groupNorm refuses one value per group, so x has several. */
function fits(op: Op, shape: readonly number[]): boolean {
  return sizeOf(shape) < 2000 && (op.name !== "groupNorm" || sizeOf(shape) !== 1);
}

function sizesOf(op: Op, shape: readonly number[], choice: number): Pick<GoodCall, "size" | "parameters"> {
  const tail = shape.slice(1 + (choice % (shape.length - 1)));
  switch (op.name) {
    case "layerNorm":
    case "nativeLayerNorm":
      return { size: tail.length === 1 && choice > 1 ? tail[0] : tail, parameters: { weight: tail, bias: tail } };
    case "groupNorm":
    case "nativeGroupNorm": {
      const everyChannel = choice === 3 && shape[1] > 0 && sizeOf(shape) !== shape[1];
      return { size: everyChannel ? shape[1] : 1, parameters: { weight: [shape[1]], bias: [shape[1]] } };
    }
    case "rowwiseMoments":
      return { size: Math.max(1, sizeOf(tail)), parameters: {} };
    case "affineGlobal": {
      const coefficients = choice > 1 ? shape.slice(0, 2) : [shape[1]];
      return { size: undefined, parameters: { scale: coefficients, bias: coefficients } };
    }
    default: {
      const leading = shape.slice(0, shape.length - tail.length);
      return { size: undefined, parameters: { scale: leading, bias: leading, gamma: tail, beta: tail } };
    }
  }
}

function argumentsOf(engine: Engine, call: GoodCall): Record<string, unknown> {
  const args: Record<string, unknown> = { x: place(engine, call.xHome, call.shape, call.seed), size: call.size };
  for (const [index, [name, shape]] of Object.entries(call.parameters).entries())
    args[name] = place(engine, call.parameterHomes[index], shape, call.seed + index);
  if (call.out === "new") args.out = place(engine, call.xHome, call.shape, call.seed + 9);
  if (call.out === "x") args.out = args.x;
  // Arrays are taken last: making tensors may grow the memory, which detaches them. For the maps, a bare array of as
  // many elements as several sizes have would be ambiguous.
  if (call.bare && "weight" in call.parameters)
    for (const name of Object.keys(call.parameters)) args[name] = (args[name] as { data: Float32Array }).data;
  return args;
}

function goodSuite(backend: BackendName, op: Op): void {
  it("takes what is right, wherever it lies, with the same bits", () => {
    const engine = engineOf(backend);
    fc.assert(
      fc.property(goodCall(op), (call) => {
        engine.scope(() => {
          const reference = op.call(engine, argumentsOf(engine, { ...call, ...allHost }));
          const args = argumentsOf(engine, call);
          const result = op.call(engine, op.takesOut ? args : withoutOut(args));
          expect(bitsOf(result)).toEqual(bitsOf(reference));
          for (const tensor of tensorsOf(result)) expect(tensor.resident).toBe(call.xHome === "resident");
        });
        expect(engine.memory.usedBytes).toBe(0);
      }),
      { numRuns },
    );
  });
}

const allHost = { xHome: "host", parameterHomes: ["host", "host", "host", "host"], bare: false, out: "none" } as const;

function withoutOut(args: Record<string, unknown>): Arguments {
  return Object.fromEntries(Object.entries(args).filter(([name]) => name !== "out"));
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
  { data: new Float64Array(24), shape: [2, 4, 3] },
  { data: Array.from({ length: 24 }), shape: [2, 4, 3] },
  { data: new Float32Array(24), shape: [2 ** 30, 2 ** 30] },
  new Float64Array(24),
  new Uint8Array(24),
];
const badSizes: unknown[] = [...nothings, undefined, {}, [], [5], [4, 4, 4, 4, 4], 2 ** 53];
const badEps: unknown[] = [null, NaN, "1e-5", true, {}, [], Symbol("eps"), 1n];

function badValue(op: Op): fc.Arbitrary<[string, unknown]> {
  const of = (name: string, pool: readonly unknown[]): fc.Arbitrary<[string, unknown]> =>
    fc.constantFrom(...pool).map((value) => [name, value]);
  const choices = [
    of("x", [...badTensors, undefined, null]),
    ...Object.keys(op.parameters).map((name) => of(name, badTensors)),
  ];
  if (op.size !== undefined) choices.push(of("size", badSizes));
  if (op.takesOut) choices.push(of("out", badTensors));
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
      { numRuns },
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
    goodSuite(backend, op);
    badSuite(backend, op);
  });
  engineSuite(backend);
});
