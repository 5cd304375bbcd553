// Running statistics: what they may be, that they are updated as PyTorch does, and that a call that fails leaves them.

import { describe, expect, it } from "vitest";
import {
  ArgumentError,
  createEngineSync,
  DTypeError,
  ShapeError,
  type Tensor,
  type TensorLike,
} from "../../src/index.js";
import { foreignMemory } from "../engine/foreign.js";
import { bfloat16, float16, float32, float64, kinds, parameterKinds } from "./kinds.js";
import { calls, callsThatUpdate, type Op, opOf } from "./ops.js";
import {
  argumentOf,
  type BackendName,
  backends,
  bitsOfTensor,
  engineOf,
  expectRefusal,
  expectUntouched,
  goodArguments,
  homes,
  placeArgument,
  type Refusal,
  shapeOfArgument,
  thrownBy,
} from "./support.js";

const both = ["runningMean", "runningVar"] as const;
const callsWithRunning = calls.filter(({ parameters }) => "runningMean" in parameters);

function checks(backend: BackendName, op: Op): void {
  const engine = engineOf(backend);
  const refuse = (changed: Record<string, unknown>, kind: Refusal["kind"], argument: string | RegExp) => {
    for (const home of homes) {
      const args = { ...goodArguments(engine, op, home), ...changed };
      expectUntouched(engine, args, () =>
        expectRefusal(() => op.call(engine, args), { kind, functionName: op.name, argument }),
      );
    }
  };

  it.each(both)("come together: no %s", (missing) => {
    for (const nothing of [undefined, null]) refuse({ [missing]: nothing }, ArgumentError, missing);
  });

  if (op.updates.length === 0)
    it("must be there where x's own are not used", () => {
      refuse({ runningMean: undefined, runningVar: undefined }, ArgumentError, "runningMean");
    });

  it.each(both)("have one %s for each channel", (argument) => {
    const [channels] = op.parameters[argument];
    for (const shape of [[channels + 1], [channels - 1], [0], [1], [1, channels], [channels, 1], []]) {
      refuse({ [argument]: argumentOf(argument, shape, 2) }, ShapeError, argument);
    }
    refuse({ [argument]: new Float32Array(channels + 1) }, ShapeError, argument);
  });

  it.each(both)("have a dtype that goes with x: %s", (argument) => {
    const shape = op.parameters[argument];
    for (const kind of [float64, float16, bfloat16]) {
      refuse({ [argument]: argumentOf(argument, shape, 2, kind) }, DTypeError, argument);
    }
    refuse({ [argument]: new Int32Array(shape[0]) }, DTypeError, argument);
    for (const kind of kinds) {
      for (const running of parameterKinds(kind)) {
        const args = {
          ...goodArguments(engine, op, "host", kind),
          [argument]: argumentOf(argument, shape, 2, running),
        };
        expect(() => op.call(engine, args)).not.toThrow();
      }
    }
  });
}

function updates(backend: BackendName, op: Op): void {
  const engine = engineOf(backend);
  const [channels] = op.parameters.runningMean;

  it("overlap nothing", () => {
    for (const home of homes) {
      for (const one of both) {
        for (const other of ["x", "out", "weight", "bias", ...both].filter((name) => name !== one)) {
          for (const distance of [0, 1, channels - 1]) {
            const args = goodArguments(engine, op, home);
            args.out = placeArgument(engine, home, "out", op.shape, 7);
            const { data, shape } = placeArgument(engine, home, other, shapeOfArgument(op, other), 3);
            const start = Math.min(distance, data.length - channels);
            const bytes = data.buffer;
            args[other] = { data, shape };
            args[one] = { data: new Float32Array(bytes, data.byteOffset + 4 * start, channels), shape: [channels] };
            expectUntouched(engine, args, () =>
              expectRefusal(() => op.call(engine, args), {
                kind: ArgumentError,
                functionName: op.name,
                argument: /^(out|running(Mean|Var))$/,
              }),
            );
          }
        }
      }
    }
  });

  it.each(kinds)("are updated wherever they are, with the same bits ($name)", (kind) => {
    for (const runningKind of parameterKinds(kind)) {
      const outcomes = [];
      for (const home of homes) {
        for (const runningHome of homes) {
          const args = goodArguments(engine, op, home, kind);
          for (const name of both) {
            args[name] = placeArgument(engine, runningHome, name, op.parameters[name], 5, runningKind);
          }
          const before = both.map((name) => bitsOfTensor(args[name] as TensorLike));
          op.call(engine, args);
          const after = both.map((name) => bitsOfTensor(args[name] as TensorLike));
          expect(after).not.toEqual(before);
          outcomes.push(after);
        }
      }
      for (const outcome of outcomes) expect(outcome).toEqual(outcomes[0]);
    }
  });

  it("stay as they were with momentum 0, and become x's own with momentum 1", () => {
    const args = { ...goodArguments(engine, op), momentum: 0 };
    const [mean, variance] = both
      .map((name) => (args as Record<string, unknown>)[name] as TensorLike<Float32Array>)
      .map(({ data }) => data);
    const before = [mean.slice(), variance.slice()];
    op.call(engine, args);
    expect([mean, variance]).toEqual(before);
    mean.fill(NaN);
    variance.fill(1e30);
    op.call(engine, { ...args, momentum: 1, runningMean: before[0], runningVar: variance });
    op.call(engine, { ...args, momentum: 1, runningMean: before[1], runningVar: new Float32Array(channels) });
    expect(before[0]).toEqual(before[1]);
    expect(Math.max(...variance)).toBeLessThan(100);
  });

  it("are those of PyTorch's formula for numbers that can be checked by hand", () => {
    const last = op.settings.layout === "channels-last";
    const training = op.name.endsWith("atchNorm");
    const data = Float32Array.of(1, 3, 5, 7, 0, 0, 0, 4);
    const x = { data, shape: last ? [2, 4, 1] : [2, 1, 4] };
    const runningMean = Float32Array.of(10);
    const runningVar = Float32Array.of(100);
    op.call(engine, { ...op.settings, x, runningMean, runningVar, momentum: 0.5 });
    const [mean, variance] = training ? [2.5, 46 / 8 + 0] : [(4 + 1) / 2, (20 / 3 + 12 / 3) / 2];
    const squares = data.reduce((sum, value) => sum + (value - 2.5) ** 2, 0);
    expect(runningMean[0]).toBe((10 + mean) / 2);
    expect(runningVar[0]).toBeCloseTo((100 + (training ? squares / 7 : variance)) / 2, 5);
  });

  it("are not touched by an x without elements", () => {
    for (const shape of [
      [0, channels, 3],
      [2, channels, 0],
      [0, 3, channels],
      [2, 0, channels],
    ]) {
      const isLast = op.settings.layout === "channels-last";
      if ((isLast ? shape[2] : shape[1]) !== channels) continue;
      const args = { ...goodArguments(engine, op), x: argumentOf("x", shape, 1) };
      const before = both.map((name) => bitsOfTensor(args[name as "x"]));
      op.call(engine, args);
      expect(both.map((name) => bitsOfTensor(args[name as "x"]))).toEqual(before);
    }
  });

  it("stay as they were, and so does out, when memory runs out", () => {
    const long = op.settings.layout === "channels-last" ? [2, 20_000, channels] : [2, channels, 20_000];
    for (const home of homes) {
      const small = engineOf("wasm", { maximumBytes: home === "host" ? 65_536 : 40 * 65_536 });
      const args = { ...goodArguments(small, op), x: placeArgument(small, home, "x", long, 1) } as Record<
        string,
        unknown
      >;
      if (home === "host") args.out = argumentOf("out", long, 5);
      else small.empty([Math.floor((40 * 65_536 - small.memory.usedBytes - 2048) / 4) - 100]);
      const error = expectUntouched(small, args, () => thrownBy(() => op.call(small, args)));
      expect(error).toMatchObject({ name: "OutOfMemoryError", functionName: op.name });
    }
  });

  it("stay as they were, and so does out, when a foreign allocator refuses at any time", () => {
    for (const home of homes) {
      for (let granted = 0; granted < 8; granted++) {
        const foreign = foreignMemory();
        let left = Infinity;
        const allocate = (bytes: number) => (left-- > 0 ? foreign.allocate(bytes) : 0);
        const own = createEngineSync({ ...foreign, allocate, backend });
        const args = { ...goodArguments(own, op, home), out: placeArgument(own, home, "out", op.shape, 9) };
        const held = [...foreign.live];
        left = granted;
        const before = [...both, "out"].map((name) => bitsOfTensor(args[name as "out"]));
        let failed = false;
        try {
          op.call(own, args);
        } catch (error) {
          failed = true;
          expect(error).toMatchObject({ name: "OutOfMemoryError", functionName: op.name });
        }
        const after = [...both, "out"].map((name) => bitsOfTensor(args[name as "out"]));
        if (failed) {
          expect(after).toEqual(before);
          expect([...foreign.live]).toEqual(held);
        } else expect(after).not.toEqual(before);
        expect(foreign.strayFrees).toEqual([]);
      }
    }
  });
}

describe.each(backends)("running statistics, %s", (backend) => {
  describe.each(callsWithRunning)("$title", (op) => {
    checks(backend, op);
  });
  describe.each(callsThatUpdate)("$title", (op) => {
    updates(backend, op);
  });

  it("are read, not written, in inference, where they may overlap what is read", () => {
    const engine = engineOf(backend);
    const op = opOf("batchNorm");
    const shared = argumentOf("runningVar", [4], 3).data as Float32Array;
    const args = {
      ...goodArguments(engine, op),
      runningMean: shared,
      runningVar: shared,
      weight: shared,
      bias: shared,
    };
    const before = shared.slice();
    const own = { ...args, runningMean: before, weight: before, bias: before };
    expect((op.call(engine, args) as Tensor).data).toEqual((op.call(engine, own) as Tensor).data);
    expect(shared).toEqual(before);
  });

  it("of no variance, or a negative one, give what the formula gives", () => {
    const engine = engineOf(backend);
    const x = { data: float32.encode([1, 2, 3, 4]), shape: [2, 2] };
    const call = (variance: number, eps: number) =>
      engine.batchNorm(x, {
        runningMean: Float32Array.of(1, 2),
        runningVar: Float32Array.of(variance, variance),
        eps,
      }).data;
    expect([...(call(0, 0.25) as Float32Array)]).toEqual([0, 0, 4, 4]);
    expect([...(call(0, 0) as Float32Array)]).toEqual([NaN, NaN, Infinity, Infinity]);
    expect([...(call(-1, 0.5) as Float32Array)]).toEqual([NaN, NaN, NaN, NaN]);
  });
});
