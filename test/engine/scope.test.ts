import { describe, expect, it } from "vitest";
import { ArgumentError, type Engine, type Tensor } from "../../src/index.js";
import { type BackendName, backends, engineOf, expectRefusal, host, named } from "../api/support.js";

const alive = (tensor: Tensor): boolean => {
  try {
    return tensor.data.length > 0;
  } catch {
    return false;
  }
};

function suite(backend: BackendName): void {
  let engine: Engine;
  const make = () => engine.tensor([1, 2, 3, 4], [4]);
  const fresh = () => {
    engine = engineOf(backend);
  };

  it("frees what was made inside, whatever made it", () => {
    fresh();
    const made: Tensor[] = [];
    const outer = make();
    const { usedBytes } = engine.memory;
    const result = engine.scope(() => {
      const x = engine.tensor(host([2, 4]).data, [2, 4]);
      const { output, mean, rstd } = engine.nativeLayerNorm(x, 4);
      made.push(x, output, mean, rstd, engine.empty([3]), ...Object.values(engine.rowwiseMoments(x, 4)));
      return 42;
    });
    expect(result).toBe(42);
    expect(made.map(alive)).toEqual(made.map(() => false));
    expect(alive(outer)).toBe(true);
    expect(engine.memory.usedBytes).toBe(usedBytes);
  });

  it("keeps what is returned: a tensor, or tensors in arrays and objects", () => {
    fresh();
    expect(alive(engine.scope(make))).toBe(true);
    expect(
      engine
        .scope(() => [make(), [make()]])
        .flat()
        .every(alive),
    ).toBe(true);
    const { a, b } = engine.scope(() => ({ a: make(), b: { c: [make()] } }));
    expect([a, b.c[0]].every(alive)).toBe(true);
    const { output, mean, rstd } = engine.scope(() => engine.nativeLayerNorm(make(), 4));
    expect([output, mean, rstd].every(alive)).toBe(true);
  });

  it("returns just what fn returns", () => {
    fresh();
    const object = { tensor: make(), list: [1, "two", null] };
    expect(engine.scope(() => object)).toBe(object);
    for (const value of [undefined, null, 0, "", Symbol.iterator, NaN, 3n])
      expect(engine.scope(() => value)).toBe(value);
  });

  it("takes results that refer to themselves, are deep, or are large", () => {
    fresh();
    const circle: Record<string, unknown> = { tensor: undefined };
    circle.self = circle;
    const kept = engine.scope(() => {
      circle.tensor = make();
      return circle;
    });
    expect(alive(kept.tensor as Tensor)).toBe(true);
    const deep = engine.scope(() => {
      let nested: unknown[] = [make()];
      for (let depth = 0; depth < 50_000; depth++) nested = [nested];
      return nested;
    });
    let innermost: unknown = deep;
    while (Array.isArray(innermost)) innermost = innermost[0];
    expect(alive(innermost as Tensor)).toBe(true);
  });

  it("frees everything when fn throws, and throws the same", () => {
    fresh();
    const reason = new Error("mine");
    let made: Tensor | undefined;
    expect(() =>
      engine.scope(() => {
        made = make();
        throw reason;
      }),
    ).toThrow(reason);
    expect([alive(made!), engine.memory.usedBytes]).toEqual([false, 0]);
    expect(alive(make())).toBe(true);
  });

  it("frees everything when a result cannot be looked through, also in a scope around it", () => {
    fresh();
    const unreadable = () => [
      make(),
      {
        get second(): never {
          throw new Error("mine");
        },
      },
    ];
    expect(() => engine.scope(unreadable)).toThrow();
    expect(engine.memory.usedBytes).toBe(0);
    engine.scope(() => {
      expect(() => engine.scope(unreadable)).toThrow();
      expect(engine.memory.usedBytes).toBe(0);
    });
  });

  it("nests: what an inner scope returns belongs to the outer one", () => {
    fresh();
    const outside = engine.scope(() => {
      const before = make();
      const [kept, returned] = engine.scope(() => {
        make();
        return [make(), before];
      });
      expect([kept, returned, before].every(alive)).toBe(true);
      engine.scope(() => 0);
      expect(kept.data.length).toBe(4);
      return kept;
    });
    expect(alive(outside)).toBe(true);
    expect(engine.memory.usedBytes).toBe(64);
    outside.dispose();
    expect(engine.memory.usedBytes).toBe(0);
  });

  it("does not free twice what was disposed inside", () => {
    fresh();
    const after = engine.scope(() => {
      make().dispose();
      return make();
    });
    expect([alive(after), engine.memory.usedBytes]).toEqual([true, 64]);
  });

  it("leaves alone views, host tensors, and tensors of another engine", () => {
    fresh();
    const tensor = make();
    const other = engineOf(backend);
    const [view, y, stranger] = [
      engine.scope(() => engine.view(tensor.data.byteOffset, [4])),
      engine.scope(() => engine.layerNorm(host([4]), 4)),
      engine.scope(() => [other.empty([4])])[0],
    ];
    expect([view, y, stranger, tensor].every(alive)).toBe(true);
    engine.scope(() => {
      engine.view(tensor.data.byteOffset, [4]);
      other.empty([1]);
    });
    expect(alive(tensor)).toBe(true);
    expect(other.memory.usedBytes).toBe(128);
  });

  it("keeps `out` that was made outside", () => {
    fresh();
    const [x, out] = [make(), engine.empty([4])];
    engine.scope(() => {
      engine.layerNorm(x, 4, { out });
    });
    expect([x, out].every(alive)).toBe(true);
  });

  it("refuses a promise, and frees what was made until then", async () => {
    fresh();
    let promise: Promise<Tensor> | undefined;
    const scope = () => engine.scope(() => (promise = Promise.resolve(make())));
    expectRefusal(scope, { kind: ArgumentError, functionName: "engine.scope", argument: "fn" });
    expect(engine.memory.usedBytes).toBe(0);
    expect(alive(await promise!)).toBe(false);
    expectRefusal(() => engine.scope(async () => make()), { kind: ArgumentError, functionName: "engine.scope" });
    expect(engine.memory.usedBytes).toBe(0);
  });

  it.each(named([undefined, null, 1, "f", {}, [], Symbol("f")]))("refuses fn %s", (_, fn) => {
    fresh();
    const scope = () => engine.scope(fn as never);
    expectRefusal(scope, { kind: ArgumentError, functionName: "engine.scope", argument: "fn" });
  });

  it("survives that the engine is disposed inside", () => {
    fresh();
    expect(() => {
      engine.scope(() => {
        make();
        engine.dispose();
      });
    }).not.toThrow();
  });
}

describe.each(backends)("engine.scope, %s", suite);
