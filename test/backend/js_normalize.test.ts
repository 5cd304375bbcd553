import { describe, expect, it } from "vitest";
import type { NormalizeJob } from "../../src/backend/backend.js";
import { jsBackend } from "../../src/backend/js/backend.js";
import type { Operand } from "../../src/ops/operand.js";
import { groupsOf } from "../../src/plan.js";
import { computingDtype, dtypes, type DTypeName } from "../support/dtypes.js";
import { err, meanErr, rstdErr, varianceErr } from "../support/error.js";
import { familiesOf } from "../support/family/of_dtype.js";
import type { Grouping } from "../support/reference/grouping.js";
import { centredMoments, momentsAboutZero } from "../support/reference/moments.js";
import { referenceOf, withAffine } from "../support/reference/normalize.js";
import { planCases, type PlanCase } from "./groupings.js";
import { empty, emptyComputed, firstDifference, groupsOfFamily, numbers, operand, parameters } from "./operands.js";

interface Options {
  readonly centred?: boolean;
  readonly eps?: number;
  readonly affine?: boolean;
}

type Job = Pick<NormalizeJob, "plan" | "x"> & Partial<NormalizeJob>;

/** Runs a job, with outputs of its own where none are given. */
function run(job: Job): NormalizeJob {
  const { dtype } = job.x.format;
  const statistics = (): Operand => emptyComputed(dtype, groupsOf(job.plan.reduction));
  const own = {
    mean: statistics(),
    rstd: statistics(),
    out: empty(dtype, job.x.size),
    weight: undefined,
    bias: undefined,
  };
  const full = { functionName: "test", centred: true, eps: 1e-5, moments: undefined, ...own, ...job };
  jsBackend.normalize(full);
  return full;
}

/** How far output and statistics are from the reference. */
function errors(dtype: DTypeName, { plan, grouping }: PlanCase, values: Float64Array, options: Options): number[] {
  const { centred = true, eps = 1e-5, affine = false } = options;
  const count = grouping.parameterCount;
  const [weight, bias] = affine ? [parameters(count, 1), parameters(count, 2)] : [];
  const plain = referenceOf(values, grouping, eps, centred ? centredMoments : momentsAboutZero);
  const reference = withAffine(plain, grouping, { weight, bias });
  const affineOperands = { weight: weight && operand(dtype, weight), bias: bias && operand(dtype, bias) };
  const { out, mean, rstd } = run({ plan, centred, eps, x: operand(dtype, values), ...affineOperands });
  return [
    err(out.data, reference, dtype),
    rstdErr(rstd!.data, reference, dtype),
    centred ? meanErr(mean!.data, reference, dtype) : 0,
  ];
}

const withRanges = planCases.filter(({ grouping }) => grouping.size >= 2);

/** Few families of much data. */
function namesFor(dtype: DTypeName, { grouping }: PlanCase): string[] {
  const names = Object.keys(familiesOf(dtype));
  return grouping.groups * grouping.size < 1000
    ? names
    : names.filter((name) => /^N.*[)3]$|last|subnormal$/.test(name));
}

/** eps = 0 shows squares that underflow; not for constant groups, whose result it makes NaN. */
function optionsFor(name: string): Options[] {
  const options = [{ affine: true }, { centred: false, affine: true, eps: 0 }];
  return /constant/.test(name) ? options : [...options, { eps: 0 }];
}

describe.each(dtypes)("%s", (dtype) => {
  it.each(withRanges)("is accurate on every family of data: $name", (planCase) => {
    for (const name of namesFor(dtype, planCase)) {
      const x = groupsOfFamily(dtype, name, planCase.grouping);
      for (const options of optionsFor(name)) {
        const worst = Math.max(...errors(dtype, planCase, x, options));
        expect(worst, `${name} ${JSON.stringify(options)}`).toBeLessThan(8);
      }
    }
  });

  it.each(planCases)("takes parameters of what it computes in, and works in place: $name", ({ plan, grouping }) => {
    const values = groupsOfFamily(dtype, "uniform", grouping);
    const [weight, bias] = [1, 2].map((seed) => parameters(grouping.parameterCount, seed));
    const results = [dtype, computingDtype(dtype)].map((parameterType, inPlace) => {
      const x = operand(dtype, values);
      const out = inPlace ? x : empty(dtype, values.length);
      run({ plan, x, out, weight: operand(parameterType, weight), bias: operand(parameterType, bias) });
      return out.data;
    });
    expect(firstDifference(results[1], results[0])).toBe(-1);
  });

  it.each(planCases)("keeps NaN and infinities in their groups: $name", ({ plan, grouping }) => {
    const { groups, size, members } = grouping;
    const clean = groupsOfFamily(dtype, "uniform", grouping);
    const values = clean.slice();
    const victim = groups >> 1;
    const place = members ? members[victim * size + (size >> 1)] : victim * size + (size >> 1);
    const groupOf = groupIndices(grouping);
    for (const centred of [true, false]) {
      const expected = numbers(dtype, run({ plan, centred, x: operand(dtype, clean) }).out);
      for (const value of [NaN, Infinity, -Infinity]) {
        values[place] = value;
        const { out, mean } = run({ plan, centred, x: operand(dtype, values) });
        const allNaN = centred || Number.isNaN(value);
        const wanted = expected.map((y, index) => {
          if (groupOf[index] !== victim) return y;
          return allNaN || index === place ? NaN : 0;
        });
        expect(firstDifference(numbers(dtype, out), wanted)).toBe(-1);
        if (centred) expect(mean!.data[victim]).toBeNaN();
      }
    }
  });

  it.each(planCases)("gives exactly the bias for constant groups: $name", ({ plan, grouping }) => {
    for (const value of dtype === "float64" ? [3.1, -1e300, 1e-310] : [3.1, -1e4]) {
      const values = new Float64Array(grouping.groups * grouping.size).fill(value);
      const [weight, bias] = [1, 2].map((seed) => parameters(grouping.parameterCount, seed));
      const options = { plan, x: operand(dtype, values), weight: operand(dtype, weight), bias: operand(dtype, bias) };
      const expected = values.map((_, index) => bias[grouping.parameterOf(index)]);
      for (const eps of dtype === "float64" ? [1e-5, 1e-300] : [1e-5]) {
        expect(firstDifference(numbers(dtype, run({ ...options, eps }).out), expected)).toBe(-1);
      }
      const { out, rstd } = run({ ...options, eps: 0 });
      expect(numbers(dtype, out).every(Number.isNaN)).toBe(true);
      expect(rstd!.data[0]).toBe(Infinity);
    }
  });

  it.each(withRanges)("takes moments by themselves: $name", ({ plan, grouping }) => {
    const { groups } = grouping;
    const x = groupsOfFamily(dtype, "uniform", grouping);
    const reference = referenceOf(x, grouping, 0);
    const moments = { mean: new Float64Array(groups), variance: new Float64Array(groups) };
    jsBackend.moments({ functionName: "test", reduction: plan.reduction, x: operand(dtype, x), moments });
    expect(meanErr(moments.mean, reference, dtype)).toBeLessThan(2);
    expect(varianceErr(moments.variance, reference, dtype)).toBeLessThan(4);
    const again = { mean: new Float64Array(groups), variance: new Float64Array(groups) };
    run({ plan, x: operand(dtype, x), moments: again });
    expect(again).toEqual(moments);
  });
});

/** The group of every element. */
function groupIndices({ groups, size, members }: Grouping): Int32Array {
  const indices = new Int32Array(groups * size);
  for (let place = 0; place < indices.length; place++)
    indices[members ? members[place] : place] = Math.floor(place / size);
  return indices;
}
