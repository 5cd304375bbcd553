import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import {
  ArgumentError,
  DisposedError,
  DTypeError,
  LanenormError,
  Moments,
  setDefaultEngine,
  ShapeError,
} from "../../src/index.js";
import { sizeOf } from "../../src/shape.js";
import { kinds } from "./kinds.js";
import {
  argumentOf,
  type BackendName,
  backends,
  engineOf,
  expectRefusal,
  expectUntouched,
  expectWellFormed,
  homes,
  host,
  named,
  placeArgument,
  thrownBy,
} from "./support.js";

const shape = [2, 4, 3];

/** Two passes over the elements of each group, in the order of the groups. */
function twoPass(data: ArrayLike<number>, sizes: readonly number[], axes: readonly number[]) {
  const groups = new Map<number, number[]>();
  for (let flat = 0; flat < data.length; flat++) {
    let group = 0;
    let [rest, stride] = [flat, data.length];
    for (const [axis, size] of sizes.entries()) {
      stride /= size;
      if (!axes.includes(axis)) group = group * size + Math.floor(rest / stride);
      rest %= stride;
    }
    groups.set(group, [...(groups.get(group) ?? []), data[flat]]);
  }
  const members = [...groups].sort(([a], [b]) => a - b).map(([, values]) => values);
  const mean = members.map((values) => values.reduce((sum, value) => sum + value, 0) / values.length);
  const m2 = members.map((values, group) => values.reduce((sum, value) => sum + (value - mean[group]) ** 2, 0));
  return { mean, m2 };
}

function expectClose(actual: Float64Array, expected: readonly number[], tolerance = 1e-12): void {
  expect(actual).toHaveLength(expected.length);
  for (const [index, value] of expected.entries()) {
    expect(Math.abs(actual[index] - value)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(value)));
  }
}

function suite(backend: BackendName): void {
  const engine = engineOf(backend);
  const on = <Result>(action: () => Result): Result => {
    setDefaultEngine(engine);
    return action();
  };

  it.each(kinds)("are float64 numbers over any axes, wherever x lies ($name)", (kind) => {
    for (const home of homes) {
      for (let bits = 0; bits < 8; bits++) {
        const axes = [0, 1, 2].filter((axis) => (bits >> axis) & 1);
        const x = placeArgument(engine, home, "x", shape, 1, kind);
        const { usedBytes } = engine.memory;
        const moments = on(() => Moments.of(x, axes));
        const kept = shape.filter((_, axis) => !axes.includes(axis));
        const numbers = kind.decode(x.data);
        const { mean, m2 } = twoPass(numbers, shape, axes);
        expect([moments.count, moments.shape]).toEqual([sizeOf(shape) / sizeOf(kept), kept]);
        expect([moments.mean, moments.m2].map(({ constructor }) => constructor)).toEqual([Float64Array, Float64Array]);
        // float32 data is summed in float32 blocks: a few roundings of those.
        const tolerance = kind.computing === "float64" ? 1e-14 : 1e-6;
        expectClose(moments.mean, mean, tolerance);
        expectClose(moments.m2, m2, 10 * tolerance);
        expect(engine.memory.usedBytes).toBe(usedBytes);
      }
    }
  });

  it("are over all axes if none are given, and over none if none are meant", () => {
    const x = host(shape);
    expect(on(() => Moments.of(x)).shape).toEqual([]);
    expect(on(() => Moments.of(x)).toJSON()).toEqual(on(() => Moments.of(x, [-1, 0, 1])).toJSON());
    const single = on(() => Moments.of(x, []));
    expect([single.count, single.shape]).toEqual([1, shape]);
    expect(Float32Array.from(single.mean)).toEqual(x.data);
    expect(single.m2.every((value) => value === 0)).toBe(true);
    expect(on(() => Moments.of({ data: Float32Array.of(7), shape: [] })).mean).toEqual(Float64Array.of(7));
  });

  it.each([
    [[0, 3], [0]],
    [[3, 0], [1]],
    [
      [2, 0, 3],
      [0, 1],
    ],
    [[0], undefined],
  ])("of no elements have count 0 and mean 0: shape %j, axes %j", (sizes, axes) => {
    const moments = on(() => Moments.of(host(sizes), axes));
    expect(moments.count).toBe(0);
    expect([...moments.mean, ...moments.m2].every((value) => value === 0)).toBe(true);
    expect(moments.variance().every(Number.isNaN)).toBe(true);
    expect(moments.mean).toHaveLength(sizeOf(moments.shape));
  });

  it("of parts merge to those of the whole", () => {
    const parts = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(parts, fc.nat(100), fc.constantFrom(...kinds), (lengths, seed, kind) => {
        const rows = lengths.reduce((sum, length) => sum + length, 0);
        const numbers = kind.decode(argumentOf("x", [rows, 3], seed, kind).data);
        const merged = lengths
          .map((length, index) => {
            const from = lengths.slice(0, index).reduce((sum, one) => sum + one, 0);
            const data = Float64Array.from(numbers.subarray(3 * from, 3 * (from + length)));
            return on(() => Moments.of({ data, shape: [length, 3] }, [0]));
          })
          .reduce((sum, part) => sum.merge(part));
        expect([merged.count, merged.shape]).toEqual([rows, [3]]);
        if (rows === 0) return;
        const { mean, m2 } = twoPass(numbers, [rows, 3], [0]);
        expectClose(merged.mean, mean);
        expectClose(merged.m2, m2, 1e-11);
        expectClose(
          merged.variance(),
          m2.map((value) => value / rows),
          1e-11,
        );
        if (rows > 1)
          expectClose(
            merged.variance(1),
            m2.map((value) => value / (rows - 1)),
            1e-11,
          );
        else expect(merged.variance(1).every(Number.isNaN)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it("of parts far from zero merge without losing digits", () => {
    const data = Float64Array.from({ length: 1000 }, (_, index) => 1e9 + Math.sin(index));
    const parts = [data.slice(0, 1), data.slice(1, 300), data.slice(300)];
    const merged = parts
      .map((part) => on(() => Moments.of({ data: part, shape: [part.length] })))
      .reduce((sum, part) => sum.merge(part));
    const { m2 } = twoPass(
      data.map((value) => value - 1e9),
      [1000],
      [0],
    );
    expectClose(merged.m2, m2, 1e-6);
    expect(Math.abs(merged.mean[0] - (1e9 + data.reduce((sum, value) => sum + (value - 1e9), 0) / 1000))).toBeLessThan(
      3e-7,
    );
  });

  it("pass through JSON to the last bit", () => {
    const data = Float64Array.of(1 / 3, 1e300, 5e-324, -0, Infinity, -Infinity, NaN, 2 ** 53 + 2);
    const moments = on(() => Moments.of({ data, shape: [8] }, []));
    const all = on(() => Moments.of({ data: data.slice(0, 3), shape: [1, 3] }, [0])).merge(
      on(() => Moments.of({ data: Float64Array.of(0.1, 0.2, 0.3), shape: [1, 3] }, [0])),
    );
    for (const one of [moments, all]) {
      const back = Moments.fromJSON(JSON.parse(JSON.stringify(one)));
      expect([back.count, back.shape]).toEqual([one.count, one.shape]);
      expect(Buffer.from(back.mean.buffer)).toEqual(Buffer.from(one.mean.slice().buffer));
      expect(back.m2.every((value, index) => Object.is(value, one.m2[index]))).toBe(true);
      expect(back).toBeInstanceOf(Moments);
    }
  });

  it.each(named([1, "0", null, {}, [0, 0], [3], [-4], [0.5], ["0"], [null], new Array(2), Int32Array.of(0)]))(
    "are not over axes %s",
    (_, axes) => {
      expectUntouched(engine, {}, () =>
        expectRefusal(() => on(() => Moments.of(host(shape), axes as never)), {
          kind: ArgumentError,
          functionName: "Moments.of",
          argument: "axes",
        }),
      );
    },
  );

  it("are of tensors", () => {
    const refuse = (x: unknown, kind: typeof LanenormError) => {
      expectUntouched(engine, { x }, () =>
        expectRefusal(() => on(() => Moments.of(x as never)), { kind, functionName: "Moments.of", argument: /^x/ }),
      );
    };
    for (const x of [undefined, null, 3, "x", {}, new Float32Array(3)]) refuse(x, ArgumentError);
    refuse({ data: new Int32Array(3), shape: [3] }, DTypeError);
    refuse({ data: new Uint16Array(3), shape: [3] }, DTypeError);
    refuse({ data: new Float32Array(3), shape: [4] }, ShapeError);
    const gone = engine.empty([3]);
    gone.dispose();
    refuse(gone, DisposedError);
  });
}

afterEach(() => {
  setDefaultEngine(engineOf("wasm"));
});

describe.each(backends)("Moments, %s", suite);

describe("Moments", () => {
  const moments = Moments.fromJSON({ count: 3, shape: [2], mean: [1, 2], m2: [6, 0] });

  it("give the variance for any correction", () => {
    expect([...moments.variance()]).toEqual([2, 0]);
    expect([...moments.variance(1)]).toEqual([3, 0]);
    expect([...moments.variance(0.5)]).toEqual([6 / 2.5, 0]);
    for (const correction of [3, 4, Infinity]) expect([...moments.variance(correction)]).toEqual([NaN, NaN]);
    for (const correction of [NaN, null, "1", true, 1n, {}]) {
      expectRefusal(() => moments.variance(correction as never), {
        kind: ArgumentError,
        functionName: "Moments.variance",
        argument: "correction",
      });
    }
  });

  it("merge with moments of as many groups only", () => {
    for (const other of [undefined, null, 3, {}, moments.toJSON(), Object.create(null)]) {
      expectRefusal(() => moments.merge(other as never), {
        kind: ArgumentError,
        functionName: "Moments.merge",
        argument: "other",
      });
    }
    for (const sizes of [[], [1], [2, 1], [3]]) {
      const zeros = new Array(sizeOf(sizes)).fill(0) as number[];
      const other = Moments.fromJSON({ count: 1, shape: sizes, mean: zeros, m2: zeros });
      expectRefusal(() => moments.merge(other), { kind: ShapeError, functionName: "Moments.merge", argument: "other" });
    }
    const none = Moments.fromJSON({ count: 0, shape: [2], mean: [0, 0], m2: [0, 0] });
    for (const merged of [moments.merge(none), none.merge(moments)]) expect(merged.toJSON()).toEqual(moments.toJSON());
    expect([...moments.mean, ...moments.m2]).toEqual([1, 2, 6, 0]);
  });

  it.each<[string, unknown, string]>([
    ["undefined", undefined, "count"],
    ["null", null, "count"],
    ["a string", "{}", "count"],
    ["a negative count", { count: -1, shape: [], mean: [0], m2: [0] }, "count"],
    ["a fraction for a count", { count: 1.5, shape: [], mean: [0], m2: [0] }, "count"],
    ["no shape", { count: 1, mean: [0], m2: [0] }, "shape"],
    ["a bad shape", { count: 1, shape: [-1], mean: [0], m2: [0] }, "shape"],
    ["too few means", { count: 1, shape: [2], mean: [0], m2: [0, 0] }, "mean"],
    ["no m2", { count: 1, shape: [], mean: [0] }, "m2"],
    ["a word for a mean", { count: 1, shape: [], mean: ["one"], m2: [0] }, "mean"],
    ["null for a mean, as JSON makes of NaN", { count: 1, shape: [], mean: [null], m2: [0] }, "mean"],
    ["a typed array", { count: 1, shape: [], mean: [0], m2: new Float64Array(1) }, "m2"],
    ["a hole", { count: 1, shape: [], mean: new Array(1), m2: [0] }, "mean"],
  ])("are not made of %s", (_, json, argument) => {
    const error = thrownBy(() => Moments.fromJSON(json)) as LanenormError;
    expect(error).toBeInstanceOf(LanenormError);
    expectWellFormed(error);
    expect(error).toMatchObject({ functionName: "Moments.fromJSON", argument });
  });

  it("are not made of what cannot be looked at", () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expectWellFormed(thrownBy(() => Moments.fromJSON(proxy)) as LanenormError);
  });
});
