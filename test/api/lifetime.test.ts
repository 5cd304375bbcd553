import { describe, expect, it } from "vitest";
import { ArgumentError, DisposedError, type Engine } from "../../src/index.js";
import { calls, type Op } from "./ops.js";
import {
  type BackendName,
  backends,
  engineOf,
  expectRefusal,
  expectUntouched,
  goodArguments,
  homes,
  host,
  place,
  shapeOfArgument,
} from "./support.js";

function opSuite(backend: BackendName, op: Op): void {
  const engine = engineOf(backend);
  const tensors = [...op.inputs, ...Object.keys(op.parameters)];

  describe.each(homes)("%s", (home) => {
    it.each(tensors)("refuses a disposed %s", (argument) => {
      const gone = engine.empty(shapeOfArgument(op, argument));
      gone.dispose();
      const args = { ...goodArguments(engine, op, home), [argument]: gone };
      expectUntouched(engine, args, () =>
        expectRefusal(() => op.call(engine, args), { kind: DisposedError, functionName: op.name, argument }),
      );
    });

    it.each(tensors)("refuses %s of another engine", (argument) => {
      const stranger = place(engineOf(backend), "resident", shapeOfArgument(op, argument));
      const args = { ...goodArguments(engine, op, home), [argument]: stranger };
      expectUntouched(engine, args, () =>
        expectRefusal(() => op.call(engine, args), { kind: ArgumentError, functionName: op.name, argument }),
      );
    });

    it.each(tensors)("refuses %s of a disposed engine", (argument) => {
      const other = engineOf(backend);
      const orphan = place(other, "resident", shapeOfArgument(op, argument));
      other.dispose();
      const args = { ...goodArguments(engine, op, home), [argument]: orphan };
      expectUntouched(engine, args, () =>
        expectRefusal(() => op.call(engine, args), { kind: DisposedError, functionName: op.name, argument }),
      );
    });
  });

  it("is over when the engine is disposed", () => {
    const other = engineOf(backend);
    const args = goodArguments(other, op, "resident");
    other.dispose();
    for (const call of [args, goodArguments(engine, op)])
      expectRefusal(() => op.call(other, call), { kind: DisposedError, functionName: op.name, argument: "engine" });
  });
}

function engineSuite(backend: BackendName): void {
  const methods: Record<string, (engine: Engine) => unknown> = {
    "engine.tensor": (engine) => engine.tensor([1], [1]),
    "engine.empty": (engine) => engine.empty([1]),
    "engine.view": (engine) => engine.view(2048, [1]),
    "engine.scope": (engine) => engine.scope(() => 1),
  };

  it.each(Object.keys(methods))("%s refuses a disposed engine", (functionName) => {
    const engine = engineOf(backend);
    engine.dispose();
    expectRefusal(() => methods[functionName](engine), { kind: DisposedError, functionName, argument: "engine" });
  });

  it("disposes of an engine twice", () => {
    const engine = engineOf(backend);
    engine.dispose();
    expect(() => {
      engine.dispose();
    }).not.toThrow();
    expect(engine.memory.peakBytes).toBe(0);
    expect(engine.backend).toBe(backend);
  });

  it("disposes of a tensor twice, and gives its bytes back once", () => {
    const engine = engineOf(backend);
    const first = engine.tensor(host([16]).data, [16]);
    const { usedBytes } = engine.memory;
    first.dispose();
    expect(engine.memory.usedBytes).toBe(0);
    const second = engine.empty([16]);
    first.dispose();
    expect(engine.memory.usedBytes).toBe(usedBytes);
    expect([...second.data]).toEqual(new Array(16).fill(0));
  });

  it("gives no data of a disposed tensor, nor of one whose engine is disposed", () => {
    const engine = engineOf(backend);
    const [one, two] = [engine.empty([2]), engine.empty([2])];
    one.dispose();
    expectRefusal(() => one.data, { kind: DisposedError, functionName: "Tensor.data" });
    engine.dispose();
    expectRefusal(() => two.data, { kind: DisposedError, functionName: "Tensor.data" });
    expect(() => {
      two.dispose();
    }).not.toThrow();
    expect([two.shape, two.dtype, two.resident]).toEqual([[2], "float32", true]);
  });

  it("keeps host results when the engine is disposed", () => {
    const engine = engineOf(backend);
    const y = engine.layerNorm(host([2, 4]), 4);
    engine.dispose();
    expect(y.data).toHaveLength(8);
    y.dispose();
    expect(y.data).toHaveLength(8);
  });

  it("frees a tensor at the end of `using`", () => {
    const engine = engineOf(backend);
    const tensor = engine.empty([4]) as unknown as Record<symbol, () => void>;
    expect(typeof tensor[Symbol.dispose]).toBe("function");
    tensor[Symbol.dispose]();
    expect(engine.memory.usedBytes).toBe(0);
  });
}

describe.each(backends)("lifetime, %s", (backend) => {
  describe.each(calls)("$title", (op) => {
    opSuite(backend, op);
  });
  engineSuite(backend);
});
