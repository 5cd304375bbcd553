import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatNormSpec, type NormSpec, parseNormSpec } from "../../src/convert/index.js";
import { ArgumentError } from "../../src/errors.js";
import { fittingSpecs, outcomeOf } from "./support.js";

const groupNorm = { op: "groupNorm", numGroups: 1, numChannels: 6 };
const layerNorm = { op: "layerNorm", normalizedShape: [6, 10, 10] };

describe("parseNormSpec reads", () => {
  it.each<[string, unknown]>([
    ["GroupNorm(1, 6)", groupNorm],
    ["nn.GroupNorm(num_groups=1, num_channels=6)", groupNorm],
    ["GroupNorm(1, num_channels=6)", groupNorm],
    ["GroupNorm(num_channels=6, num_groups=1)", groupNorm],
    ["GroupNorm(numGroups=1, numChannels=6)", groupNorm],
    ["  torch.nn.GroupNorm (\n  1,\n  6,\n)\n", groupNorm],
    ["GroupNorm(1,6)", groupNorm],
    ["GroupNorm(1, 6, 1e-3)", { ...groupNorm, eps: 1e-3 }],
    ["GroupNorm(1, 6, eps=1e-05, affine=True)", { ...groupNorm, eps: 1e-5, affine: true }],
    ["GroupNorm(1, 6, affine=false)", { ...groupNorm, affine: false }],
    ["GroupNorm(1, 6, eps=0)", { ...groupNorm, eps: 0 }],
    ["GroupNorm(1, 6, eps=.5)", { ...groupNorm, eps: 0.5 }],
    ["LayerNorm(6)", { op: "layerNorm", normalizedShape: [6] }],
    ["LayerNorm((6))", { op: "layerNorm", normalizedShape: [6] }],
    ["LayerNorm((6,))", { op: "layerNorm", normalizedShape: [6] }],
    ["LayerNorm(normalized_shape=6)", { op: "layerNorm", normalizedShape: [6] }],
    ["LayerNorm([6, 10, 10])", layerNorm],
    ["LayerNorm((6, 10, 10))", layerNorm],
    ["LayerNorm([6, 10, 10,])", layerNorm],
    ["nn.LayerNorm((6, 10, 10), 1e-6, True, False)", { ...layerNorm, eps: 1e-6, elementwiseAffine: true, bias: false }],
    [
      "torch.nn.LayerNorm(normalized_shape=(6,10,10), eps=1e-5, elementwise_affine=False)",
      { ...layerNorm, eps: 1e-5, elementwiseAffine: false },
    ],
    [
      "LayerNorm((6, 10, 10), eps=1e-05, elementwise_affine=True, bias=True)",
      { ...layerNorm, eps: 1e-5, elementwiseAffine: true, bias: true },
    ],
    [
      "RMSNorm((768,), eps=None, elementwise_affine=True)",
      { op: "rmsNorm", normalizedShape: [768], eps: null, elementwiseAffine: true },
    ],
    ["RMSNorm(768, 1e-6)", { op: "rmsNorm", normalizedShape: [768], eps: 1e-6 }],
    [
      "BatchNorm2d(6, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)",
      { op: "batchNorm2d", numFeatures: 6, eps: 1e-5, momentum: 0.1, affine: true, trackRunningStats: true },
    ],
    ["nn.BatchNorm1d(6, momentum=None)", { op: "batchNorm1d", numFeatures: 6, momentum: null }],
    ["BatchNorm3d(num_features=6)", { op: "batchNorm3d", numFeatures: 6 }],
    [
      "InstanceNorm2d(6, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False)",
      { op: "instanceNorm2d", numFeatures: 6, eps: 1e-5, momentum: 0.1, affine: false, trackRunningStats: false },
    ],
    ["InstanceNorm1d(6)", { op: "instanceNorm1d", numFeatures: 6 }],
    ["InstanceNorm3d(6, affine=True)", { op: "instanceNorm3d", numFeatures: 6, affine: true }],
  ])("%j", (text, spec) => {
    expect(parseNormSpec(text)).toStrictEqual(spec);
  });

  it("what formatNormSpec writes", () => {
    fc.assert(
      fc.property(fittingSpecs, ({ a }) => {
        const written = Object.fromEntries(Object.entries(a).filter(([, value]) => value !== undefined));
        expect(parseNormSpec(formatNormSpec(a))).toStrictEqual(written);
      }),
    );
  });
});

describe("formatNormSpec", () => {
  it.each<[NormSpec, string]>([
    [{ op: "groupNorm", numGroups: 1, numChannels: 6 }, "GroupNorm(1, 6)"],
    [{ op: "groupNorm", numGroups: 1, numChannels: 6, affine: false }, "GroupNorm(1, 6, affine=False)"],
    [{ op: "layerNorm", normalizedShape: [6] }, "LayerNorm(6)"],
    [{ op: "layerNorm", normalizedShape: [6, 10, 10] }, "LayerNorm([6, 10, 10])"],
    [
      { op: "layerNorm", normalizedShape: [6], eps: 1e-7, elementwiseAffine: true, bias: false },
      "LayerNorm(6, eps=1e-7, elementwise_affine=True, bias=False)",
    ],
  ])("%j is %s", (spec, text) => {
    expect(formatNormSpec(spec)).toBe(text);
  });
});

describe("formatNormSpec rejects", () => {
  it.each<[unknown, string, RegExp]>([
    [undefined, "spec", /^formatNormSpec: spec must be an object such as parseNormSpec returns, got undefined$/],
    ["GroupNorm(1, 6)", "spec", /got string$/],
    [{ op: "GroupNorm" }, "spec.op", /^formatNormSpec: spec.op must be one of "groupNorm", .*, got "GroupNorm"$/],
    [
      { op: "groupNorm", numGroups: 1 },
      "spec.numChannels",
      /spec.numChannels must be a whole number .*, got undefined$/,
    ],
  ])("%j", (spec, argument, message) => {
    const error = outcomeOf(() => formatNormSpec(spec as NormSpec));
    expect(error).toBeInstanceOf(ArgumentError);
    expect(error).toMatchObject({ functionName: "formatNormSpec", argument });
    expect((error as Error).message).toMatch(message);
  });
});

describe("parseNormSpec rejects", () => {
  it.each<[unknown, string, RegExp]>([
    ["", "text", /must be a call like .*got "", where the end stands where the name of a layer should/],
    ["GroupNorm", "text", /the end stands where "\(" should/],
    ["GroupNorm(1, 6", "text", /the end stands where "," or "\)" should/],
    ["GroupNorm(1, 6) + 1", "text", /"\+ 1" is not understood/],
    ["GroupNorm(1, 6) 7", "text", /"7" stands where the end should/],
    ["GroupNorm(1 6)", "text", /"6" stands where "," or "\)" should/],
    ["GroupNorm(1,,6)", "text", /"," stands where a number, True, False, or a list of numbers should/],
    ["GroupNorm(,)", "text", /"," stands/],
    ["GroupNorm(=6)", "text", /"=" stands/],
    ["GroupNorm(1=6)", "text", /"1" stands where the name of an argument should/],
    ["GroupNorm(one, six)", "text", /"one" stands where a number/],
    ["LayerNorm([6, [10]])", "text", /"\[" stands where a number should/],
    ["LayerNorm([6, 10)", "text", /"\)" stands where "," or "\]" should/],
    ["LayerNorm([True])", "text", /"True" stands where a number should/],
    ["(1, 6)", "text", /"\(" stands where the name of a layer should/],
    ["groupnorm(1, 6)", "text", /must name a layer of torch.nn: GroupNorm, LayerNorm, RMSNorm, .*, got "groupnorm"/],
    ["tf.keras.layers.GroupNorm(1, 6)", "text", /must name a layer/],
    ["constructor(1, 6)", "text", /must name a layer/],
    [
      "GroupNorm(1, 6, momentum=0.1)",
      "text",
      /only GroupNorm's arguments num_groups, num_channels, eps, affine, got "momentum"/,
    ],
    ["GroupNorm(1, 6, __proto__=1)", "text", /got "__proto__"/],
    ["GroupNorm(1, 6, op=1)", "text", /got "op"/],
    ["GroupNorm(1, 6, 1e-5, True, 5)", "text", /only GroupNorm's arguments .*got 5 values/],
    ["GroupNorm(num_groups=1, 6)", "text", /no bare value after a keyword, got one after num_groups/],
    ["GroupNorm(1, 6, num_groups=1)", "numGroups", /numGroups must be given once/],
    ["GroupNorm(numGroups=1, num_groups=1)", "numGroups", /numGroups must be given once/],
    ["GroupNorm()", "numGroups", /numGroups must be a whole number of at least 1, got undefined/],
    ["GroupNorm(1)", "numChannels", /numChannels must be .* got undefined/],
    ["GroupNorm(0, 6)", "numGroups", /at least 1, got 0/],
    ["GroupNorm(-1, 6)", "numGroups", /at least 1, got -1/],
    ["GroupNorm(1.5, 6)", "numGroups", /whole number of at least 1, got 1.5/],
    ["GroupNorm(True, 6)", "numGroups", /whole number of at least 1, got true/],
    ["GroupNorm([1, 2], 6)", "numGroups", /whole number of at least 1, got \[1, 2\]/],
    ["GroupNorm(1, 9007199254740993)", "numChannels", /whole number/],
    ["GroupNorm(4, 6)", "numGroups", /numGroups must divide numChannels \(6\), got 4/],
    ["GroupNorm(1, 6, eps=-1)", "eps", /finite number of at least 0, got -1/],
    ["GroupNorm(1, 6, eps=1e999)", "eps", /finite number of at least 0, got Infinity/],
    ["GroupNorm(1, 6, eps=True)", "eps", /finite number/],
    ["GroupNorm(1, 6, eps=None)", "eps", /finite number of at least 0, got null/],
    ["BatchNorm2d(6, momentum=-1)", "momentum", /a number from 0 to 1, or null, got -1/],
    ["InstanceNorm2d(6, momentum=None)", "momentum", /a number from 0 to 1, got null/],
    ["GroupNorm(1, 6, affine=1)", "affine", /true or false, got 1/],
    ["LayerNorm()", "normalizedShape", /array of one or more whole numbers of at least 1, got undefined/],
    ["LayerNorm([])", "normalizedShape", /one or more whole numbers of at least 1, got \[\]/],
    ["LayerNorm(())", "normalizedShape", /got \[\]/],
    ["LayerNorm(0)", "normalizedShape", /got \[0\]/],
    ["LayerNorm([6, 2.5])", "normalizedShape", /got \[6, 2.5\]/],
    ["LayerNorm(6, 10, 10)", "elementwiseAffine", /true or false, got 10/],
    [undefined, "text", /must be a string, got undefined/],
    [{ op: "groupNorm" }, "text", /must be a string, got Object/],
    [["GroupNorm(1, 6)"], "text", /must be a string/],
  ])("%j", (text, argument, message) => {
    const error = outcomeOf(() => parseNormSpec(text as string));
    expect(error).toBeInstanceOf(ArgumentError);
    expect(error).toMatchObject({ functionName: "parseNormSpec", argument });
    expect((error as Error).message).toMatch(message);
  });

  it("a long text without repeating all of it", () => {
    const error = outcomeOf(() => parseNormSpec(`GroupNorm(${"1,".repeat(100_000)}`)) as Error;
    expect(error).toBeInstanceOf(ArgumentError);
    expect(error.message.length).toBeLessThan(300);
  });
});

describe("parseNormSpec on garbage", () => {
  const fragment = fc.constantFrom(
    ..."( ) [ ] , = . - + _ 1 6 0 1e5 .5 1e 9e999 nan True False None GroupNorm LayerNorm nn. torch.nn.".split(" "),
    ..." |\n|num_groups|num_channels|numGroups|normalized_shape|eps|affine|elementwise_affine|bias|é|\u0000|💥".split(
      "|",
    ),
  );
  const pieced = fc.array(fragment, { maxLength: 14 }).map((parts) => parts.join(""));
  const almost = fc
    .tuple(fc.constantFrom("GroupNorm(", "LayerNorm(", "nn.GroupNorm(1,"), pieced)
    .map(([start, rest]) => `${start}${rest})`);
  const damaged = fc
    .tuple(fc.constantFrom("GroupNorm(1, 6, eps=1e-5)", "LayerNorm((6, 10, 10), bias=False)"), fc.nat(40), fragment)
    .map(([text, at, junk]) => text.slice(0, at) + junk + text.slice(at + 1));

  it("gives a valid spec or an ArgumentError, nothing else", () => {
    fc.assert(
      fc.property(fc.oneof(almost, damaged, pieced, fc.string(), fc.anything()), (text) => {
        const outcome = outcomeOf(() => parseNormSpec(text as string));
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(ArgumentError);
        else expect(parseNormSpec(formatNormSpec(outcome))).toStrictEqual(outcome);
      }),
      { numRuns: 20_000 },
    );
  });
});
