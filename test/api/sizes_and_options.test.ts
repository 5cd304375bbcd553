import { describe, expect, it } from "vitest";
import { ArgumentError, LanenormError, ShapeError, type Tensor } from "../../src/index.js";
import { type Arguments, calls, type Op, opOf, ops, opsWithEps, opsWithOut } from "./ops.js";
import {
  alike,
  type BackendName,
  backends,
  bitsOf,
  engineOf,
  expectRefusal,
  expectUntouched,
  expectWellFormed,
  goodArguments,
  host,
  named,
  outcomeOf,
  tensorsOf,
  thrownBy,
  values,
} from "./support.js";

const neverSizes: unknown[] = [undefined, null, NaN, Infinity, -1, 0.5, "3", {}, Symbol("3"), 3n, () => 3, true];

function suite(backend: BackendName): void {
  const engine = engineOf(backend);

  function refuse(op: Op, changed: Arguments, argument: string | RegExp): LanenormError {
    const args = { ...goodArguments(engine, op), ...changed };
    const error = expectUntouched(engine, args, () => thrownBy(() => op.call(engine, args)));
    expect(error).toBeInstanceOf(LanenormError);
    expectWellFormed(error as LanenormError);
    expect((error as LanenormError).functionName).toBe(op.name);
    expect((error as LanenormError).argument).toMatch(argument);
    return error as LanenormError;
  }

  describe.each(ops.filter(({ sizeName }) => sizeName === "normalizedShape"))("normalizedShape of $name", (op) => {
    it.each(
      named([...neverSizes, [], [3, 4], [4], [2, 3], [1, 2, 4, 3], [4, 3.5], ["4", "3"], [-4, -3], [NaN], [null], 4]),
    )("cannot be %s", (_, size) => {
      expect(refuse(op, { size }, "normalizedShape")).toBeInstanceOf(ShapeError);
    });

    it("may be a number, and may cover all of x", () => {
      const good = alike(op, host([2, 4, 3]));
      const statistics = (shape: number[]) => Object.fromEntries(op.statistics.map((name) => [name, host(shape)]));
      expect(() => op.call(engine, { ...good, ...statistics([2, 4, 1]), size: 3 })).not.toThrow();
      expect(() => op.call(engine, { ...good, ...statistics([1, 1, 1]), size: [2, 4, 3] })).not.toThrow();
    });

    it("is not there to be found in an x without dimensions", () => {
      const x = { data: Float32Array.of(1), shape: [] };
      for (const size of [1, [1], []]) expect(refuse(op, { x, size }, "normalizedShape")).toBeInstanceOf(ShapeError);
    });
  });

  describe.each(ops.filter(({ sizeName }) => sizeName === "numGroups"))("numGroups of $name", (op) => {
    it.each(named([...neverSizes, 0, -0, [2], 2 ** 53]))("cannot be %s", (_, size) => {
      expect(refuse(op, { size }, "numGroups")).toBeInstanceOf(ArgumentError);
    });

    it.each(named([3, 5, 8, 2 ** 32]))("cannot part 4 channels into %s", (_, size) => {
      expect(refuse(op, { size }, "numGroups")).toBeInstanceOf(ShapeError);
    });

    it.each(named([[24], []]))("cannot be had of an x of shape %s", (_, shape) => {
      const x = host(shape as number[]);
      expect(refuse(op, { x, weight: undefined }, "x")).toBeInstanceOf(ShapeError);
    });
  });

  it("groupNorm refuses one value per group, as PyTorch does", () => {
    const args = { x: host([1, 4, 1, 1]), size: 4 };
    expectRefusal(() => opOf("groupNorm").call(engine, args), { kind: ShapeError, functionName: "groupNorm" });
    expect(() => opOf("nativeGroupNorm").call(engine, args)).not.toThrow();
    expect(() => opOf("groupNorm").call(engine, { x: host([2, 4, 1, 1]), size: 4 })).not.toThrow();
  });

  describe("n of rowwiseMoments", () => {
    it.each(named([...neverSizes, 0, [12], 2 ** 53]))("cannot be %s", (_, size) => {
      expect(refuse(opOf("rowwiseMoments"), { size }, "n")).toBeInstanceOf(ArgumentError);
    });

    it.each(named([5, 7, 25, 48, 2 ** 32]))("cannot be %s, which does not divide 24", (_, size) => {
      expect(refuse(opOf("rowwiseMoments"), { size }, "n")).toBeInstanceOf(ShapeError);
    });
  });

  describe.each(calls.filter(({ options, name }) => options.includes("layout") || name === "affineGlobal"))(
    "channels of $title",
    (op) => {
      it.each(named([[24], []]))("are not in shape %s", (_, shape) => {
        const { size, settings } = op;
        expect(refuse(op, { ...alike(op, host(shape as number[])), size, ...settings }, "x")).toBeInstanceOf(
          ShapeError,
        );
      });
    },
  );

  it.each(["localResponseNorm", "localResponseNormBackward"] as const)(
    "%s needs locations, as PyTorch does",
    (name) => {
      for (const layout of ["channels-first", "channels-last"])
        refuse(opOf(name), { ...alike(opOf(name), host([4, 6])), layout }, "x");
    },
  );

  it.each([
    ["instanceNorm", [2, 4], "channels-first"],
    ["instanceNorm", [2, 4, 1, 1], "channels-first"],
    ["instanceNorm", [2, 1, 4], "channels-last"],
    ["batchNorm", [1, 4], "channels-first"],
    ["batchNorm", [1, 4, 1], "channels-first"],
    ["batchNorm", [1, 1, 4], "channels-last"],
  ] as const)("%s refuses one value per channel, as PyTorch does: %j, %s", (name, shape, layout) => {
    const running = { runningMean: new Float32Array(4), runningVar: new Float32Array(4).fill(1) };
    const native = name === "batchNorm" ? "nativeBatchNorm" : "nativeInstanceNorm";
    const ownStatistics = { ...running, layout, training: true, useInputStats: true };
    const args = { x: host(shape), weight: undefined, bias: undefined, ...ownStatistics };
    expect(refuse(opOf(name), args, "x")).toBeInstanceOf(ShapeError);
    expect(() => opOf(native).call(engine, { ...args, runningMean: null, runningVar: null })).not.toThrow();
    expect(() => opOf(name).call(engine, { ...args, training: false, useInputStats: false })).not.toThrow();
  });

  describe("axes of standardize", () => {
    const op = opOf("standardize");

    it.each(named([...neverSizes, 1, "1", Int32Array.of(1), new Set([1]), { 0: 1, length: 1 }]))(
      "cannot be %s",
      (_, size) => {
        expect(refuse(op, { size }, "axes")).toBeInstanceOf(ArgumentError);
      },
    );

    it.each(
      named([
        [1, 1],
        [1, -2],
        [3],
        [-4],
        [0.5],
        [NaN],
        ["1"],
        [null],
        [undefined],
        [1n],
        [[1]],
        new Array(1),
        [2 ** 53],
      ]),
    )("cannot be %s", (_, size) => {
      expect(refuse(op, { size }, "axes")).toBeInstanceOf(ArgumentError);
    });

    it("are none of a tensor without dimensions", () => {
      const x = { data: Float32Array.of(1), shape: [] };
      for (const axis of [0, -1]) {
        refuse(op, { x, size: [axis], weight: undefined, bias: undefined }, "axes");
      }
      expect(() => op.call(engine, { x, size: [] })).not.toThrow();
    });

    it("may come in any order, and be none or all", () => {
      const x = host([2, 4, 3]);
      const result = (size: unknown) => bitsOf(op.call(engine, { x, size }));
      expect(result([2, 0])).toEqual(result([0, 2]));
      expect(result([-1, -2, -3])).toEqual(result([0, 1, 2]));
      const nothing = op.call(engine, { x, size: [], eps: 1 }) as Tensor<Float32Array>;
      expect([...nothing.data].map(Math.abs)).toEqual(new Array(24).fill(0));
    });

    it("say what weight and bias are", () => {
      for (const argument of ["weight", "bias"]) {
        refuse(op, { size: [0, 2], weight: undefined, bias: undefined, [argument]: host([3, 2]) }, argument);
        refuse(op, { size: [2, 0], weight: undefined, bias: undefined, [argument]: host([3, 2]) }, argument);
        refuse(op, { size: [0, 2], weight: undefined, bias: undefined, [argument]: values(5) }, argument);
      }
    });
  });

  describe.each((["normalize", "normalizeBackward"] as const).map(opOf))("options of $name", (op) => {
    const of = (shape: readonly number[]) => alike(op, host(shape));

    it.each(named([0, -0, -1, NaN, -Infinity, null, "2", true, 2n, {}, [2], Symbol("p")]))("p cannot be %s", (_, p) => {
      expect(refuse(op, { p }, "p")).toBeInstanceOf(ArgumentError);
    });

    it.each(named([3, -4, 0.5, NaN, Infinity, null, "1", 1n, [1], {}, Symbol("dim"), 2 ** 32]))(
      "dim cannot be %s",
      (_, dim) => {
        expect(refuse(op, { dim }, "dim")).toBeInstanceOf(ArgumentError);
      },
    );

    it("dim is 1 unless it is given, and a tensor of one dimension has none", () => {
      const good = of([2, 4, 3]);
      expect(bitsOf(op.call(engine, good))).toEqual(bitsOf(op.call(engine, { ...good, dim: -2 })));
      refuse(op, of([24]), "dim");
      refuse(op, of([]), "dim");
      for (const dim of [0, -1]) {
        expect(() => op.call(engine, { ...of([24]), dim })).not.toThrow();
        expect(() => op.call(engine, { ...of([]), dim })).not.toThrow();
      }
    });

    it.each(named([Number.MIN_VALUE, 0.3, 1, 2, 3, 1000, Number.MAX_VALUE, Infinity]))("p may be %s", (_, p) => {
      expect(() => op.call(engine, { ...of([2, 4, 3]), p })).not.toThrow();
    });
  });

  describe.each((["localResponseNorm", "localResponseNormBackward"] as const).map(opOf))("$name", (op) => {
    it.each(named([...neverSizes, 0, -0, -3, [3], 2 ** 53]))("size cannot be %s", (_, size) => {
      expect(refuse(op, { size }, "size")).toBeInstanceOf(ArgumentError);
    });

    it.each(["alpha", "beta", "k"])("%s is a number", (name) => {
      for (const value of [NaN, null, "1", true, 1n, {}, Symbol(name)]) {
        expect(refuse(op, { [name]: value }, name)).toBeInstanceOf(ArgumentError);
      }
      for (const value of [0, -1, 1e30, Infinity]) {
        expect(() => op.call(engine, { ...goodArguments(engine, op), [name]: value })).not.toThrow();
      }
    });

    it("takes a window wider than there are channels", () => {
      for (const size of [9, 1000, 2 ** 31 - 1, 2 ** 32, 2 ** 52]) {
        const [wide, all] = [size, 8].map((size) => {
          const [{ data }] = tensorsOf(op.call(engine, { ...goodArguments(engine, op), size, alpha: size }));
          return data as Float32Array;
        });
        for (const [index, value] of wide.entries()) expect(value).toBeCloseTo(all[index], 5);
      }
    });
  });

  describe.each(calls.filter(({ options }) => options.includes("layout")))("layout of $title", (op) => {
    it.each(named(["channelsLast", "channels_last", "NHWC", "Channels-Last", "", null, 1, true, {}, Symbol("l")]))(
      "cannot be %s",
      (_, layout) => {
        expect(refuse(op, { layout }, "layout")).toBeInstanceOf(ArgumentError);
      },
    );

    it("may be channels-first, which it is", () => {
      if ("layout" in op.settings) return;
      const args = goodArguments(engine, op);
      const first = outcomeOf(engine, op, { ...goodArguments(engine, op), layout: "channels-first" });
      expect(outcomeOf(engine, op, args)).toEqual(first);
    });
  });

  describe.each(calls.filter(({ options }) => options.includes("momentum")))("momentum of $title", (op) => {
    it.each(named([-0.1, 1.1, NaN, Infinity, -Infinity, null, "0.1", true, 1n, {}, Symbol("momentum")]))(
      "momentum cannot be %s",
      (_, momentum) => {
        expect(refuse(op, { momentum }, "momentum")).toBeInstanceOf(ArgumentError);
      },
    );

    it.each([0, 0.5, 1, Number.MIN_VALUE])("momentum may be %s", (momentum) => {
      expect(() => op.call(engine, { ...goodArguments(engine, op), momentum })).not.toThrow();
    });
  });

  const switches = calls.filter(({ options }) => options.includes("training") || options.includes("useInputStats"));
  describe.each(switches)("switches of $title", (op) => {
    const name = op.options.includes("training") ? "training" : "useInputStats";
    it.each(named([null, 0, 1, "true", NaN, {}, [], Symbol("training"), () => true]))(
      `${name} cannot be %s`,
      (_, value) => {
        expect(refuse(op, { [name]: value }, name)).toBeInstanceOf(ArgumentError);
      },
    );
  });

  describe.each(opsWithEps)("eps of $name", (op) => {
    it.each(named([NaN, "1e-5", null, true, {}, [1e-5], Symbol("eps"), 1n, () => 1e-5]))("cannot be %s", (_, eps) => {
      expect(refuse(op, { eps }, "eps")).toBeInstanceOf(ArgumentError);
    });

    it.each(named([undefined, 0, 1, -1e-9, Infinity, 1e-300]))("may be %s", (_, eps) => {
      expect(() => op.call(engine, { ...goodArguments(engine, op), eps })).not.toThrow();
    });
  });

  describe.each(opsWithOut)("options of $name", (op) => {
    it.each(named([null, 1, "eps", true, Symbol("eps"), () => ({})]))("cannot be %s", (_, options) => {
      expect(refuse(op, { options }, "options")).toBeInstanceOf(ArgumentError);
    });

    it.each(["epsilon", "gamma", "Weight", "result", "dtype", "axis", "running_mean"])(
      "cannot have the unknown %s",
      (name) => {
        const { message } = refuse(op, { options: { [name]: undefined } }, "options");
        expect(message).toContain(name);
      },
    );

    // Batch norm is inference unless told otherwise, which takes running statistics; gradients take those saved.
    if (op.required.length === 0 && !op.options.includes("training"))
      it("may be left out", () => {
        const args = goodArguments(engine, op);
        expect(() => op.call(engine, { ...args, options: undefined })).not.toThrow();
        expect(() => op.call(engine, { ...args, options: {} })).not.toThrow();
        expect(() => op.call(engine, { ...args, options: { out: undefined } })).not.toThrow();
      });
  });
}

describe.each(backends)("sizes and options, %s", suite);
