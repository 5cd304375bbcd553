// The kernels on another module's memory.

import { describe, expect, it } from "vitest";
import {
  createEngineSync,
  type Engine,
  LanenormError,
  Tensor,
  type TensorLike,
  UnsupportedError,
} from "../../src/index.js";
import { sizeOf } from "../../src/shape.js";
import { kinds } from "../api/kinds.js";
import { calls, callsWithOut, type Op, ops } from "../api/ops.js";
import {
  type BackendName,
  backends,
  bitsOf,
  disposeAll,
  disposeMade,
  engineOf,
  expectRefusal,
  expectSameBits,
  goodArguments,
  type Home,
  homes,
  host,
  placesToWrite,
  snapshot,
  values,
} from "../api/support.js";
import { foreignMemory } from "./foreign.js";

function withAllocator(backend: BackendName): void {
  // Allocators for 32-bit words promise multiples of 4, where float64 needs 8.
  const modules = [foreignMemory(), foreignMemory({ alignment: 4, heapBase: 1028 }), foreignMemory({ growing: true })];
  const engines = modules.map((foreign) => createEngineSync({ ...foreign, backend }));
  const reference = engineOf(backend);

  it.each(calls)("$title has the bits of an engine with its own memory, and frees all it took", (op) => {
    for (const kind of kinds) {
      const wanted = bitsOf(op.call(reference, goodArguments(reference, op, "host", kind)));
      for (const home of homes) {
        for (const [index, engine] of engines.entries()) {
          const foreign = modules[index];
          const args = goodArguments(engine, op, home, kind);
          const before = foreign.live.size;
          const result = op.call(engine, args);
          expect(bitsOf(result)).toEqual(wanted);
          disposeAll(result);
          expect(foreign.live.size).toBe(before);
          disposeAll(args);
          expect([foreign.live.size, foreign.strayFrees, engine.memory.usedBytes]).toEqual([0, [], 0]);
        }
      }
    }
  });

  it("puts float64 tensors at multiples of 8 wherever the allocator begins", () => {
    for (const heapBase of [1024, 1028, 1032, 1036]) {
      const foreign = foreignMemory({ alignment: 4, heapBase });
      const engine = createEngineSync({ ...foreign, backend });
      const tensors = [1, 2, 3].map((count) =>
        engine.tensor(
          Float64Array.from({ length: count }, () => count),
          [count],
        ),
      );
      for (const { data } of tensors) expect(data.byteOffset % 8).toBe(0);
      expect(tensors.map(({ data }) => [...data])).toEqual([[1], [2, 2], [3, 3, 3]]);
      for (const [offset, bytes] of foreign.live) {
        const inside = tensors.filter(({ data }) => data.byteOffset >= offset && data.byteOffset < offset + bytes);
        expect(inside).toHaveLength(1);
        expect(inside[0].data.byteOffset + inside[0].data.byteLength).toBeLessThanOrEqual(offset + bytes);
      }
      for (const tensor of tensors) tensor.dispose();
      expect([foreign.live.size, foreign.strayFrees]).toEqual([0, []]);
    }
  });

  it("normalises large host tensors in it", () => {
    const foreign = foreignMemory({ pages: 40 });
    const engine = createEngineSync({ ...foreign, backend });
    const own = engineOf(backend);
    const x = { data: values(300_000), shape: [2, 2, 75_000] };
    const check = (call: (engine: Engine) => unknown) => {
      expectSameBits(bitsOf(call(engine)), bitsOf(call(own)));
    };
    for (const groups of [1, 2]) check((one) => one.groupNorm(x, groups));
    check((one) => one.layerNorm(x, 75_000));
    check((one) => one.standardize(x, [0, 2]));
    check((one) => one.batchNorm(x, { training: true, layout: "channels-last" }));
    check((one) => one.normalize(x, { dim: 2, p: 1 }));
    const { mean, rstd } = own.nativeLayerNorm(x, 75_000);
    const statistics = { mean, rstd };
    check((one) => one.layerNormBackward(x, x, 75_000, statistics));
    check((one) => one.instanceNormBackward(x, x, statisticsOf(statistics, [2, 2])));
    check((one) => one.batchNormBackward(x, x, { ...statisticsOf(statistics, [2]), training: true }));
    const last = { data: x.data, shape: [2, 75_000, 2] };
    const perSample = statisticsOf(statistics, [2, 1]);
    check((one) => one.groupNormBackward(last, last, 1, { ...perSample, layout: "channels-last" }));
    check((one) => one.normalizeBackward(x, x));
    check((one) => one.localResponseNormBackward(x, x, 3));
    expect([foreign.live.size, foreign.strayFrees]).toEqual([0, []]);
    expect(foreign.memory.buffer.byteLength).toBe(40 * 65_536);
  });

  it.each(callsWithOut)("$title writes only where it may", (op) => {
    const heapBase = 16_384;
    const foreign = foreignMemory({ heapBase });
    const engine = createEngineSync({ ...foreign, backend });
    const args = viewsOf(engine, op);
    const before = new Uint8Array(foreign.memory.buffer.slice(0));
    disposeMade(op.call(engine, args), args);
    const after = new Uint8Array(foreign.memory.buffer);
    expectOnlyWritten(op, args, before.subarray(0, heapBase), after.subarray(0, heapBase));
    expect(foreign.live.size).toBe(0);
  });

  it("makes and frees tensors of no elements, though malloc may refuse to give no bytes", () => {
    for (const zero of [(offset: number) => offset, () => 0]) {
      const foreign = foreignMemory();
      const allocate = (bytes: number) => (bytes === 0 ? zero(foreign.allocate(bytes)) : foreign.allocate(bytes));
      const engine = createEngineSync({ ...foreign, allocate, backend });
      const [one, two] = [engine.empty([0]), engine.empty([3, 0])];
      const y = engine.layerNorm(two, 0);
      expect([one.data.length, two.data.length, y.data.length]).toEqual([0, 0, 0]);
      for (const tensor of [one, two, y]) tensor.dispose();
      expect(engine.memory.usedBytes).toBe(0);
      expect(foreign.live.size).toBe(0);
    }
  });

  it("gives everything back when it is disposed", () => {
    const foreign = foreignMemory();
    const engine = createEngineSync({ ...foreign, backend });
    const tensors = [engine.empty([100]), engine.empty([3]), engine.layerNorm(engine.empty([4, 4]), 4)];
    engine.dispose();
    expect([...foreign.live]).toEqual([]);
    for (const tensor of tensors) tensor.dispose();
    expect(foreign.strayFrees).toEqual([]);
    expect(engine.memory.usedBytes).toBe(0);
  });

  it("counts what it holds", () => {
    const engine = createEngineSync({ ...foreignMemory(), backend });
    const tensor = engine.empty([100]);
    expect(engine.memory).toMatchObject({ usedBytes: 400, peakBytes: 400, capacityBytes: 4 * 65_536 });
    tensor.dispose();
    expect(engine.memory).toMatchObject({ usedBytes: 0, peakBytes: 400 });
  });

  it("never grows it", () => {
    const foreign = foreignMemory({ pages: 1 });
    const engine = createEngineSync({ ...foreign, backend });
    expect(() => engine.empty([100_000])).toThrow(expect.objectContaining({ name: "OutOfMemoryError" }));
    expect(foreign.memory.buffer.byteLength).toBe(65_536);
  });
}

/** Views of all tensors of an op and of all it may write to, one behind the other; the first at offset 0. */
function viewsOf(engine: Engine, op: Op): Record<string, unknown> {
  let offset = 0;
  const next = ({ data, shape }: TensorLike) => {
    const view = engine.view(offset, shape);
    view.data.set(data as Float32Array);
    offset += view.data.byteLength + 12;
    return view;
  };
  const args: Record<string, unknown> = { ...goodArguments(engine, op), ...placesToWrite(engine, op) };
  const tensors = [...op.inputs, ...Object.keys(op.parameters), ...op.places.map(({ name }) => name)];
  for (const name of tensors) args[name] = next(args[name] as TensorLike);
  return args;
}

/** That bytes are what they were, but for what an op writes to. */
function expectOnlyWritten(op: Op, args: Record<string, unknown>, before: Uint8Array, after: Uint8Array): void {
  const expected = before.slice();
  for (const name of [...op.places.map(({ name }) => name), ...op.updates]) {
    const { byteOffset, byteLength } = (args[name] as TensorLike).data;
    expected.set(after.subarray(byteOffset, byteOffset + byteLength), byteOffset);
  }
  expect(Buffer.compare(after, expected)).toBe(0);
}

/** The first of statistics, in another shape. */
function statisticsOf({ mean, rstd }: Record<"mean" | "rstd", TensorLike>, shape: readonly number[]) {
  const cut = ({ data }: TensorLike) => ({ data: (data as Float32Array).subarray(0, sizeOf(shape)), shape });
  return { mean: cut(mean), rstd: cut(rstd) };
}

function withoutAllocator(backend: BackendName): void {
  const memory = new WebAssembly.Memory({ initial: 2 });
  const engine = createEngineSync({ backend, memory });
  const bytes = new Uint8Array(memory.buffer);

  function expectUnwritten(action: () => unknown): void {
    const before = bytes.slice();
    expectRefusalOfScratch(action);
    expect(Buffer.compare(bytes, before)).toBe(0);
    expect(memory.buffer.byteLength).toBe(2 * 65_536);
    expect(engine.memory.usedBytes).toBe(0);
  }

  /** Whether a call needs memory besides its resident operands. */
  const needsScratch = (op: Op, home: Home) => backend === "wasm" && op.scratchFor.includes(home);

  it.each(callsWithOut.filter((op) => !needsScratch(op, "resident") && !returnsMore(op)))(
    "$title needs no scratch for resident operands, and writes only where it may",
    (op) => {
      const args = viewsOf(engine, op);
      const own = engineOf(backend);
      const wanted = bitsOf(op.call(own, goodArguments(own, op)));
      const before = bytes.slice();
      expect(bitsOf(op.call(engine, args))).toEqual(wanted);
      expectOnlyWritten(op, args, before, bytes);
    },
  );

  it.each(callsWithOut.filter((op) => needsScratch(op, "resident")))(
    "$title needs scratch for resident operands",
    (op) => {
      const args = viewsOf(engine, op);
      expectUnwritten(() => op.call(engine, args));
    },
  );

  it.each(ops)("$name cannot make a resident result", (op) => {
    const args = viewsOf(engine, op);
    for (const { name } of op.places) args[name] = undefined;
    expectUnwritten(() => op.call(engine, args));
  });

  it("makes no tensors", () => {
    expectUnwritten(() => engine.empty([1]));
    expectUnwritten(() => engine.tensor([1], [1]));
  });

  it.each(calls.filter((op) => needsScratch(op, "host")))("$title needs scratch for host operands", (op) => {
    const places = placesToWrite(engine, op);
    const before = snapshot(places);
    expectUnwritten(() => op.call(engine, { ...goodArguments(engine, op), ...places }));
    expect(snapshot(places)).toEqual(before);
  });

  it.each(calls.filter((op) => !needsScratch(op, "host")))("$title needs nothing for host operands", (op) => {
    const own = engineOf(backend);
    const wanted = bitsOf(op.call(own, goodArguments(own, op)));
    expect(bitsOf(op.call(engine, goodArguments(engine, op)))).toEqual(wanted);
  });
}

/** Whether a call makes tensors besides those that it may be given places for. */
function returnsMore({ name }: Op): boolean {
  return name.startsWith("native");
}

function expectRefusalOfScratch(action: () => unknown): void {
  let error: unknown;
  try {
    action();
  } catch (reason) {
    error = reason;
  }
  expect(error).toBeInstanceOf(UnsupportedError);
  expect((error as LanenormError).argument).toBe("allocate");
}

describe.each(backends)("foreign memory with an allocator, %s", withAllocator);
describe.each(backends)("foreign memory without an allocator, %s", withoutAllocator);

describe("foreign memory past 2^31", () => {
  // The pages in between are never touched, so that they cost address space only.
  const pages = 2 ** 15 + 8;
  const base = 2 ** 31;
  const memory = new WebAssembly.Memory({ initial: pages });

  const own = engineOf("wasm");

  describe.each<[string, (offset: number) => number]>([
    ["unsigned", (offset) => offset],
    ["signed, as wasm returns them", (offset) => offset | 0],
  ])("takes offsets that are %s", (_, convert) => {
    it.each(calls)("$title", (op) => {
      let next = base;
      const freed: number[] = [];
      const allocate = (bytes: number) => {
        const offset = next;
        next += Math.ceil(bytes / 64) * 64 + 64;
        return convert(offset);
      };
      const free = (offset: number) => freed.push(offset >>> 0);
      const engine = createEngineSync({ backend: "wasm", memory, allocate, free });
      const wanted = bitsOf(op.call(own, goodArguments(own, op)));
      const args = goodArguments(engine, op, "resident");
      const first = Object.values(args).find((value) => value instanceof Tensor)!;
      expect(first.data.byteOffset).toBe(base);
      expect(bitsOf(op.call(engine, args))).toEqual(wanted);
      expect(bitsOf(op.call(engine, goodArguments(engine, op)))).toEqual(wanted);
      first.dispose();
      expect(freed).toContain(base);
    });
  });
});

describe.each<Home>(["host", "resident"])("a foreign allocator that misbehaves, %s", (home) => {
  const shape = [2, 8];
  const weight = values(8, 2);

  /** An engine whose x is there already when its allocator starts to answer `result`. */
  function setting(result: unknown) {
    const foreign = foreignMemory();
    const answer = { allocate: foreign.allocate as (bytes: number) => unknown };
    const freed: number[] = [];
    const engine = createEngineSync({
      backend: "wasm",
      memory: foreign.memory,
      allocate: (bytes) => answer.allocate(bytes) as number,
      free: (offset) => {
        freed.push(offset);
        foreign.free(offset);
      },
    });
    const x = home === "resident" ? engine.tensor(host(shape).data, shape) : host(shape);
    const out = home === "resident" ? engine.tensor(host(shape, 9).data, shape) : host(shape, 9);
    answer.allocate = () => result;
    return { engine, x, out, foreign, answer, freed };
  }

  const bad: [string, unknown, string][] = [
    ["0", 0, "OutOfMemoryError"],
    ["-0", -0, "OutOfMemoryError"],
    ["NaN", NaN, "ArgumentError"],
    ["Infinity", Infinity, "ArgumentError"],
    ["a fraction", 1024.5, "ArgumentError"],
    ["a string", "1024", "ArgumentError"],
    ["undefined", undefined, "ArgumentError"],
    ["null", null, "ArgumentError"],
    ["a bigint", 1024n, "ArgumentError"],
    ["a symbol", Symbol("1024"), "ArgumentError"],
    ["an object that cannot be printed", Object.create(null), "ArgumentError"],
    ["2 bytes off", 1026, "OutOfMemoryError"],
    ["1 byte off", 1025, "OutOfMemoryError"],
    ["the end of the memory", 4 * 65_536, "OutOfMemoryError"],
    ["just before the end", 4 * 65_536 - 4, "OutOfMemoryError"],
    ["-1024, which is far past the end", -1024, "OutOfMemoryError"],
    ["2^31", 2 ** 31, "OutOfMemoryError"],
    ["2^32", 2 ** 32, "OutOfMemoryError"],
    ["2^32 + 4096, which would wrap around", 2 ** 32 + 4096, "OutOfMemoryError"],
    ["2^40 + 4096, which would wrap around", 2 ** 40 + 4096, "OutOfMemoryError"],
    ["-2^32 + 4096, which would wrap around", -(2 ** 32) + 4096, "OutOfMemoryError"],
  ];

  it.each(bad)("returns %s", (_, result, kind) => {
    const { engine, x, out, foreign, answer } = setting(result);
    const before = new Uint8Array(foreign.memory.buffer.slice(0));
    const outBefore = out.data.slice();
    const { usedBytes } = engine.memory;
    const error = expectRefusal(() => engine.nativeLayerNorm(x, 8, { weight, out }), {
      kind: LanenormError,
      functionName: "nativeLayerNorm",
      argument: "allocate",
    });
    expect(error.name).toBe(kind);
    expect(Buffer.compare(before, new Uint8Array(foreign.memory.buffer))).toBe(0);
    expect(out.data).toEqual(outBefore);
    expect(engine.memory.usedBytes).toBe(usedBytes);
    answer.allocate = foreign.allocate;
    expect(() => engine.nativeLayerNorm(x, 8, { weight, out })).not.toThrow();
  });

  it("returns the same offset twice", () => {
    const { engine, x, out, answer, foreign } = setting(0);
    const same = foreign.allocate(4096);
    answer.allocate = () => same;
    const held = engine.empty([8]);
    const live = [...foreign.live];
    expect(() => engine.nativeLayerNorm(x, 8, { weight, out })).toThrow(LanenormError);
    expect([...foreign.live]).toEqual(live);
    expect(held.data).toHaveLength(8);
  });

  it("returns bytes in the middle of a tensor of ours", () => {
    const { engine, x, out, answer, foreign } = setting(0);
    answer.allocate = foreign.allocate;
    const held = engine.tensor(values(2000), [2000]);
    const inside = held.data.byteOffset + 64;
    answer.allocate = () => inside;
    expect(() => engine.nativeLayerNorm(x, 8, { weight, out })).toThrow(LanenormError);
    expect(held.data).toEqual(values(2000));
  });

  it("throws, and is heard, with nothing written or held", () => {
    const { engine, x, out, answer, foreign } = setting(0);
    const reason = new Error("abort()");
    answer.allocate = () => {
      throw reason;
    };
    const { usedBytes } = engine.memory;
    const outBefore = out.data.slice();
    let error: unknown;
    try {
      engine.nativeLayerNorm(x, 8, { weight, out });
    } catch (caught) {
      error = caught;
    }
    expect(error === reason || error instanceof LanenormError).toBe(true);
    expect(out.data).toEqual(outBefore);
    expect(engine.memory.usedBytes).toBe(usedBytes);
    answer.allocate = foreign.allocate;
    expect(() => engine.nativeLayerNorm(x, 8, { weight, out })).not.toThrow();
  });

  it("runs out after any number of allocations, and all are freed", () => {
    for (let granted = 0; granted < 5; granted++) {
      const { engine, x, answer, foreign } = setting(0);
      const before = [...foreign.live];
      let left = granted;
      answer.allocate = (bytes) => (left-- > 0 ? foreign.allocate(bytes) : 0);
      try {
        disposeAll(engine.nativeLayerNorm(x, 8, { weight }));
      } catch (error) {
        expect(error).toMatchObject({ name: "OutOfMemoryError", functionName: "nativeLayerNorm" });
      }
      expect([...foreign.live]).toEqual(before);
      expect(foreign.strayFrees).toEqual([]);
    }
  });
});
