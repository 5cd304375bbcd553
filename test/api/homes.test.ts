import { describe, expect, it } from "vitest";
import { Tensor } from "../../src/index.js";
import { sizeOf } from "../../src/shape.js";
import { type Op, ops } from "./ops.js";
import {
  type BackendName,
  backends,
  bitsOf,
  engineOf,
  goodArguments,
  type Home,
  homes,
  host,
  place,
  tensorsOf,
} from "./support.js";

function suite(backend: BackendName, op: Op): void {
  const engine = engineOf(backend);
  const expected = () => {
    const own = engineOf(backend);
    return bitsOf(op.call(own, goodArguments(own, op)));
  };

  it("host in, host out: Tensors over Float32Arrays of their own", () => {
    const { capacityBytes } = engine.memory;
    for (const tensor of tensorsOf(op.call(engine, goodArguments(engine, op)))) {
      expect(tensor).toBeInstanceOf(Tensor);
      expect([tensor.resident, tensor.dtype]).toEqual([false, "float32"]);
      expect(tensor.data.constructor).toBe(Float32Array);
      expect(tensor.data.byteLength).toBe(tensor.data.buffer.byteLength);
      expect(tensor.data).toHaveLength(sizeOf(tensor.shape));
    }
    expect(engine.memory.usedBytes).toBe(0);
    expect(engine.memory.capacityBytes).toBe(capacityBytes);
  });

  it("resident in, resident out", () => {
    for (const tensor of tensorsOf(op.call(engine, goodArguments(engine, op, "resident")))) {
      expect(tensor).toBeInstanceOf(Tensor);
      expect([tensor.resident, tensor.dtype]).toEqual([true, "float32"]);
      expect(tensor.data).toHaveLength(sizeOf(tensor.shape));
    }
  });

  const names = Object.keys(op.parameters);
  const mixtures = Array.from({ length: 2 ** (names.length + 1) }, (_, bits) =>
    ["x", ...names].map((_name, index): Home => ((bits >> index) & 1 ? "resident" : "host")),
  );
  it.each(mixtures.map((mixture) => [mixture.join(", "), mixture] as const))(
    "mixes homes: %s",
    (_, [xHome, ...rest]) => {
      const args = goodArguments(engine, op, xHome);
      for (const [index, name] of names.entries())
        args[name] = place(engine, rest[index], op.parameters[name], index + 2);
      const result = op.call(engine, args);
      expect(bitsOf(result)).toEqual(expected());
      for (const tensor of tensorsOf(result)) expect(tensor.resident).toBe(xHome === "resident");
    },
  );

  it("takes a view of the engine's memory for the resident tensor it is", () => {
    const x = engine.tensor(host(op.shape).data, op.shape);
    const args = { ...goodArguments(engine, op), x };
    // The view is taken last: what is made after it may grow the memory, and detach it.
    const result = op.call(engine, { ...args, x: { data: x.data, shape: op.shape } });
    expect(bitsOf(result)).toEqual(expected());
    for (const tensor of tensorsOf(result)) expect(tensor.resident).toBe(true);
  });

  it("takes a view of another engine's memory for a host tensor", () => {
    const stranger = engineOf(backend).tensor(host(op.shape).data, op.shape);
    const result = op.call(engine, { ...goodArguments(engine, op), x: { data: stranger.data, shape: op.shape } });
    expect(bitsOf(result)).toEqual(expected());
    for (const tensor of tensorsOf(result)) expect(tensor.resident).toBe(false);
  });

  it("takes the results of another engine that are host tensors", () => {
    const source = engineOf(backend).affineGlobal(host(op.shape), new Float32Array(4).fill(1), new Float32Array(4));
    expect(bitsOf(op.call(engine, { ...goodArguments(engine, op), x: source }))).toEqual(expected());
  });

  it("takes arrays over shared memory, also to write to", () => {
    const shared = (shape: readonly number[], seed: number) => {
      const data = new Float32Array(new SharedArrayBuffer(sizeOf(shape) * 4));
      data.set(host(shape, seed).data);
      return { data, shape };
    };
    const args: Record<string, unknown> = { x: shared(op.shape, 1), size: op.size };
    for (const [index, name] of names.entries()) args[name] = shared(op.parameters[name], index + 2);
    if (op.takesOut) args.out = shared(op.shape, 9);
    const result = op.call(engine, args);
    expect(bitsOf(result)).toEqual(expected());
    if (op.takesOut) expect(tensorsOf(result)[0].data).toBe((args.out as { data: unknown }).data);
  });

  it("takes arrays at any offset in their buffer", () => {
    for (const start of [1, 2, 3, 5]) {
      const buffer = new ArrayBuffer((sizeOf(op.shape) + start) * 4);
      const data = new Float32Array(buffer, start * 4);
      data.set(host(op.shape).data);
      expect(bitsOf(op.call(engine, { ...goodArguments(engine, op), x: { data, shape: op.shape } }))).toEqual(
        expected(),
      );
    }
  });

  it("takes bare arrays for parameters", () => {
    for (const home of homes) {
      const args = goodArguments(engine, op, home);
      const parameters = names.map((name, index) => [name, host(op.parameters[name], index + 2).data]);
      expect(bitsOf(op.call(engine, { ...args, ...Object.fromEntries(parameters) }))).toEqual(expected());
    }
  });

  it("takes subclasses of Float32Array", () => {
    class Samples extends Float32Array {}
    const x = { data: Samples.from(host(op.shape).data), shape: op.shape };
    expect(bitsOf(op.call(engine, { ...goodArguments(engine, op), x }))).toEqual(expected());
  });

  it("does not write to what it reads", () => {
    for (const home of homes) {
      const args = goodArguments(engine, op, home);
      const before = structuredCopy(args);
      op.call(engine, args);
      expect(structuredCopy(args)).toEqual(before);
    }
  });
}

function structuredCopy(args: Record<string, unknown>): unknown[] {
  return Object.values(args).map((value) => {
    const data = (value as { data?: Float32Array } | undefined)?.data;
    return data ? data.slice() : value;
  });
}

describe.each(backends)("homes, %s", (backend) => {
  describe.each(ops)("$name", (op) => {
    suite(backend, op);
  });
});
