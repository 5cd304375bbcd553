import { describe, expect, it } from "vitest";
import {
  ArgumentError,
  createEngine,
  createEngineSync,
  type EngineOptions,
  LanenormError,
  OutOfMemoryError,
} from "../../src/index.js";
import {
  type BackendName,
  backends,
  engineOf,
  expectRefusal,
  expectWellFormed,
  expectWorks,
  host,
} from "../api/support.js";

const memory = new WebAssembly.Memory({ initial: 1 });
const allocate = () => 1024;
const free = () => undefined;

const throwing = (property: string): object =>
  Object.defineProperty({}, property, {
    get: () => {
      throw new RangeError("code of the caller's");
    },
  });

/** Options that are refused, and the argument that is named. */
const refused: Record<string, [unknown, string]> = {
  null: [null, "options"],
  "a number": [3, "options"],
  "a string": ["wasm", "options"],
  "a function": [() => ({}), "options"],
  "another backend": [{ backend: "webgpu" }, "backend"],
  "an empty backend": [{ backend: "" }, "backend"],
  "backend null": [{ backend: null }, "backend"],
  "backend Symbol": [{ backend: Symbol("wasm") }, "backend"],
  "maximumBytes NaN": [{ maximumBytes: NaN }, "maximumBytes"],
  "maximumBytes 0": [{ maximumBytes: 0 }, "maximumBytes"],
  "maximumBytes under a page": [{ maximumBytes: 65_535 }, "maximumBytes"],
  "negative maximumBytes": [{ maximumBytes: -65_536 }, "maximumBytes"],
  "maximumBytes as a string": [{ maximumBytes: "1048576" }, "maximumBytes"],
  "maximumBytes as a bigint": [{ maximumBytes: 1048576n }, "maximumBytes"],
  "memory null": [{ memory: null }, "memory"],
  "memory that is its buffer": [{ memory: memory.buffer }, "memory"],
  "memory that is an object": [{ memory: {} }, "memory"],
  "memory with something else for a buffer": [{ memory: { buffer: { byteLength: 65_536 }, grow: free } }, "memory"],
  "memory that cannot be looked at": [{ memory: throwing("buffer") }, "memory"],
  "an allocator without memory": [{ allocate, free }, "allocate"],
  "free without memory": [{ free }, "free"],
  "allocate without free": [{ memory, allocate }, "free"],
  "free without allocate": [{ memory, free }, "allocate"],
  "allocate that is no function": [{ memory, allocate: 1024, free }, "allocate"],
  "allocate null": [{ memory, allocate: null, free: null }, "allocate"],
  "free that is no function": [{ memory, allocate, free: {} }, "free"],
};

describe("createEngineSync", () => {
  it.each(Object.keys(refused))("refuses %s", (name) => {
    const [options, argument] = refused[name];
    expectRefusal(() => createEngineSync(options as EngineOptions), {
      kind: ArgumentError,
      functionName: "createEngineSync",
      argument,
    });
  });

  it("refuses options that cannot be looked at", () => {
    expectRefusal(() => createEngineSync(throwing("backend")), {
      kind: LanenormError,
      functionName: "createEngineSync",
    });
  });

  it("takes the memory of another realm or module, if it has a buffer and grows", () => {
    const buffer = new ArrayBuffer(65_536);
    const engine = createEngineSync({ memory: { buffer, grow: () => 1 }, backend: "js" });
    expect(engine.view(0, [4]).data.buffer).toBe(buffer);
  });
});

describe("createEngine", () => {
  it.each(Object.keys(refused))("rejects %s", async (name) => {
    const [options, argument] = refused[name];
    const error: unknown = await createEngine(options as EngineOptions).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ArgumentError);
    expectWellFormed(error as LanenormError);
    expect(error).toMatchObject({ functionName: "createEngine", argument });
  });

  it.each(backends)("makes a %s engine", async (backend) => {
    const engine = await createEngine({ backend });
    expect(engine.backend).toBe(backend);
    expectWorks(engine);
  });

  it("makes what createEngineSync makes", async () => {
    const [one, two] = [await createEngine(), createEngineSync()];
    expect(one.memory).toEqual(two.memory);
    expect(one.layerNorm(host([3, 50]), 50).data).toEqual(two.layerNorm(host([3, 50]), 50).data);
  });
});

function limits(backend: BackendName): void {
  it.each([65_536, 65_537, 100_000, 131_071, 200_000, 1_000_000])("of %i bytes are kept", (maximumBytes) => {
    const engine = engineOf(backend, { maximumBytes });
    for (let count = 64; count < 400_000; count *= 2) {
      try {
        engine.empty([count]).dispose();
      } catch (error) {
        expect(error).toBeInstanceOf(OutOfMemoryError);
      }
      try {
        engine.layerNorm(host([1, count]), count);
      } catch (error) {
        expect(error).toBeInstanceOf(OutOfMemoryError);
      }
      expect(engine.memory.capacityBytes).toBeLessThanOrEqual(maximumBytes);
      expect(engine.memory.usedBytes).toBe(0);
    }
    expectWorks(engine);
  });

  it("hold, and are told apart from what was asked, in the message", () => {
    const engine = engineOf(backend, { maximumBytes: 131_072 });
    const kept = engine.tensor([1, 2], [2]);
    const error = expectRefusal(() => engine.empty([100, 1000]), {
      kind: OutOfMemoryError,
      functionName: "engine.empty",
    });
    expect(error.message).toContain("131072");
    expect([...kept.data]).toEqual([1, 2]);
    expect(() => engineOf(backend, { maximumBytes: Infinity })).not.toThrow();
  });

  it("are reached by results, which leave nothing behind", () => {
    const engine = engineOf(backend, { maximumBytes: 131_072 });
    const x = engine.tensor(host([100, 200]).data, [100, 200]);
    const before = x.data.slice();
    const { usedBytes } = engine.memory;
    const refusal = (functionName: string) => ({ kind: OutOfMemoryError, functionName });
    expectRefusal(() => engine.layerNorm(x, 200), refusal("layerNorm"));
    expectRefusal(() => engine.nativeGroupNorm(x, 2), refusal("nativeGroupNorm"));
    expectRefusal(() => engine.rowwiseMoments(x, 1), refusal("rowwiseMoments"));
    expectRefusal(() => engine.affineGlobal(x, x.data.slice(0, 200), x.data.slice(0, 200)), refusal("affineGlobal"));
    expect(engine.memory.usedBytes).toBe(usedBytes);
    expect(x.data).toEqual(before);
    engine.layerNorm(x, 200, { out: x });
    expect(x.data).toEqual(engineOf(backend).layerNorm({ data: before, shape: [100, 200] }, 200).data);
  });
}

describe.each(backends)("limits, %s", limits);
