import { describe, expect, it } from "vitest";
import {
  ArgumentError,
  DisposedError,
  DTypeError,
  type Engine,
  ShapeError,
  Tensor,
  type TensorLike,
} from "../../src/index.js";
import { sizeOf } from "../../src/shape.js";
import { kinds } from "./kinds.js";
import { type Arguments, callsWithOut, type Op, type Place } from "./ops.js";
import {
  alike,
  argumentOf,
  type BackendName,
  backends,
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
  placesToWrite,
  type Refusal,
  shapeOfArgument,
  tensorsOf,
} from "./support.js";

/** Shapes that no op here writes to. */
const otherShapes = [[24], [4, 2, 3], [2, 4, 3, 1], [2, 4, 4], [], [0]];

/** What is written to is at fault: out, or running statistics. */
const overlapping = /^(out(\.grad\w+)?|running(Mean|Var))$/;

/** The bits of the result that goes to a place, of the same call without it. */
function expectedAt(engine: Engine, op: Op, name: string, args: Arguments): Uint8Array {
  const result = op.call(engine, copyOfUpdated(op, { ...args, [name]: undefined }));
  const bits = bitsOfTensor(resultAt(op, name, result));
  disposeAll(result);
  return bits;
}

/** The result that goes to a place: they are in the order of places, and statistics follow. */
function resultAt(op: Op, name: string, result: unknown): Tensor {
  return tensorsOf(result)[op.places.findIndex((one) => one.name === name)];
}

/** What holds wherever an op may be told to write. */
function placeSuite(backend: BackendName, op: Op, { name, argument: called, shape }: Place): void {
  const engine = engineOf(backend);
  const size = sizeOf(shape);

  function refuse(args: Arguments, kind: Refusal["kind"], argument: string | RegExp = called): void {
    expectUntouched(engine, args, () =>
      expectRefusal(() => op.call(engine, args), { kind, functionName: op.name, argument }),
    );
  }

  describe.each(homes)("%s", (home) => {
    it.each(otherShapes.map((other) => [other]))("refuses shape %j", (other) => {
      refuse({ ...goodArguments(engine, op, home), [name]: place(engine, home, other) }, ShapeError);
    });

    it("refuses the other home", () => {
      const other: Home = home === "host" ? "resident" : "host";
      refuse({ ...goodArguments(engine, op, home), [name]: place(engine, other, shape) }, ArgumentError);
    });

    it("refuses the memory of another engine, as a tensor and as a view", () => {
      const stranger = engineOf(backend).tensor(host(shape).data, shape);
      refuse({ ...goodArguments(engine, op, home), [name]: stranger }, ArgumentError);
      const view = { data: stranger.data, shape };
      if (home === "resident") refuse({ ...goodArguments(engine, op, home), [name]: view }, ArgumentError);
    });

    it("refuses a disposed tensor", () => {
      const out = engine.empty(shape);
      out.dispose();
      refuse({ ...goodArguments(engine, op, home), [name]: out }, DisposedError);
    });

    it("refuses what is not a tensor", () => {
      for (const out of [0, "out", true, {}, new Float32Array(size), Symbol("out")])
        refuse({ ...goodArguments(engine, op, home), [name]: out }, ArgumentError);
      for (const data of [new Int32Array(size), new Uint16Array(size), Array.from(host(shape).data), "y"])
        refuse({ ...goodArguments(engine, op, home), [name]: { data, shape } }, DTypeError, `${called}.data`);
      const out = { ...host(shape), dtype: "float64" };
      refuse({ ...goodArguments(engine, op, home), [name]: out }, DTypeError);
    });

    it("refuses every dtype but that of x, which the parameters have too", () => {
      for (const kind of kinds) {
        for (const outKind of kinds.filter(({ dtype }) => dtype !== kind.dtype)) {
          const out = placeArgument(engine, home, "out", shape, 9, outKind);
          refuse({ ...goodArguments(engine, op, home, kind), [name]: out }, DTypeError);
        }
      }
    });

    it.each(kinds)("writes there, and returns it ($name)", (kind) => {
      const out = placeArgument(engine, home, "out", shape, 9, kind);
      const args = { ...goodArguments(engine, op, home, kind), [name]: out };
      const wanted = expectedAt(engine, op, name, args);
      const result = op.call(engine, args);
      const output = resultAt(op, name, result);
      if (out instanceof Tensor) expect(output).toBe(out);
      expect(output.data).toEqual(out.data);
      expect(output.data.buffer).toBe(out.data.buffer);
      expect(bitsOfTensor(out)).toEqual(wanted);
      disposeAll(result);
    });
  });

  it.each(Object.keys(op.parameters))("overlaps %s in no place", (argument) => {
    expectNoOverlap(argument);
  });

  function expectNoOverlap(argument: string): void {
    const argumentShape = shapeOfArgument(op, argument);
    const count = sizeOf(argumentShape);
    for (const home of homes) {
      const all = place(engine, home, [size + count]);
      for (const start of [0, 1, size - 1, size]) {
        const out = { data: all.data.subarray(0, size), shape };
        const input = { data: all.data.subarray(start, start + count), shape: argumentShape };
        const args = { ...goodArguments(engine, op, home), [name]: out, [argument]: input };
        if (start < size) refuse(args, ArgumentError, overlapping);
        else expect(() => op.call(engine, args)).not.toThrow();
      }
    }
  }

  if (name !== op.places[0].name) {
    it.each(op.inputs)("overlaps %s in no place", (argument) => {
      expectNoOverlap(argument);
    });

    it("overlaps no other place", () => {
      for (const { name: other, shape: otherShape } of op.places) {
        const count = sizeOf(otherShape);
        if (other === name) continue;
        const { data } = host([size + count]);
        for (const start of [0, size - 1, size]) {
          const [one, two] = [data.subarray(0, size), data.subarray(start, start + count)];
          const outs = { [name]: { data: one, shape }, [other]: { data: two, shape: otherShape } };
          const args = { ...goodArguments(engine, op), ...outs };
          if (start < size) refuse(args, ArgumentError, overlapping);
          else expect(() => op.call(engine, args)).not.toThrow();
        }
      }
    });
  }
}

/** What holds of the place for what is like x, which may be exactly x or what is like it. */
function inPlaceSuite(backend: BackendName, op: Op, input: string): void {
  const engine = engineOf(backend);
  const [{ name, argument, shape }] = op.places;
  const size = sizeOf(shape);
  const expected = (args: Arguments) => expectedAt(engine, op, name, args);

  function refuse(args: Arguments): void {
    const refusal = { kind: ArgumentError, functionName: op.name, argument };
    expectUntouched(engine, args, () => expectRefusal(() => op.call(engine, args), refusal));
  }

  describe.each(homes)("%s", (home) => {
    it.each(kinds)("may be exactly that ($name)", (kind) => {
      const args = goodArguments(engine, op, home, kind);
      const wanted = expected(args);
      disposeAll(op.call(engine, { ...args, [name]: { ...pick(args[input]) } }));
      expect(bitsOfTensor(pick(args[input]))).toEqual(wanted);
    });
  });

  it.each([-23, -1, 1, 7, 23])("refuses host subarrays of one buffer that are %i elements apart", (distance) => {
    const { data } = host([3 * size]);
    const x = { data: data.subarray(size, 2 * size), shape };
    const out = { data: data.subarray(size + distance, 2 * size + distance), shape };
    refuse({ ...goodArguments(engine, op), [input]: x, [name]: out });
  });

  it.each([-24, 24])("takes host subarrays of one buffer that are %i elements apart", (distance) => {
    const { data } = host([3 * size]);
    const x = { data: data.subarray(size, 2 * size), shape };
    const out = { data: data.subarray(size + distance, 2 * size + distance), shape };
    const args = { ...goodArguments(engine, op), [input]: x, [name]: out };
    const wanted = expected(args);
    op.call(engine, args);
    expect(bitsOfTensor(out)).toEqual(wanted);
  });

  it("takes a host array whose offsets overlap its in another buffer", () => {
    const args = { ...goodArguments(engine, op), [name]: { data: new Float32Array(size + 5).subarray(5), shape } };
    expect(() => op.call(engine, args)).not.toThrow();
  });

  it.each([-64, -4, 4, 64])("refuses resident views of one tensor that are %i bytes apart", (distance) => {
    const memory = engine.tensor(host([3 * size]).data, [3 * size]);
    const start = memory.data.byteOffset + size * 4;
    const x = engine.view(start, shape);
    const out = engine.view(start + distance, shape);
    refuse({ ...goodArguments(engine, op, "resident"), [input]: x, [name]: out });
    refuse({ ...goodArguments(engine, op, "resident"), [input]: x, [name]: { data: out.data, shape } });
  });

  it("overlaps no parameter that lies in it", () => {
    for (const [parameter, parameterShape] of Object.entries(op.parameters)) {
      const x = host(shape);
      const inside = { data: x.data.subarray(0, sizeOf(parameterShape)), shape: parameterShape };
      const args = { ...goodArguments(engine, op), [input]: x, [parameter]: inside, [name]: x };
      const refusal = { kind: ArgumentError, functionName: op.name, argument: overlapping };
      expectUntouched(engine, args, () => expectRefusal(() => op.call(engine, args), refusal));
    }
  });
}

function callSuite(backend: BackendName, op: Op): void {
  const engine = engineOf(backend);
  const [{ name }] = op.places;

  it("overlaps nothing if it has no elements", () => {
    const { empty, args } = emptyArguments(engine, op);
    for (const argument of Object.keys(op.parameters)) {
      const { data } = args[argument] as { data: Float32Array };
      const middle = Math.floor(data.length / 2);
      const out = { data: data.subarray(middle, middle), shape: empty };
      expect(() => op.call(engine, { ...args, [name]: out })).not.toThrow();
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
      ...Object.fromEntries(op.inputs.map((input) => [input, host(lengthened(op.shape))])),
      ...Object.fromEntries(op.places.map(({ name, shape }) => [name, host(lengthened(shape), 5)])),
      size: op.sizeName === "normalizedShape" ? lengthened([op.size].flat() as number[]) : op.size,
    };
    if (!op.scratchFor.includes("host")) {
      expect(() => op.call(small, args)).not.toThrow();
      return;
    }
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

  it.each(homes)("may be told all places at once (%s)", (home) => {
    const args = goodArguments(engine, op, home);
    const wanted = op.places.map((one) => expectedAt(engine, op, one.name, args));
    const places = placesToWrite(engine, op, home);
    op.call(engine, copyOfUpdated(op, { ...args, ...places }));
    expect(Object.values(places).map(bitsOfTensor)).toEqual(wanted);
  });
}

/** The arguments of a call of an op on no samples. */
function emptyArguments(engine: Engine, op: Op): { empty: readonly number[]; args: Record<string, unknown> } {
  const empty = op.shape.map((extent, axis) => (axis === 0 ? 0 : extent));
  const args: Record<string, unknown> = { ...goodArguments(engine, op), ...alike(op, host(empty)) };
  if (op.name === "affineGlobal") args.scale = args.bias = host([4]);
  if (op.name === "affineVectorized") args.scale = args.bias = host([0]);
  if (op.name === "standardize" && "weight" in args) {
    const axes = (op.size as number[]).map((axis) => (axis < 0 ? axis + 3 : axis));
    args.weight = args.bias = host(axes.map((axis) => empty[axis]));
  }
  // Statistics of samples are those of none.
  for (const name of op.statistics.filter((name) => op.parameters[name].length > 1)) {
    args[name] = host([0, ...op.parameters[name].slice(1)]);
  }
  return { empty, args };
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
    describe.each(op.places)("$argument", (place) => {
      placeSuite(backend, op, place);
    });
    describe.each(op.inputs)("beside %s", (input) => {
      inPlaceSuite(backend, op, input);
    });
    callSuite(backend, op);
  });
});
