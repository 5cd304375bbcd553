import { describe, expect, it } from "vitest";
import { Tensor, type TensorLike } from "../../src/index.js";
import { sizeOf } from "../../src/shape.js";
import { float32, kinds } from "./kinds.js";
import { type Arguments, calls, type Op } from "./ops.js";
import {
  type BackendName,
  backends,
  bitsOf,
  disposeAll,
  engineOf,
  goodArguments,
  type Home,
  homes,
  outcomeOf,
  placesToWrite,
  replacingInputs,
  resizable,
  snapshot,
  tensorsOf,
} from "./support.js";

/** Every tensor among arguments, moved. */
function moved<Args extends Arguments>(args: Args, move: (tensor: TensorLike) => TensorLike): Args {
  const isTensor = (value: unknown) => typeof value === "object" && value !== null && "data" in value;
  const entries = Object.entries(args).map(([name, value]) => [
    name,
    isTensor(value) ? move(value as TensorLike) : value,
  ]);
  return Object.fromEntries(entries) as Args;
}

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
      const [output, ...others] = tensorsOf(result);
      for (const tensor of [output, ...others]) {
        expect(tensor).toBeInstanceOf(Tensor);
        expect(tensor.resident).toBe(home === "resident");
        expect(tensor.data).toHaveLength(sizeOf(tensor.shape));
        if (home === "host") expect(tensor.data.byteLength).toBe(tensor.data.buffer.byteLength);
      }
      if (op.name !== "rowwiseMoments") {
        expect([output.dtype, output.data[Symbol.toStringTag]]).toEqual([kind.dtype, kind.arrayName]);
        expect(output.shape).toEqual(op.shape);
      } else others.push(output);
      // Besides the output there are gradients of parameters, or statistics.
      const dtypeOfOthers = op.name.endsWith("Backward") ? kind.dtype : kind.computing;
      for (const { dtype } of others) expect(dtype).toBe(dtypeOfOthers);
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
          args[name] = goodArguments(engine, op, homeOf(index + 1))[name];
        }
        expect(outcomeOf(engine, op, args)).toEqual(expected());
      });
    }
  });

  it("takes a view of the engine's memory for the resident tensor it is", () => {
    const args = goodArguments(engine, op, "resident");
    // The views are taken last: what is made after them may grow the memory, and detach them.
    const result = op.call(
      engine,
      replacingInputs(op, args, ({ data, shape }) => ({ data, shape })),
    );
    expect(bitsOf(result)).toEqual(expected().slice(0, tensorsOf(result).length));
    for (const tensor of tensorsOf(result)) expect(tensor.resident).toBe(true);
  });

  it("takes a view of another engine's memory for a host tensor", () => {
    const args = replacingInputs(op, goodArguments(engine, op), ({ data, shape }) => {
      return { data: engineOf(backend).tensor(data, shape).data, shape };
    });
    const result = op.call(engine, args);
    expect(bitsOf(result)).toEqual(expected().slice(0, tensorsOf(result).length));
    for (const tensor of tensorsOf(result)) expect(tensor.resident).toBe(false);
  });

  it("takes the results of another engine that are host tensors", () => {
    const args = replacingInputs(op, goodArguments(engine, op), (tensor) => {
      return engineOf(backend).affineGlobal(tensor, new Float32Array(4).fill(1), new Float32Array(4));
    });
    expect(outcomeOf(engine, op, args)).toEqual(expected());
  });

  it.each(["shared memory", "memory that can change its size"])("takes arrays over %s, also to write to", (kind) => {
    const over = ({ data, shape }: TensorLike) => {
      const { byteLength } = data;
      const buffer =
        kind === "shared memory" ? new SharedArrayBuffer(byteLength) : resizable(byteLength, 2 * byteLength);
      const copy = new Float32Array(buffer);
      copy.set(data as Float32Array);
      return { data: copy, shape };
    };
    const places = moved(placesToWrite(engine, op), over);
    const result = op.call(engine, { ...moved(goodArguments(engine, op), over), ...places });
    expect(bitsOf(result)).toEqual(expected().slice(0, tensorsOf(result).length));
    for (const [index, { name }] of op.places.entries()) expect(tensorsOf(result)[index].data).toBe(places[name].data);
  });

  it.each(kinds)("takes $name arrays at any offset in their buffers", (kind) => {
    for (const start of [1, 2, 3, 5]) {
      const args = replacingInputs(op, goodArguments(engine, op, "host", kind), ({ data, shape, dtype }) => {
        const { BYTES_PER_ELEMENT: bytes } = data;
        const Class = data.constructor as new (buffer: ArrayBuffer, byteOffset: number, length: number) => Float32Array;
        const moved = new Class(new ArrayBuffer((data.length + start) * bytes), start * bytes, data.length);
        moved.set(data as Float32Array);
        return { data: moved, shape, dtype };
      });
      expect(outcomeOf(engine, op, args)).toEqual(expected(kind));
    }
  });

  it.each(kinds)("takes bare arrays for parameters ($name)", (kind) => {
    for (const home of homes) {
      const args = goodArguments(engine, op, home, kind);
      const onHost = goodArguments(engine, op, "host", kind);
      for (const name of names) args[name] = (onHost[name] as TensorLike).data;
      expect(outcomeOf(engine, op, args)).toEqual(expected(kind));
    }
  });

  it("takes subclasses of Float32Array", () => {
    class Samples extends Float32Array {}
    const args = replacingInputs(op, goodArguments(engine, op), ({ data, shape }) => {
      return { data: Samples.from(data as Float32Array), shape };
    });
    expect(outcomeOf(engine, op, args)).toEqual(expected());
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
