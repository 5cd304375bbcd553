import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArgumentError, createEngineSync, LanenormError, ShapeError } from "../../src/index.js";
import { openSafetensors, readStateDict, writeSafetensors } from "../../src/io/index.js";
import { BatchNorm1d, BatchNorm2d, InstanceNorm1d, LayerNorm, RMSNorm } from "../../src/nn/index.js";
import { outcomeOf } from "../convert/support.js";
import { fixture } from "../io/support.js";
import { cases, disturb, singles } from "./support.js";

/** A batch norm that has learnt something. */
function trained(): BatchNorm1d {
  const module = new BatchNorm1d(3);
  disturb(module);
  module.forward(singles([8, 3]));
  module.forward(singles([8, 3], 2));
  return module;
}

const keys = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"];

describe("stateDict", () => {
  it("has PyTorch's keys in PyTorch's order", () => {
    expect(Object.keys(new BatchNorm2d(6).stateDict())).toEqual(keys);
    expect(Object.keys(new BatchNorm2d(6, { affine: false }).stateDict())).toEqual(keys.slice(2));
    expect(Object.keys(new BatchNorm2d(6, { trackRunningStats: false }).stateDict())).toEqual(["weight", "bias"]);
    expect(Object.keys(new InstanceNorm1d(6).stateDict())).toEqual([]);
    expect(Object.keys(new InstanceNorm1d(6, { trackRunningStats: true }).stateDict())).toEqual(keys.slice(2));
    expect(Object.keys(new LayerNorm(6, { bias: false }).stateDict())).toEqual(["weight"]);
    expect(Object.keys(new RMSNorm(6).stateDict({ prefix: "model.norm." }))).toEqual(["model.norm.weight"]);
  });

  it("is a copy", () => {
    const module = trained();
    const dict = module.stateDict();
    module.forward(singles([8, 3], 3));
    module.weight!.data.fill(9);
    expect(module.stateDict()).not.toEqual(dict);
    module.loadStateDict(dict);
    expect(module.stateDict()).toEqual(dict);
    expect(dict.num_batches_tracked).toBe(2);
  });
});

describe("loadStateDict", () => {
  it.each(cases)("takes what stateDict gave, and returns that nothing was left: $name", ({ make }) => {
    const [from, to] = [make(), make()];
    disturb(from);
    expect(to.loadStateDict(from.stateDict())).toEqual({ missingKeys: [], unexpectedKeys: [] });
    expect(to.stateDict()).toEqual(from.stateDict());
  });

  it("converts the dtype, and takes resident tensors of any engine", () => {
    const module = new LayerNorm(3);
    const weight = createEngineSync().tensor([1, 2, 3], [3], "float64");
    const bias = { data: Uint16Array.of(0x3c00, 0x4000, 0x4200), shape: [3], dtype: "float16" as const };
    module.loadStateDict({ weight, bias });
    expect([module.weight!.data, module.bias!.data]).toEqual([Float32Array.of(1, 2, 3), Float32Array.of(1, 2, 3)]);
  });

  it("does without num_batches_tracked, as PyTorch does", () => {
    const module = trained();
    const { num_batches_tracked: count, ...rest } = trained().stateDict();
    expect(new BatchNorm1d(3).loadStateDict(rest)).toEqual({ missingKeys: [], unexpectedKeys: [] });
    module.loadStateDict(rest);
    expect(module.numBatchesTracked).toBe(count);
  });

  it("with strict false loads what fits, and says what does not", () => {
    const module = new BatchNorm1d(3);
    const result = module.loadStateDict({ weight: singles([3]), gamma: singles([3]) }, { strict: false });
    expect(result).toEqual({ missingKeys: ["bias", "running_mean", "running_var"], unexpectedKeys: ["gamma"] });
    expect(module.weight!.data).toEqual(singles([3]).data);
  });

  it("with a prefix takes its own of a whole model's, and says so in errors", () => {
    const model = { ...trained().stateDict({ prefix: "bn1." }), "fc.weight": singles([2, 3]), bn1: singles([1]) };
    const module = new BatchNorm1d(3);
    expect(module.loadStateDict(model, { prefix: "bn1." })).toEqual({ missingKeys: [], unexpectedKeys: [] });
    expect(module.stateDict()).toEqual(trained().stateDict());
    expect(() => module.loadStateDict(model, { prefix: "bn2." })).toThrow(/missing: weight, bias/);
    expect(() => module.loadStateDict({ "a.weight": 1 } as never, { prefix: "a." })).toThrow(/dict\["a.weight"\]/);
    expect(() => module.loadStateDict(model, { prefix: 1 } as never)).toThrow(/prefix must be a string/);
    expect(() => module.stateDict({ prefix: 3 } as never)).toThrow(/stateDict: prefix must be a string/);
  });

  const good = { weight: singles([3]), bias: singles([3]), running_mean: singles([3]), running_var: singles([3]) };

  it.each<[string, unknown, typeof LanenormError, RegExp]>([
    [
      "all that is wrong at once",
      { weight: singles([4]), running_mean: singles([3]), running_var: singles([3, 1]), gamma: singles([3]), "a.b": 1 },
      ArgumentError,
      /^BatchNorm1d.loadStateDict: dict must hold weight \[3\], bias \[3\], running_mean \[3\], running_var \[3\], num_batches_tracked, got missing: bias; unexpected: gamma, a.b; misshapen: weight \[4\], running_var \[3, 1\]$/,
    ],
    ["nothing", {}, ArgumentError, /got missing: weight, bias, running_mean, running_var$/],
    ["a misshapen one", { ...good, bias: singles([1, 3]) }, ShapeError, /, got misshapen: bias \[1, 3\]$/],
    [
      "many",
      Object.fromEntries(Array.from({ length: 99 }, (_, i) => [`k${i}`, 1])),
      ArgumentError,
      /k11, and 87 more$/,
    ],
    [
      "a number for a tensor",
      { ...good, bias: 1 },
      ArgumentError,
      /dict\["bias"\] must be a tensor: { data, shape }, got 1$/,
    ],
    [
      "a tensor that lies",
      { ...good, bias: { data: new Float32Array(2), shape: [3] } },
      ShapeError,
      /dict\["bias"\] must have as many/,
    ],
    [
      "integers",
      { ...good, bias: { data: new Int32Array(3), shape: [3] } },
      LanenormError,
      /dict\["bias"\].data must be a Float32Array/,
    ],
    [
      "half a batch",
      { ...good, num_batches_tracked: 1.5 },
      ArgumentError,
      /dict\["num_batches_tracked"\] must be a whole number from 0 up, got 1.5$/,
    ],
    [
      "a map",
      new Map(Object.entries(good)),
      ArgumentError,
      /dict must be an object of tensors by their keys, got Map$/,
    ],
    ["null", null, ArgumentError, /got null$/],
  ])("refuses %s, and loads nothing", (_, dict, type, message) => {
    const module = trained();
    const before = module.stateDict();
    const error = outcomeOf(() => module.loadStateDict(dict as never)) as Error;
    expect(error).toBeInstanceOf(type);
    expect(error.message).toMatch(message);
    expect(module.stateDict()).toEqual(before);
  });

  it("refuses a misshapen one also with strict false, and misspelt options", () => {
    const module = trained();
    const before = module.stateDict();
    expect(() => module.loadStateDict({ ...good, weight: singles([2]) }, { strict: false })).toThrow(ShapeError);
    expect(() => module.loadStateDict(good, { stict: false } as never)).toThrow(/options must be among strict/);
    expect(() => module.loadStateDict(good, { strict: 0 } as never)).toThrow(/strict must be true or false/);
    expect(module.stateDict()).toEqual(before);
  });

  it("refuses a dict that cannot be read", () => {
    const hostile = Object.defineProperty({}, "weight", {
      enumerable: true,
      get() {
        throw new Error("no");
      },
    });
    expect(() => trained().loadStateDict(hostile as never)).toThrow(ArgumentError);
    expect(() => trained().stateDict({ prefx: "a" } as never)).toThrow(
      /^BatchNorm1d.stateDict: options must be among prefix/,
    );
  });

  it("of anything loads all or throws an error of the library and loads nothing", () => {
    const tensors = fc.oneof(
      fc.anything(),
      fc.float32Array({ maxLength: 4 }).map((data) => ({ data, shape: [data.length] })),
    );
    const dicts = fc.oneof(fc.anything(), fc.dictionary(fc.constantFrom(...keys, "other"), tensors));
    fc.assert(
      fc.property(dicts, fc.boolean(), (dict, strict) => {
        const module = trained();
        const before = module.stateDict();
        const outcome = outcomeOf(() => module.loadStateDict(dict as never, { strict }));
        if (!(outcome instanceof Error)) return;
        expect(outcome).toBeInstanceOf(LanenormError);
        expect(module.stateDict()).toEqual(before);
      }),
    );
  });
});

describe("from a .safetensors file", () => {
  it("a module of a model is loaded in one line, its count of batches with it", async () => {
    const module = trained();
    const other = new LayerNorm(4).stateDict({ prefix: "h.0.ln_1." });
    const file = writeSafetensors({ ...other, ...module.stateDict({ prefix: "h.0.bn." }) });
    const again = new BatchNorm1d(3);
    again.loadStateDict(await readStateDict(file, { prefix: "h.0.bn." }));
    expect(again.stateDict()).toEqual(module.stateDict());
    expect((await openSafetensors(file)).info("h.0.bn.num_batches_tracked")).toEqual({ dtype: "I64", shape: [] });
  });

  it("of the reference implementation", async () => {
    const dict = await readStateDict(fixture("checkpoint.safetensors"), { prefix: "bn." });
    expect(dict.num_batches_tracked).toBe(7);
    const module = new BatchNorm2d(4);
    const { missingKeys } = module.loadStateDict(dict, { strict: false });
    expect([missingKeys, module.numBatchesTracked]).toEqual([["bias", "running_mean", "running_var"], 7]);
  });
});
