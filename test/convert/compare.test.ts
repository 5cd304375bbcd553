import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compareNorms,
  formatNormSpec,
  type NormComparison,
  type NormSpec,
  parseNormSpec,
} from "../../src/convert/index.js";
import { ArgumentError, LanenormError, ShapeError } from "../../src/errors.js";
import { sizeOf } from "../../src/shape.js";
import { fittingSpecs, groupsByDefinition, outcomeOf, refinesByEnumeration } from "./support.js";

function compare(a: string, b: string, shape: number[]): NormComparison {
  return compareNorms(parseNormSpec(a), parseNormSpec(b), shape);
}

describe("compareNorms answers the question", () => {
  it("GroupNorm(1, C) and LayerNorm([C, H, W]): same statistics, parameters convert one way", () => {
    expect(compare("GroupNorm(1, 6)", "LayerNorm([6, 10, 10])", [20, 6, 10, 10])).toStrictEqual({
      statistics: "same",
      affine: "a-in-b",
      equivalent: false,
      because:
        "The same elements share a mean and variance: 20 groups of 600 elements, one per sample. " +
        "GroupNorm(1, 6) has 6 scale and bias pairs, one per channel, each for 2000 elements; " +
        "LayerNorm([6, 10, 10]) has 600 scale and bias pairs, one per channel and location, each for 20 elements. " +
        "GroupNorm(1, 6)'s parameters convert to LayerNorm([6, 10, 10])'s, repeated for every location; " +
        "the other way only if these are the same for every location.",
    });
  });

  it("the other way round", () => {
    const { because, ...answer } = compare("LayerNorm([6, 10, 10])", "GroupNorm(1, 6)", [20, 6, 10, 10]);
    expect(answer).toStrictEqual({ statistics: "same", affine: "b-in-a", equivalent: false });
    expect(because).toContain(
      "GroupNorm(1, 6)'s parameters convert to LayerNorm([6, 10, 10])'s, repeated for every location",
    );
  });

  it("without parameters the two are equivalent", () => {
    const answer = compare(
      "GroupNorm(1, 6, affine=False)",
      "LayerNorm([6, 10, 10], elementwise_affine=False)",
      [20, 6, 10, 10],
    );
    expect(answer).toStrictEqual({
      statistics: "same",
      affine: "same",
      equivalent: true,
      because:
        "The same elements share a mean and variance: 20 groups of 600 elements, one per sample. " +
        "Neither has a scale or bias.",
    });
  });

  it("the last axis alone is another reduction", () => {
    const answer = compare("GroupNorm(1, 6)", "LayerNorm(10)", [20, 6, 10, 10]);
    expect(answer).toStrictEqual({
      statistics: "different",
      affine: "different",
      equivalent: false,
      because:
        "Different elements share a mean and variance: 20 groups of 600 elements, one per sample, in GroupNorm(1, 6); " +
        "1200 groups of 10 elements, one per sample, channel and index along axis 2, in LayerNorm(10). " +
        "GroupNorm(1, 6) has 6 scale and bias pairs, one per channel, each for 2000 elements; " +
        "LayerNorm(10) has 10 scale and bias pairs, one per index along axis 3, each for 1200 elements; " +
        "in general neither converts to the other.",
    });
  });
});

describe("compareNorms on special cases", () => {
  it.each<[string, string, number[], NormComparison["statistics"], NormComparison["affine"]]>([
    ["GroupNorm(1, 6)", "LayerNorm(6)", [20, 6], "same", "same"],
    ["GroupNorm(1, 6)", "LayerNorm([6, 1, 1])", [20, 6, 1, 1], "same", "same"],
    ["GroupNorm(6, 6)", "LayerNorm([1, 1])", [20, 6, 1, 1], "same", "b-in-a"],
    ["GroupNorm(6, 6)", "LayerNorm([10, 10])", [20, 6, 10, 10], "same", "different"],
    ["GroupNorm(1, 1)", "LayerNorm([10, 10])", [20, 1, 10, 10], "same", "a-in-b"],
    ["GroupNorm(1, 1)", "GroupNorm(1, 1)", [1, 1], "same", "same"],
    ["GroupNorm(2, 6)", "GroupNorm(3, 6)", [20, 6, 10], "different", "same"],
    ["GroupNorm(4, 12)", "GroupNorm(6, 12)", [1, 12], "different", "same"],
    ["GroupNorm(1, 6)", "LayerNorm([1, 6, 4])", [1, 6, 4], "same", "a-in-b"],
    ["GroupNorm(1, 6)", "LayerNorm([2, 6, 4])", [2, 6, 4], "different", "a-in-b"],
    ["LayerNorm(4)", "LayerNorm([6, 4])", [2, 6, 4], "different", "a-in-b"],
    ["LayerNorm(4)", "LayerNorm([1, 4])", [2, 1, 4], "same", "same"],
    ["GroupNorm(1, 6, affine=False)", "GroupNorm(1, 6)", [2, 6], "same", "a-in-b"],
    ["LayerNorm(6)", "LayerNorm(6, bias=False)", [2, 6], "same", "b-in-a"],
    ["LayerNorm(6, elementwise_affine=False)", "LayerNorm(6, bias=False)", [2, 6], "same", "a-in-b"],
    ["LayerNorm(6, elementwise_affine=False, bias=True)", "GroupNorm(1, 6, affine=False)", [2, 6], "same", "same"],
    ["GroupNorm(1, 6)", "LayerNorm([6, 4], bias=False)", [2, 6, 4], "same", "different"],
  ])("%s and %s on %j: %s, %s", (a, b, shape, statistics, affine) => {
    expect(compare(a, b, shape)).toMatchObject({ statistics, affine });
  });

  it.each<[string, string, number[], NormComparison["statistics"], NormComparison["affine"]]>([
    ["RMSNorm(6)", "RMSNorm((6,), eps=None)", [20, 6], "same", "same"],
    ["RMSNorm(6)", "RMSNorm(6, eps=1e-6)", [20, 6], "different", "same"],
    ["RMSNorm(6)", "LayerNorm(6)", [20, 6], "different", "a-in-b"],
    ["RMSNorm(6, eps=1e-5)", "LayerNorm(6, bias=False)", [20, 6], "different", "same"],
    ["GroupNorm(6, 6)", "InstanceNorm2d(6, affine=True)", [20, 6, 4, 4], "same", "same"],
    ["GroupNorm(6, 6)", "InstanceNorm2d(6)", [20, 6, 4, 4], "same", "b-in-a"],
    ["GroupNorm(6, 6)", "InstanceNorm1d(6, affine=True, track_running_stats=True)", [20, 6, 4], "different", "same"],
    ["LayerNorm([4, 4])", "InstanceNorm2d(6)", [20, 6, 4, 4], "same", "b-in-a"],
    ["BatchNorm2d(6)", "InstanceNorm2d(6, affine=True)", [20, 6, 4, 4], "different", "same"],
    ["BatchNorm2d(6)", "InstanceNorm2d(6, affine=True, track_running_stats=True)", [1, 6, 4, 4], "same", "same"],
    ["BatchNorm2d(6, track_running_stats=False)", "GroupNorm(6, 6)", [1, 6, 4, 4], "same", "same"],
    ["BatchNorm1d(6)", "BatchNorm1d(6, momentum=None)", [20, 6], "same", "same"],
  ])("of the family: %s and %s on %j: %s, %s", (a, b, shape, statistics, affine) => {
    expect(compare(a, b, shape)).toMatchObject({ statistics, affine });
  });

  it.each([
    [
      "a mean square is no variance",
      ["RMSNorm(6)", "GroupNorm(1, 6)"],
      "The same elements share their statistics: 20 groups of 6 elements, one per sample; these are a mean square in " +
        "RMSNorm(6), a mean and variance in GroupNorm(1, 6); besides, eps is the machine epsilon in the first and 0.00001 " +
        "in the second.",
    ],
    [
      "two mean squares",
      ["RMSNorm(6, eps=0.1)", "RMSNorm(6)"],
      "The same elements share a mean square: 20 groups of 6 elements, one per sample, but eps is 0.1 in the first and " +
        "the machine epsilon in the second, so rstd = 1 / sqrt(mean square + eps) differs.",
    ],
    [
      "running statistics of one",
      ["GroupNorm(1, 6)", "BatchNorm1d(6)"],
      "20 groups of 6 elements, one per sample, in GroupNorm(1, 6); 6 groups of 20 elements, one per channel, in " +
        "BatchNorm1d(6); in evaluation BatchNorm1d(6) has running ones of each channel instead, GroupNorm(1, 6) has not.",
    ],
    [
      "running statistics of both, and how they learn",
      ["BatchNorm1d(6)", "BatchNorm1d(6, momentum=None)"],
      "in evaluation both have running ones of each channel instead, which learn with momentum 0.1 in the first and that " +
        "of an average in the second.",
    ],
  ])("the reason says: %s", (_, [a, b], sentence) => {
    expect(compare(a, b, [20, 6]).because).toContain(sentence);
  });

  it.each([
    [
      "the same parameters",
      ["GroupNorm(1, 6)", "GroupNorm(2, 6)"],
      / Both have 6 scale and bias pairs, one per channel, each for 80 elements; with the same values the layers still differ, as their statistics do\.$/,
    ],
    [
      "parameters that could be repeated",
      ["GroupNorm(2, 6)", "LayerNorm([6, 4])"],
      / GroupNorm\(2, 6\)'s parameters can be written as LayerNorm\(\[6, 4\]\)'s, repeated for every location, but that does not make the layers equal, as their statistics differ\.$/,
    ],
    [
      "parameters that could be made",
      ["GroupNorm(1, 6)", "InstanceNorm1d(6)"],
      / InstanceNorm1d\(6\)'s parameters can be written as GroupNorm\(1, 6\)'s, with scale 1 and bias 0, but that does not make the layers equal, as their statistics differ\.$/,
    ],
    ["no parameters", ["GroupNorm(2, 6, affine=False)", "InstanceNorm1d(6)"], / Neither has a scale or bias\.$/],
  ])("no conversion is promised where statistics differ: %s", (_, [a, b], sentence) => {
    const { statistics, because } = compare(a, b, [20, 6, 4]);
    expect(statistics).toBe("different");
    expect(because).toMatch(sentence);
  });

  it("another eps is another rstd, and the reason says so", () => {
    const answer = compare("GroupNorm(1, 6)", "LayerNorm(6, eps=1e-6)", [20, 6]);
    expect(answer).toMatchObject({ statistics: "different", affine: "same", equivalent: false });
    expect(answer.because).toContain(
      "The same elements share a mean and variance: 20 groups of 6 elements, one per sample, " +
        "but eps is 0.00001 in the first and 0.000001 in the second, so rstd = 1 / sqrt(variance + eps) differs.",
    );
  });

  it("an eps that is written is the same as the default it equals", () => {
    expect(compare("GroupNorm(1, 6)", "LayerNorm(6, eps=1e-05)", [20, 6]).equivalent).toBe(true);
  });

  it("scales and biases that one layer lacks are 1 and 0", () => {
    const answer = compare("LayerNorm([1, 1], bias=False)", "GroupNorm(6, 6)", [2, 6, 1, 1]);
    expect(answer.because).toMatch(
      /, repeated for every channel and with bias 0; the other way only if these are the same for every channel and bias 0\.$/,
    );
  });

  it("shapes far too large to enumerate", () => {
    const shape = [64, 4096, 1024, 1024, 128];
    expect(compare("GroupNorm(4096, 4096)", "LayerNorm([1024, 1024, 128])", shape)).toMatchObject({
      statistics: "same",
    });
    expect(compare("GroupNorm(32, 4096)", "LayerNorm([1024, 1024, 128])", shape)).toMatchObject({
      statistics: "different",
    });
  });

  it("does not change its arguments", () => {
    const spec: NormSpec = Object.freeze({ op: "layerNorm", normalizedShape: Object.freeze([6, 4]) });
    expect(compareNorms(spec, spec, Object.freeze([2, 6, 4])).equivalent).toBe(true);
  });
});

describe("compareNorms agrees with PyTorch's definitions, element by element", () => {
  it("on statistics, parameters and the verdict", () => {
    fc.assert(
      fc.property(fittingSpecs, ({ a, b, shape }) => {
        const answer = compareNorms(a, b, shape);
        expect(answer.statistics).toBe(statisticsByDefinition(a, b, shape));
        expect(answer.affine).toBe(affineByDefinition(a, b, shape));
        expect(answer.equivalent).toBe(answer.statistics === "same" && answer.affine === "same");
      }),
      { numRuns: 3000 },
    );
  });

  it("swapping the layers swaps the answer", () => {
    const swapped = { same: "same", different: "different", "a-in-b": "b-in-a", "b-in-a": "a-in-b" };
    fc.assert(
      fc.property(fittingSpecs, ({ a, b, shape }) => {
        const there = compareNorms(a, b, shape);
        const back = compareNorms(b, a, shape);
        expect(back.statistics).toBe(there.statistics);
        expect(back.affine).toBe(swapped[there.affine]);
      }),
    );
  });

  it("and the reason is one to three sentences with the counts", () => {
    fc.assert(
      fc.property(fittingSpecs, ({ a, b, shape }) => {
        const { statistics, because } = compareNorms(a, b, shape);
        expect(because).toMatch(/^[A-Z]/);
        expect(because).not.toMatch(/undefined|null|NaN|\[object/);
        if (statistics === "different") expect(because).not.toMatch(/convert to|carry over/);
        expect(because.split(/\.(?: |$)/).filter((sentence) => sentence !== "").length).toBeLessThanOrEqual(3);
        const groups = new Set(groupsByDefinition(a, shape).statistics).size;
        const size = sizeOf(shape) / groups;
        expect(because).toContain(
          `${groups} group${groups === 1 ? "" : "s"} of ${size} element${size === 1 ? "" : "s"}`,
        );
      }),
      { numRuns: 1000 },
    );
  });
});

function statisticsByDefinition(a: NormSpec, b: NormSpec, shape: readonly number[]): NormComparison["statistics"] {
  const [ofA, ofB] = [a, b].map((spec) => groupsByDefinition(spec, shape).statistics);
  const same = refinesByEnumeration(ofA, ofB) && refinesByEnumeration(ofB, ofA);
  return same && formulaOf(a) === formulaOf(b) ? "same" : "different";
}

/** What is computed of a group, and where from. */
function formulaOf(spec: NormSpec): string {
  if (spec.op === "rmsNorm") return `mean square + ${spec.eps ?? "machine epsilon"}`;
  const tracks = "numFeatures" in spec && (spec.trackRunningStats ?? spec.op.startsWith("batch"));
  return `variance + ${spec.eps ?? 1e-5}${tracks ? ", or what was running" : ""}`;
}

function affineByDefinition(a: NormSpec, b: NormSpec, shape: readonly number[]): NormComparison["affine"] {
  const aInB = canExpress(b, a, shape);
  const bInA = canExpress(a, b, shape);
  if (aInB && bInA) return "same";
  if (aInB) return "a-in-b";
  return bInA ? "b-in-a" : "different";
}

function canExpress(host: NormSpec, guest: NormSpec, shape: readonly number[]): boolean {
  const fine = groupsByDefinition(host, shape).parameters;
  const coarse = groupsByDefinition(guest, shape).parameters;
  const covers = (hostHas: boolean, guestHas: boolean): boolean =>
    !guestHas || (hostHas && refinesByEnumeration(fine, coarse));
  return covers(hasScale(host), hasScale(guest)) && covers(hasBias(host), hasBias(guest));
}

function hasScale(spec: NormSpec): boolean {
  if ("normalizedShape" in spec) return spec.elementwiseAffine ?? true;
  return spec.affine ?? !spec.op.startsWith("instance");
}

function hasBias(spec: NormSpec): boolean {
  return hasScale(spec) && spec.op !== "rmsNorm" && (spec.op !== "layerNorm" || (spec.bias ?? true));
}

describe("compareNorms rejects", () => {
  const good: NormSpec = { op: "groupNorm", numGroups: 1, numChannels: 6 };

  it.each<[string, string, number[], RegExp]>([
    [
      "GroupNorm(1, 6)",
      "GroupNorm(1, 8)",
      [20, 6, 4],
      /must have 8 channels at axis 1 for GroupNorm\(1, 8\), got \[20, 6, 4\]/,
    ],
    [
      "LayerNorm(6)",
      "GroupNorm(1, 6)",
      [20, 6, 4],
      /must end in the normalizedShape \[6\] for LayerNorm\(6\), got \[20, 6, 4\]/,
    ],
    ["GroupNorm(1, 6)", "LayerNorm([1, 20, 6, 4])", [20, 6, 4], /must end in the normalizedShape \[1, 20, 6, 4\]/],
    ["BatchNorm2d(6)", "GroupNorm(1, 6)", [20, 6], /must have 4 axes for BatchNorm2d\(6\), got \[20, 6\]/],
    ["BatchNorm1d(6)", "GroupNorm(1, 6)", [20, 6, 4, 4], /must have 2 or 3 axes for BatchNorm1d/],
    ["InstanceNorm1d(6)", "GroupNorm(1, 6)", [20, 6], /must have 3 axes for InstanceNorm1d/],
    ["LayerNorm(6)", "LayerNorm(6)", [6], /must be \[N, C, ...spatial\], got \[6\]/],
    ["LayerNorm(6)", "LayerNorm(6)", [], /must be \[N, C, ...spatial\], got \[\]/],
    ["GroupNorm(1, 6)", "GroupNorm(1, 6)", [0, 6], /whole numbers of at least 1, got \[0, 6\]/],
    ["GroupNorm(1, 6)", "GroupNorm(1, 6)", [20, 6, -1], /got \[20, 6, -1\]/],
    ["GroupNorm(1, 6)", "GroupNorm(1, 6)", [20, 6, 2.5], /got \[20, 6, 2.5\]/],
    ["GroupNorm(1, 6)", "GroupNorm(1, 6)", [NaN, 6], /got \[NaN, 6\]/],
    ["GroupNorm(1, 6)", "GroupNorm(1, 6)", [2 ** 30, 6, 2 ** 30], /must have at most 2\^53 - 1 elements/],
  ])("%s and %s on %j", (a, b, shape, message) => {
    const error = outcomeOf(() => compare(a, b, shape));
    expect(error).toBeInstanceOf(ShapeError);
    expect(error).toMatchObject({ functionName: "compareNorms", argument: "shape" });
    expect((error as Error).message).toMatch(message);
  });

  it.each<[unknown]>([
    [undefined],
    [null],
    [6],
    ["20,6"],
    [{ 0: 20, 1: 6, length: 2 }],
    [[, 6]],
    [["20", "6"]],
    [[[20], 6]],
    [new Int32Array([20, 6])],
  ])("the shape %j", (shape) => {
    expect(() => compareNorms(good, good, shape as number[])).toThrow(ShapeError);
  });

  it.each<[unknown, string, RegExp]>([
    [undefined, "b", /b must be an object such as parseNormSpec returns, got undefined/],
    [null, "b", /got null/],
    ["GroupNorm(1, 6)", "b", /got string/],
    [{}, "b.op", /b.op must be one of "groupNorm", "layerNorm", "rmsNorm", "batchNorm1d", .*, got undefined/],
    [[], "b.op", /got undefined/],
    [{ op: "groupnorm", numGroups: 1, numChannels: 6 }, "b.op", /got "groupnorm"/],
    [{ op: "toString" }, "b.op", /got "toString"/],
    [
      { op: "groupNorm", numChannels: 6 },
      "b.numGroups",
      /b.numGroups must be a whole number of at least 1, got undefined/,
    ],
    [{ op: "groupNorm", numGroups: "1", numChannels: 6 }, "b.numGroups", /got "1"/],
    [
      { op: "groupNorm", numGroups: 4, numChannels: 6 },
      "b.numGroups",
      /b.numGroups must divide numChannels \(6\), got 4/,
    ],
    [{ ...good, eps: NaN }, "b.eps", /b.eps must be a finite number of at least 0, got NaN/],
    [{ ...good, eps: null }, "b.eps", /got null/],
    [{ ...good, affine: 0 }, "b.affine", /b.affine must be true or false, got 0/],
    [
      { op: "layerNorm", normalizedShape: 6 },
      "b.normalizedShape",
      /array of one or more whole numbers of at least 1, got 6/,
    ],
    [{ op: "layerNorm", normalizedShape: [] }, "b.normalizedShape", /got \[\]/],
    [{ op: "layerNorm", normalizedShape: [, 6] }, "b.normalizedShape", /got \[undefined, 6\]/],
    [{ op: "layerNorm", normalizedShape: [6], elementwiseAffine: "no" }, "b.elementwiseAffine", /got "no"/],
    [{ op: "layerNorm", normalizedShape: [6], bias: null }, "b.bias", /got null/],
    [{ op: "rmsNorm", normalizedShape: [6], eps: -1 }, "b.eps", /finite number of at least 0, or null, got -1/],
    [{ op: "batchNorm2d" }, "b.numFeatures", /b.numFeatures must be a whole number of at least 1, got undefined/],
    [{ op: "batchNorm2d", numFeatures: 6, momentum: 2 }, "b.momentum", /a number from 0 to 1, or null, got 2/],
    [{ op: "instanceNorm2d", numFeatures: 6, momentum: null }, "b.momentum", /a number from 0 to 1, got null/],
  ])("the spec %j", (spec, argument, message) => {
    const error = outcomeOf(() => compareNorms(good, spec as NormSpec, [20, 6]));
    expect(error).toBeInstanceOf(ArgumentError);
    expect(error).toMatchObject({ functionName: "compareNorms", argument });
    expect((error as Error).message).toMatch(message);
  });

  it("any garbage with an error of the library", () => {
    const garbage = fc.oneof(
      fc.anything(),
      fc.record({ op: fc.constantFrom("groupNorm", "layerNorm"), numGroups: fc.anything(), numChannels: fc.nat(8) }),
      fc.record({
        op: fc.constant("layerNorm"),
        normalizedShape: fc.oneof(fc.array(fc.nat(3)), fc.anything()),
        eps: fc.anything(),
      }),
    );
    const shapes = fc.oneof(
      fc.array(fc.nat(8), { maxLength: 4 }),
      fc.array(fc.anything(), { maxLength: 4 }),
      fc.anything(),
    );
    fc.assert(
      fc.property(garbage, garbage, shapes, (a, b, shape) => {
        const outcome = outcomeOf(() => compareNorms(a as NormSpec, b as NormSpec, shape as number[]));
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(LanenormError);
        else expect(formatNormSpec(parseNormSpec(formatNormSpec(a as NormSpec)))).toBe(formatNormSpec(a as NormSpec));
      }),
      { numRuns: 10_000 },
    );
  });
});
