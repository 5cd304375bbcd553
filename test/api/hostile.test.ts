// Values made to break a check rather than to be computed with. Some come from honest programs: reactive frameworks wrap
// objects in proxies, test environments mix realms, and arguments get swapped.

import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { LanenormError, ShapeError, Tensor, type TensorLike } from "../../src/index.js";
import { type Arguments, type Op, ops } from "./ops.js";
import {
  type BackendName,
  backends,
  bitsOf,
  engineOf,
  expectRefusal,
  expectUntouched,
  expectWellFormed,
  goodArguments,
  host,
  placesToWrite,
  resizable,
  tensorsOf,
  thrownBy,
  values,
} from "./support.js";

const shape = [2, 4, 3];
const data = values(24);

function throwing(property: string, rest: object = {}): object {
  return Object.defineProperty(rest, property, {
    enumerable: true,
    get: refuseToAnswer,
  });
}

function refuseToAnswer(): never {
  throw new RangeError("code of the caller's");
}

function revoked(target: object): unknown {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

function lyingLength(): Float32Array {
  return Object.defineProperty(new Float32Array(2), "length", { value: 24 });
}

const hostileTensors: Record<string, () => unknown> = {
  "data throws": () => throwing("data", { shape }),
  "shape throws": () => throwing("shape", { data }),
  "dtype throws": () => throwing("dtype", { data, shape }),
  "constructor throws": () => throwing("constructor"),
  "a revoked proxy": () => revoked({ data, shape }),
  "a proxy whose traps throw": () => new Proxy({}, { get: refuseToAnswer }),
  "a Tensor without its fields": () => Object.create(Tensor.prototype) as unknown,
  "data whose constructor throws": () => ({ data: throwing("constructor"), shape }),
  "data that is a revoked proxy": () => ({ data: revoked([]), shape }),
  "data with the prototype of a Float32Array": () => ({
    data: Object.create(Float32Array.prototype) as unknown,
    shape,
  }),
  "data behind a proxy": () => ({ data: new Proxy(data, {}), shape }),
  "data that lies about its length": () => ({ data: lyingLength(), shape }),
  "data that is detached": () => {
    const gone = values(24);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    return { data: gone, shape };
  },
  "data whose buffer has shrunk": () => {
    const buffer = resizable(96, 96);
    const outside = new Float32Array(buffer, 0, 24);
    buffer.resize(92);
    return { data: outside, shape };
  },
  "data that has grown with its buffer": () => {
    const buffer = resizable(96, 192);
    const tracking = new Float32Array(buffer);
    buffer.resize(100);
    return { data: tracking, shape };
  },
  "shape is a revoked proxy": () => ({ data, shape: revoked([]) }),
  "shape throws on reading": () => ({ data, shape: new Proxy(shape, { get: refuseToAnswer }) }),
  "shape has an element that throws": () => ({ data, shape: throwing("0", [2, 4, 3]) }),
  "shape has another iterator": () => ({
    data,
    shape: Object.assign([-2, -4, 3], { [Symbol.iterator]: () => shape.values() }),
  }),
  "bits whose dtype throws": () => throwing("dtype", { data: new Uint16Array(24), shape }),
  "bits whose dtype is an object that says float16": () => ({
    data: new Uint16Array(24),
    shape,
    dtype: { toString: () => "float16" },
  }),
  "bits whose dtype is a String object": () => ({ data: new Uint16Array(24), shape, dtype: new String("bfloat16") }),
  "integers that feign to be floats": () => ({
    data: Object.defineProperty(new Int32Array(24), Symbol.toStringTag, { value: "Float32Array" }),
    shape,
  }),
  "integers with the prototype of a Float16Array that there is not": () => ({
    data: Object.setPrototypeOf(new Int16Array(24), Float32Array.prototype) as unknown,
    shape,
  }),
  "dtype without prototype": () => ({ data, shape, dtype: Object.create(null) as unknown }),
  "dtype whose constructor throws": () => ({ data, shape, dtype: throwing("constructor") }),
};

function suite(backend: BackendName, op: Op): void {
  const engine = engineOf(backend);

  function refuse(changed: Arguments): void {
    const args = { ...placesToWrite(engine, op), ...changed };
    const error = expectUntouched(engine, args, () => thrownBy(() => op.call(engine, args)));
    expect(error).toBeInstanceOf(LanenormError);
    expectWellFormed(error as LanenormError);
    expect((error as LanenormError).functionName).toBe(op.name);
  }

  it.each(Object.keys(hostileTensors))("refuses x and what is like it: %s", (name) => {
    for (const input of op.inputs) refuse({ ...goodArguments(engine, op), [input]: hostileTensors[name]() });
  });

  it.each(Object.keys(op.parameters))("refuses a hostile %s", (argument) => {
    for (const make of Object.values(hostileTensors)) refuse({ ...goodArguments(engine, op), [argument]: make() });
  });

  it.each(op.places)("refuses a hostile $argument", ({ name }) => {
    for (const make of Object.values(hostileTensors)) refuse({ ...goodArguments(engine, op), [name]: make() });
  });

  it("refuses an out that cannot be looked at", () => {
    if (!op.takesOut) return;
    const inside = op.places.filter(({ name }) => name !== "out").map(({ name }) => throwing(name));
    for (const out of [
      throwing("data"),
      revoked({}),
      revoked([]),
      new Proxy({}, { ownKeys: refuseToAnswer }),
      ...inside,
    ])
      refuse({ ...goodArguments(engine, op), out });
  });

  it("refuses a size that cannot be looked at", () => {
    if (op.size === undefined) return;
    for (const size of [throwing("constructor"), revoked([]), revoked({}), Object.create(null)])
      refuse({ ...goodArguments(engine, op), size });
  });

  it("refuses options and an eps that cannot be looked at", () => {
    const args = goodArguments(engine, op);
    if (op.takesOut) for (const options of [throwing("out"), revoked({})]) refuse({ ...args, options });
    if (op.takesEps) for (const eps of [throwing("constructor"), revoked({})]) refuse({ ...args, eps });
  });

  it("takes no Tensor behind a proxy for another tensor", () => {
    for (const name of [...op.inputs, ...op.places.map(({ name }) => name)]) {
      const x = engine.tensor(values(24), shape);
      const args = { ...goodArguments(engine, op, "resident"), [name]: new Proxy(x, {}) };
      const error = thrownBy(() => op.call(engine, args));
      expect(error).toBeInstanceOf(LanenormError);
      x.dispose();
    }
  });

  it("refuses data that is detached while it is looked at", () => {
    for (const name of [...op.inputs, ...Object.keys(op.parameters), ...op.places.map(({ name }) => name)]) {
      const args = { ...placesToWrite(engine, op), ...goodArguments(engine, op) };
      const { data, shape } = args[name] as TensorLike<Float32Array>;
      const detaching = () => {
        structuredClone(data.buffer, { transfer: [data.buffer] });
        return shape;
      };
      const going = Object.defineProperty({ data }, "shape", { get: detaching });
      expectRefusal(() => op.call(engine, { ...args, [name]: going }), { kind: ShapeError, functionName: op.name });
    }
  });

  it.each(op.inputs)("does not go by a shape of %s that is another one at a second look", (name) => {
    let reads = 0;
    const turncoat = new Proxy([2, 4, 3], {
      get: (target, key) => (key === "0" && reads++ > 2 ? 1 << 20 : (Reflect.get(target, key) as unknown)),
    });
    const memory = engine.tensor(values(48), [48]);
    const args = goodArguments(engine, op, "resident");
    const rest = memory.data.slice(24);
    let result: unknown;
    try {
      result = op.call(engine, { ...args, [name]: { data: memory.data.subarray(0, 24), shape: turncoat } });
    } catch (error) {
      expect(error).toBeInstanceOf(LanenormError);
    }
    if (result) for (const tensor of tensorsOf(result)) expect(tensor.data.length).toBeLessThanOrEqual(24);
    expect(memory.data.slice(24)).toEqual(rest);
    memory.dispose();
  });

  it("refuses settings that cannot be looked at", () => {
    for (const name of op.options.filter((option) => !["weight", "bias", "eps", "out"].includes(option))) {
      for (const value of [throwing("constructor"), revoked([]), revoked({}), Object.create(null)]) {
        refuse({ ...goodArguments(engine, op), [name]: value });
      }
      if (name.startsWith("running")) continue;
      const options = throwing(name);
      refuse({ ...goodArguments(engine, op), options });
    }
  });

  it("says little about a long array that was passed for a shape", () => {
    const swapped = { data: Float32Array.of(2, 4, 3), shape: Array.from(values(100_000)) };
    const { message } = expectRefusal(() => op.call(engine, { ...goodArguments(engine, op), x: swapped }), {
      kind: ShapeError,
      functionName: op.name,
    });
    expect(message.length).toBeLessThan(500);
    refuse({ ...goodArguments(engine, op), x: { data, shape: new Array(3_000_000) } });
    refuse({ ...goodArguments(engine, op), x: { data, shape: new Array(100_000).fill(1) } });
  });

  it("says little about a long string that was passed for a name", () => {
    const long = "x".repeat(5000);
    const args = goodArguments(engine, op);
    refuse({ ...args, x: { data, shape, dtype: long } });
    if (op.takesOut) refuse({ ...args, options: { [long]: 1 } });
  });

  it("takes a Float32Array of another realm", () => {
    const foreign = runInNewContext("new Float32Array(24)") as Float32Array;
    foreign.set(data);
    const args = goodArguments(engine, op);
    const wanted = op.call(engine, { ...args, x: { data, shape } });
    const result = op.call(engine, { ...args, x: { data: foreign, shape } });
    expect(bitsOf(result)).toEqual(bitsOf(wanted));
  });

  it("takes an x whose shape is behind a proxy, as reactive frameworks make them", () => {
    const args = { ...goodArguments(engine, op), x: new Proxy({ data, shape: new Proxy(shape, {}) }, {}) };
    expect(bitsOf(op.call(engine, args))).toEqual(bitsOf(op.call(engine, { ...args, x: { data, shape } })));
  });
}

describe.each(backends)("hostile values, %s", (backend) => {
  describe.each(ops)("$title", (op) => {
    suite(backend, op);
  });

  it("engine.tensor takes detached data for what it is now, no elements", () => {
    const engine = engineOf(backend);
    const gone = values(4);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    expectUntouched(engine, {}, () => {
      expect(thrownBy(() => engine.tensor(gone, [4]))).toBeInstanceOf(LanenormError);
      const none = engine.tensor(gone, [0]);
      expect(none.data.length).toBe(0);
      none.dispose();
    });
  });

  it("engine.tensor refuses hostile data and shapes", () => {
    const engine = engineOf(backend);
    const { data: good } = host([4]);
    const calls = [
      () => engine.tensor(revoked([]) as never, [4]),
      () => engine.tensor(throwing("constructor") as never, [4]),
      () => engine.tensor(Object.create(Float32Array.prototype) as never, [4]),
      () => engine.tensor(new Proxy(good, {}), [4]),
      () => engine.tensor(lyingLength(), [24]),
      () => engine.tensor(throwing("0", [1]) as never, [1]),
      () => engine.tensor(good, revoked([]) as never),
      () => engine.tensor(good, [4], throwing("constructor") as never),
      () => engine.empty(revoked([]) as never),
      () => engine.view(throwing("constructor") as never, [4]),
      () => engine.scope(throwing("constructor") as never),
      () => engine.scope(revoked({}) as never),
    ];
    for (const call of calls)
      expectUntouched(engine, {}, () => {
        const error = thrownBy(call);
        expect(error, String(call)).toBeInstanceOf(LanenormError);
        expectWellFormed(error as LanenormError);
      });
  });
});
