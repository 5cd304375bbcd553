import { describe, expect, it } from "vitest";
import { ArgumentError, DisposedError, DTypeError, ShapeError, Tensor, type TensorLike } from "../../src/index.js";
import { sizeOf } from "../../src/shape.js";
import { kinds } from "./kinds.js";
import { type Arguments, callsWithOut, type Op } from "./ops.js";
import {
  argumentOf,
  type BackendName,
  backends,
  bitsOf,
  bitsOfTensor,
  disposeAll,
  engineOf,
  expectRefusal,
  expectUntouched,
  goodArguments,
  type Home,
  homes,
  host,
  place,
  placeArgument,
  type Refusal,
  tensorsOf,
} from "./support.js";

const shape = [2, 4, 3];
const size = sizeOf(shape);

/** What is written to is at fault: out, or running statistics. */
const overlapping = /^(out|running(Mean|Var))$/;

function suite(backend: BackendName, op: Op): void {
  const engine = engineOf(backend);

  function refuse(args: Arguments, kind: Refusal["kind"], argument: string | RegExp = "out"): void {
    expectUntouched(engine, args, () =>
      expectRefusal(() => op.call(engine, args), { kind, functionName: op.name, argument }),
    );
  }

  /** The result of the same call without `out`. */
  function expected(args: Arguments): Uint8Array {
    const result = op.call(engine, copyOfUpdated(op, { ...args, out: undefined }));
    const [output] = bitsOf(result);
    disposeAll(result);
    return output;
  }

  describe.each(homes)("%s", (home) => {
    it.each([[[24]], [[4, 2, 3]], [[2, 4, 3, 1]], [[2, 4, 4]], [[]], [[0]]])("refuses shape %j", (outShape) => {
      refuse({ ...goodArguments(engine, op, home), out: place(engine, home, outShape) }, ShapeError);
    });

    it("refuses the other home", () => {
      const other: Home = home === "host" ? "resident" : "host";
      refuse({ ...goodArguments(engine, op, home), out: place(engine, other, shape) }, ArgumentError);
    });

    it("refuses the memory of another engine, as a tensor and as a view", () => {
      const stranger = engineOf(backend).tensor(host(shape).data, shape);
      refuse({ ...goodArguments(engine, op, home), out: stranger }, ArgumentError);
      const view = { data: stranger.data, shape };
      if (home === "resident") refuse({ ...goodArguments(engine, op, home), out: view }, ArgumentError);
    });

    it("refuses a disposed tensor", () => {
      const out = engine.empty(shape);
      out.dispose();
      refuse({ ...goodArguments(engine, op, home), out }, DisposedError);
    });

    it("refuses what is not a tensor", () => {
      for (const out of [0, "out", true, {}, new Float32Array(size), Symbol("out")])
        refuse({ ...goodArguments(engine, op, home), out }, ArgumentError);
      for (const data of [new Int32Array(size), new Uint16Array(size), Array.from(host(shape).data), "y"])
        refuse({ ...goodArguments(engine, op, home), out: { data, shape } }, DTypeError, "out.data");
      const out = { ...host(shape), dtype: "float64" };
      refuse({ ...goodArguments(engine, op, home), out }, DTypeError, /^out/);
    });

    it("refuses every dtype but that of x", () => {
      for (const kind of kinds) {
        for (const outKind of kinds.filter(({ dtype }) => dtype !== kind.dtype)) {
          const out = placeArgument(engine, home, "out", shape, 9, outKind);
          refuse({ ...goodArguments(engine, op, home, kind), out }, DTypeError);
        }
      }
    });

    it.each(kinds)("writes there, and returns it ($name)", (kind) => {
      const args = {
        ...goodArguments(engine, op, home, kind),
        out: placeArgument(engine, home, "out", shape, 9, kind),
      };
      const wanted = expected(args);
      const result = op.call(engine, args);
      const [output] = tensorsOf(result);
      if (args.out instanceof Tensor) expect(output).toBe(args.out);
      expect(output.data).toEqual(args.out.data);
      expect(output.data.buffer).toBe(args.out.data.buffer);
      expect(bitsOfTensor(args.out)).toEqual(wanted);
      disposeAll(result);
    });

    it.each(kinds)("may be exactly x ($name)", (kind) => {
      const args = goodArguments(engine, op, home, kind);
      const wanted = expected(args);
      disposeAll(op.call(engine, { ...args, x: args.x, out: { ...pick(args.x) } }));
      expect(bitsOfTensor(pick(args.x))).toEqual(wanted);
    });
  });

  it.each([-23, -1, 1, 7, 23])("refuses host subarrays of one buffer that are %i elements apart", (distance) => {
    const { data } = host([3 * size]);
    const x = { data: data.subarray(size, 2 * size), shape };
    const out = { data: data.subarray(size + distance, 2 * size + distance), shape };
    refuse({ ...goodArguments(engine, op), x, out }, ArgumentError);
  });

  it.each([-24, 24])("takes host subarrays of one buffer that are %i elements apart", (distance) => {
    const { data } = host([3 * size]);
    const x = { data: data.subarray(size, 2 * size), shape };
    const out = { data: data.subarray(size + distance, 2 * size + distance), shape };
    const args = { ...goodArguments(engine, op), x, out };
    const wanted = expected(args);
    op.call(engine, args);
    expect(bitsOfTensor(out)).toEqual(wanted);
  });

  it("takes a host array whose offsets overlap x's in another buffer", () => {
    const args = { ...goodArguments(engine, op), out: { data: new Float32Array(size + 5).subarray(5), shape } };
    expect(() => op.call(engine, args)).not.toThrow();
  });

  it.each([-64, -4, 4, 64])("refuses resident views of one tensor that are %i bytes apart", (distance) => {
    const memory = engine.tensor(host([3 * size]).data, [3 * size]);
    const start = memory.data.byteOffset + size * 4;
    const x = engine.view(start, shape);
    const out = engine.view(start + distance, shape);
    refuse({ ...goodArguments(engine, op, "resident"), x, out }, ArgumentError);
    refuse({ ...goodArguments(engine, op, "resident"), x, out: { data: out.data, shape } }, ArgumentError);
  });

  it.each(Object.keys(op.parameters))("overlaps %s in no place", (argument) => {
    const parameterShape = op.parameters[argument];
    const count = sizeOf(parameterShape);
    for (const home of homes) {
      const all = place(engine, home, [size + count]);
      for (const start of [0, 1, size - 1, size]) {
        const out = { data: all.data.subarray(0, size), shape };
        const parameter = { data: all.data.subarray(start, start + count), shape: parameterShape };
        const args = { ...goodArguments(engine, op, home), out, [argument]: parameter };
        if (start < size) refuse(args, ArgumentError, overlapping);
        else expect(() => op.call(engine, args)).not.toThrow();
      }
    }
  });

  it("overlaps nothing if it has no elements", () => {
    const empty = op.shape.map((extent, axis) => (axis === 0 ? 0 : extent));
    const args: Record<string, unknown> = { ...goodArguments(engine, op), x: host(empty) };
    if (op.name === "affineGlobal") args.scale = args.bias = host([4]);
    if (op.name === "affineVectorized") args.scale = args.bias = host([0]);
    if (op.name === "standardize" && "weight" in args) {
      const axes = (op.size as number[]).map((axis) => (axis < 0 ? axis + 3 : axis));
      args.weight = args.bias = host(axes.map((axis) => empty[axis]));
    }
    for (const argument of Object.keys(op.parameters)) {
      const { data } = args[argument] as { data: Float32Array };
      const middle = Math.floor(data.length / 2);
      const out = { data: data.subarray(middle, middle), shape: empty };
      expect(() => op.call(engine, { ...args, out })).not.toThrow();
    }
  });

  it("overlaps no parameter that lies in x, which is out", () => {
    for (const [argument, parameterShape] of Object.entries(op.parameters)) {
      const x = host(shape);
      const parameter = { data: x.data.subarray(0, sizeOf(parameterShape)), shape: parameterShape };
      refuse({ ...goodArguments(engine, op), x, [argument]: parameter, out: x }, ArgumentError, overlapping);
    }
  });

  it("is untouched when memory runs out", () => {
    const small = engineOf("wasm", { maximumBytes: 65_536 });
    // Just less than a tile: every way to stage it takes more than a page.
    const lengthened = (sizes: readonly number[]) => sizes.map((extent) => (extent === 3 ? 8100 : extent));
    const parameters = Object.entries(op.parameters).map(([name, sizes]) => [
      name,
      argumentOf(name, lengthened(sizes), 2),
    ]);
    const args = {
      ...op.settings,
      ...Object.fromEntries(parameters),
      x: host(lengthened(shape)),
      out: host(lengthened(shape), 5),
      size: op.sizeName === "normalizedShape" ? lengthened([op.size].flat() as number[]) : op.size,
    };
    const error = expectUntouched(small, args, () => {
      try {
        op.call(small, args);
        return undefined;
      } catch (reason) {
        return reason;
      }
    });
    expect(error).toMatchObject({ name: "OutOfMemoryError", functionName: op.name });
    expect(small.memory.capacityBytes).toBe(65_536);
  });
}

/** A tensor's data and shape, as an object that is not a Tensor. */
function pick(tensor: unknown): TensorLike {
  const { data, shape: sizes, dtype } = tensor as TensorLike;
  return { data, shape: sizes, dtype };
}

/** The arguments of a call that leaves alone what another will update. */
function copyOfUpdated(op: Op, args: Arguments): Arguments {
  const copies = op.updates.map((name) => {
    const { data, shape: sizes, dtype } = args[name] as TensorLike;
    return [name, { data: (data as Float32Array).slice(), shape: sizes, dtype }] as const;
  });
  return { ...args, ...Object.fromEntries(copies) };
}

describe.each(backends)("out, %s", (backend) => {
  describe.each(callsWithOut)("$title", (op) => {
    suite(backend, op);
  });
});
