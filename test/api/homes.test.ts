import { describe, expect, it } from "vitest";
import { Tensor } from "../../src/index.js";
import { sizeOf } from "../../src/shape.js";
import { float32, kinds } from "./kinds.js";
import { calls, type Op } from "./ops.js";
import {
  argumentOf,
  type BackendName,
  backends,
  bitsOf,
  disposeAll,
  engineOf,
  goodArguments,
  type Home,
  homes,
  host,
  outcomeOf,
  placeArgument,
  snapshot,
  tensorsOf,
} from "./support.js";

/** The outcome of every call with host tensors, once computed. */
const outcomes = new Map<string, Uint8Array[]>();

function suite(backend: BackendName, op: Op): void {
  const engine = engineOf(backend);
  const expected = (kind = float32): Uint8Array[] => {
    const key = [backend, op.title, kind.name].join();
    const own = engineOf(backend);
    const outcome = outcomes.get(key) ?? outcomeOf(own, op, goodArguments(own, op, "host", kind));
    outcomes.set(key, outcome);
    return outcome;
  };
  const names = Object.keys(op.parameters);

  it.each(kinds)("$name: host in, host out; resident in, resident out", (kind) => {
    const { usedBytes } = engine.memory;
    for (const home of homes) {
      const args = goodArguments(engine, op, home, kind);
      const result = op.call(engine, args);
      const [output, ...statistics] = tensorsOf(result);
      for (const tensor of [output, ...statistics]) {
        expect(tensor).toBeInstanceOf(Tensor);
        expect(tensor.resident).toBe(home === "resident");
        expect(tensor.data).toHaveLength(sizeOf(tensor.shape));
        if (home === "host") expect(tensor.data.byteLength).toBe(tensor.data.buffer.byteLength);
      }
      if (op.name !== "rowwiseMoments") {
        expect([output.dtype, output.data[Symbol.toStringTag]]).toEqual([kind.dtype, kind.arrayName]);
        expect(output.shape).toEqual(op.shape);
      } else statistics.push(output);
      for (const { dtype } of statistics) expect(dtype).toBe(kind.computing);
      disposeAll(result);
      disposeAll(args);
    }
    expect(engine.memory.usedBytes).toBe(usedBytes);
  });

  it("mixes homes, with the same bits", () => {
    for (let bits = 0; bits < 2 ** (names.length + 1); bits++) {
      const homeOf = (index: number): Home => ((bits >> index) & 1 ? "resident" : "host");
      engine.scope(() => {
        const args = goodArguments(engine, op, homeOf(0));
        for (const [index, name] of names.entries()) {
          args[name] = placeArgument(engine, homeOf(index + 1), name, op.parameters[name], index + 2);
        }
        expect(outcomeOf(engine, op, args)).toEqual(expected());
      });
    }
  });

  it("takes a view of the engine's memory for the resident tensor it is", () => {
    const x = engine.tensor(host(op.shape).data, op.shape);
    const args = { ...goodArguments(engine, op), x };
    // The view is taken last: what is made after it may grow the memory, and detach it.
    const result = op.call(engine, { ...args, x: { data: x.data, shape: op.shape } });
    expect(bitsOf(result)).toEqual(expected().slice(0, tensorsOf(result).length));
    for (const tensor of tensorsOf(result)) expect(tensor.resident).toBe(true);
  });

  it("takes a view of another engine's memory for a host tensor", () => {
    const stranger = engineOf(backend).tensor(host(op.shape).data, op.shape);
    const result = op.call(engine, { ...goodArguments(engine, op), x: { data: stranger.data, shape: op.shape } });
    expect(bitsOf(result)).toEqual(expected().slice(0, tensorsOf(result).length));
    for (const tensor of tensorsOf(result)) expect(tensor.resident).toBe(false);
  });

  it("takes the results of another engine that are host tensors", () => {
    const source = engineOf(backend).affineGlobal(host(op.shape), new Float32Array(4).fill(1), new Float32Array(4));
    expect(outcomeOf(engine, op, { ...goodArguments(engine, op), x: source })).toEqual(expected());
  });

  it("takes arrays over shared memory, also to write to", () => {
    const shared = (name: string, shape: readonly number[], seed: number) => {
      const data = new Float32Array(new SharedArrayBuffer(sizeOf(shape) * 4));
      data.set(argumentOf(name, shape, seed).data);
      return { data, shape };
    };
    const args: Record<string, unknown> = { ...goodArguments(engine, op), x: shared("x", op.shape, 1) };
    for (const [index, name] of names.entries()) args[name] = shared(name, op.parameters[name], index + 2);
    if (op.takesOut) args.out = shared("out", op.shape, 9);
    const result = op.call(engine, args);
    expect(bitsOf(result)).toEqual(expected().slice(0, tensorsOf(result).length));
    if (op.takesOut) expect(tensorsOf(result)[0].data).toBe((args.out as { data: unknown }).data);
  });

  it.each(kinds)("takes a $name array at any offset in its buffer", (kind) => {
    const { data, dtype } = argumentOf("x", op.shape, 1, kind);
    const { BYTES_PER_ELEMENT: bytes } = data;
    const Class = data.constructor as new (buffer: ArrayBuffer, byteOffset: number, length: number) => Float32Array;
    for (const start of [1, 2, 3, 5]) {
      const moved = new Class(new ArrayBuffer((data.length + start) * bytes), start * bytes, data.length);
      moved.set(data as Float32Array);
      const x = { data: moved, shape: op.shape, dtype };
      expect(outcomeOf(engine, op, { ...goodArguments(engine, op, "host", kind), x })).toEqual(expected(kind));
    }
  });

  it.each(kinds)("takes bare arrays for parameters ($name)", (kind) => {
    for (const home of homes) {
      const args = goodArguments(engine, op, home, kind);
      for (const [index, name] of names.entries()) {
        args[name] = argumentOf(name, op.parameters[name], index + 2, kind).data;
      }
      expect(outcomeOf(engine, op, args)).toEqual(expected(kind));
    }
  });

  it("takes subclasses of Float32Array", () => {
    class Samples extends Float32Array {}
    const x = { data: Samples.from(host(op.shape).data), shape: op.shape };
    expect(outcomeOf(engine, op, { ...goodArguments(engine, op), x })).toEqual(expected());
  });

  it("does not write to what it reads", () => {
    for (const home of homes) {
      const args = goodArguments(engine, op, home);
      const read = Object.fromEntries(Object.entries(args).filter(([name]) => !op.updates.includes(name)));
      const before = snapshot(read);
      op.call(engine, args);
      expect(snapshot(read)).toEqual(before);
    }
  });
}

describe.each(backends)("homes, %s", (backend) => {
  describe.each(calls)("$title", (op) => {
    suite(backend, op);
  });
});
