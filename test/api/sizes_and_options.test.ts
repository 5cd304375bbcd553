import { describe, expect, it } from "vitest";
import { ArgumentError, LanenormError, ShapeError } from "../../src/index.js";
import { type Arguments, type Op, ops, opsWithEps, opsWithOut } from "./ops.js";
import {
  type BackendName,
  backends,
  engineOf,
  expectRefusal,
  expectUntouched,
  expectWellFormed,
  goodArguments,
  host,
  named,
  thrownBy,
} from "./support.js";

const opOf = (name: string): Op => ops.find((op) => op.name === name)!;

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

  describe.each(["layerNorm", "nativeLayerNorm"].map(opOf))("normalizedShape of $name", (op) => {
    it.each(
      named([...neverSizes, [], [3, 4], [4], [2, 3], [1, 2, 4, 3], [4, 3.5], ["4", "3"], [-4, -3], [NaN], [null], 4]),
    )("cannot be %s", (_, size) => {
      expect(refuse(op, { size }, "normalizedShape")).toBeInstanceOf(ShapeError);
    });

    it("may be a number, and may cover all of x", () => {
      const x = host([2, 4, 3]);
      expect(() => op.call(engine, { x, size: 3 })).not.toThrow();
      expect(() => op.call(engine, { x, size: [2, 4, 3] })).not.toThrow();
    });

    it("is not there to be found in an x without dimensions", () => {
      const x = { data: Float32Array.of(1), shape: [] };
      for (const size of [1, [1], []]) expect(refuse(op, { x, size }, "normalizedShape")).toBeInstanceOf(ShapeError);
    });
  });

  describe.each(["groupNorm", "nativeGroupNorm"].map(opOf))("numGroups of $name", (op) => {
    it.each(named([...neverSizes, 0, -0, [2], 2 ** 53]))("cannot be %s", (_, size) => {
      expect(refuse(op, { size }, "numGroups")).toBeInstanceOf(ArgumentError);
    });

    it.each(named([3, 5, 8, 2 ** 32]))("cannot part 4 channels into %s", (_, size) => {
      expect(refuse(op, { size }, "numGroups")).toBeInstanceOf(ShapeError);
    });

    it.each(named([[24], []]))("cannot be had of an x of shape %s", (_, shape) => {
      const x = host(shape as number[]);
      expect(refuse(op, { x, weight: undefined, bias: undefined }, "x")).toBeInstanceOf(ShapeError);
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

  it.each(named([[24], []]))("affineGlobal has no channels in shape %s", (_, shape) => {
    refuse(opOf("affineGlobal"), { x: host(shape as number[]) }, "x");
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

    it.each(["epsilon", "gamma", "Weight", "output", "dtype"])("cannot have the unknown %s", (name) => {
      const { message } = refuse(op, { options: { [name]: undefined } }, "options");
      expect(message).toContain(name);
    });

    it("may be left out", () => {
      const args = goodArguments(engine, op);
      expect(() => op.call(engine, { ...args, options: undefined })).not.toThrow();
      expect(() => op.call(engine, { ...args, options: {} })).not.toThrow();
      expect(() => op.call(engine, { ...args, options: { out: undefined } })).not.toThrow();
    });
  });
}

describe.each(backends)("sizes and options, %s", suite);
