import { describe, expect, it } from "vitest";
import { parameters } from "../determinism/data.js";
import { err } from "../support/error.js";
import { familiesOf } from "../support/family/of_dtype.js";
import { createRandom } from "../support/random.js";
import { referenceOf, withAffine } from "../support/reference/normalize.js";
import {
  ColumnMemory,
  expectSame,
  groupingOf,
  ofGroups,
  STRIP,
  UNCENTRED,
  WANTS_MOMENTS,
  type ColumnShape,
  type NormOptions,
  type Numbers,
} from "./columns.js";

const BOUND = 8;

for (const dtype of ["float32", "float64"] as const) {
  const memory = new ColumnMemory(dtype, 200);
  const families = Object.values(familiesOf(dtype));
  const plain = families[0];

  describe(`column kernels of ${dtype}`, () => {
    it("every small size: accurate, within bounds, the same bits at any address and in place", () => {
      for (let columns = 1; columns <= 20; columns++) {
        for (const width of divisorsOf(columns)) {
          for (let steps = 1; steps <= 20; steps++) {
            const shape = { blocks: 2, steps, columns, width };
            const x = ofGroups(memory, groupingOf(shape), () => plain(steps * width, createRandom(steps)));
            checkEverywhere(shape, x, { ...affineOf(columns) });
            if (width === 1) checkEverywhere(shape, x, { ...affineOf(steps), bySteps: true });
          }
        }
      }
    });

    it("sizes about vectors, folds, quads, blocks and samples", () => {
      for (const columns of [31, 32, 33, 34, 35, 36, 63, 64, 65, 127, 130]) {
        for (const steps of [3, 4, 5, 15, 16, 17, 63, 64, 65, 127, 128, 129, 130, 255, 257]) {
          const width = divisorsOf(columns)[steps % divisorsOf(columns).length];
          const shape = { blocks: 1, steps, columns, width };
          const x = ofGroups(memory, groupingOf(shape), () => plain(steps * width, createRandom(steps)));
          checkEverywhere(shape, x, affineOf(columns));
          checkEverywhere(shape, x, { ...affineOf(steps), bySteps: true });
        }
      }
    });

    it("a block in pieces has the bits of the whole, whatever repairs it takes", () => {
      for (const [columns, width] of [
        [1, 1],
        [3, 1],
        [6, 3],
        [20, 4],
        [31, 31],
        [34, 1],
        [66, 2],
        [66, 33],
      ]) {
        for (const steps of [1, 17, 64, 150, 400]) {
          const shape = { blocks: 2, steps, columns, width };
          const x = mixed(shape);
          const unit = memory.unit(columns);
          for (const options of [affineOf(columns), { ...affineOf(steps), bySteps: true }]) {
            const whole = memory.norm(shape, x, options);
            for (const cuts of [[], [unit], [unit, 3 * unit, 17 * unit]]) {
              const inside = cuts.filter((cut) => cut < steps);
              const label = `${JSON.stringify(shape)} cut at ${inside}`;
              expectSame(memory.normInPieces(shape, x, inside, options), whole, label);
              expectSame(memory.normInPieces(shape, x, inside, { ...options, inPlace: true }), whole, label);
            }
          }
        }
      }
    });

    it("columns have the same bits alone as among others, in strips of any size", () => {
      const columns = 5000;
      const shape = { blocks: 2, steps: 21, columns, width: 1 };
      expect(memory.isStripped(columns, 1)).toBe(true);
      const x = mixed(shape);
      const { gamma, beta } = affineOf(columns);
      const whole = memory.norm(shape, x, { gamma, beta });
      for (const first of [0, 1234, columns - 40]) {
        const pick = (values: Numbers) => values.filter((_, index) => isWithin(index % columns, first, 40));
        const [g, b] = [gamma.slice(first, first + 40), beta.slice(first, first + 40)];
        const alone = memory.norm({ ...shape, columns: 40 }, pick(x), { gamma: g, beta: b });
        const picked = { output: pick(whole.output), mean: pick(whole.mean), rstd: pick(whole.rstd) };
        expectSame(alone, picked, `columns from ${first}`);
      }
    });

    it("a group wider than a strip", () => {
      const shape = { blocks: 1, steps: 5, columns: 30_000, width: 15_000 };
      const x = ofGroups(memory, groupingOf(shape), (group) => families[group](75_000, createRandom(group)));
      // A strip's state holds one group and no more.
      const { columns, width } = shape;
      expect(memory.kernel("norm_bytes")(columns, width)).toBe(memory.kernel("state_bytes")(width, width, STRIP));
      checkAccurate(shape, x, affineOf(shape.columns));
    });

    it("tensors beyond the caches, whose steps are written one by one, have the same bits", () => {
      const steps = 1200;
      for (const bySteps of [false, true]) {
        const options = { ...affineOf(bySteps ? steps : 50), bySteps };
        const shape = { blocks: 1, steps, columns: 50, width: 5 };
        const x = mixed(shape);
        const small = memory.norm(shape, x, options);
        const copies = 12;
        const large = memory.norm({ ...shape, blocks: copies }, repeat(x, copies), options);
        expectSame(
          large,
          {
            output: repeat(small.output, copies),
            mean: repeat(small.mean, copies),
            rstd: repeat(small.rstd, copies),
          },
          "a large tensor",
        );
      }
    });

    it("NaN or an infinity makes its own group NaN, and changes no bit of another", () => {
      for (const columns of [6, 30, 66]) {
        const shape = { blocks: 2, steps: 70, columns, width: 3 };
        const grouping = groupingOf(shape);
        const x = ofGroups(memory, grouping, () => plain(grouping.size, createRandom(3)));
        const clean = memory.norm(shape, x);
        for (const poison of [NaN, Infinity, -Infinity]) {
          const poisoned = x.slice();
          poisoned[35 * columns + 4] = poison;
          const actual = memory.norm(shape, poisoned);
          for (let index = 0; index < x.length; index++) {
            const isHit = index < 70 * columns && isWithin(index % columns, 3, 3);
            expect(actual.output[index]).toBe(isHit ? NaN : clean.output[index]);
          }
          const hit = (values: Numbers) => Array.from(values, (value, group) => (group === 1 ? NaN : value));
          expect(Array.from(actual.mean)).toEqual(hit(clean.mean));
          expect(Array.from(actual.rstd)).toEqual(hit(clean.rstd));
        }
      }
    });

    it("a constant group is exactly its bias", () => {
      for (const [steps, columns, width] of [
        [1, 40, 1],
        [50, 12, 4],
        [300, 64, 1],
      ]) {
        const { gamma, beta } = affineOf(columns);
        const x = memory.numbers(
          Array.from({ length: steps * columns }, (_, index) => 0.1 + (index % columns) / width),
        );
        const constant = x.map((_, index) => x[(index % columns) - ((index % columns) % width)]);
        const { output } = memory.norm({ blocks: 1, steps, columns, width }, constant, { gamma, beta });
        output.forEach((value, index) => expect(value).toBe(beta[index % columns]));
      }
    });

    it("uncentred: the root of the mean square, and no mean", () => {
      const shape = { blocks: 2, steps: 67, columns: 30, width: 5 };
      const grouping = groupingOf(shape);
      const x = ofGroups(memory, grouping, (group) => families[group](grouping.size, createRandom(group)));
      const { output, rstd } = memory.norm(shape, x, { flags: UNCENTRED, eps: 0 });
      for (let group = 0; group < grouping.groups; group++) {
        const members = grouping.members!.subarray(group * grouping.size, (group + 1) * grouping.size);
        const largest = members.reduce((most, member) => Math.max(most, Math.abs(x[member])), 0);
        const mean = members.reduce((sum, member) => sum + (x[member] / largest) ** 2, 0) / grouping.size;
        for (const member of members)
          expect(output[member]).toBeCloseTo(x[member] / largest / Math.sqrt(mean), dtype === "float32" ? 4 : 10);
        const ratio = rstd[group] * largest * Math.sqrt(mean);
        if (Number.isFinite(1 / largest) && rstd[group] > 1e-30) expect(ratio).toBeCloseTo(1, 5);
      }
    });

    it("uncentred groups with an infinity: rstd 0, so finite elements are 0", () => {
      const shape = { blocks: 1, steps: 9, columns: 4, width: 2 };
      const x = memory.numbers(Array.from({ length: 36 }, (_, index) => 1 + index));
      x[20] = Infinity;
      const { output, rstd } = memory.norm(shape, x, { flags: UNCENTRED });
      expect(rstd[0]).toBe(0);
      expect(output.filter((_, index) => index % 4 < 2 && index !== 20).every((value) => value === 0)).toBe(true);
      expect(output[20]).toBeNaN();
      expect(output.filter((_, index) => index % 4 >= 2).every((value) => value > 0)).toBe(true);
    });

    it("moments: mean and biased variance as float64, whatever the dtype", () => {
      const shape = { blocks: 2, steps: 40, columns: 10, width: 5 };
      const grouping = groupingOf(shape);
      const x = ofGroups(memory, grouping, (group) => plain(grouping.size, createRandom(group)));
      const reference = referenceOf(x, grouping, 1e-5);
      const { mean, rstd: variance } = memory.norm(shape, x, { flags: WANTS_MOMENTS });
      for (let group = 0; group < grouping.groups; group++) {
        expect(mean[group]).toBeCloseTo(reference.mean[group], 6);
        expect(variance[group] / reference.variance[group]).toBeCloseTo(1, 6);
      }
    });

    it("steps in several strided pieces: each begins a block of its own", () => {
      const [columns, steps, pieces] = [37, 70, 3];
      const x = mixed({ blocks: 1, steps: steps * pieces, columns, width: 1 });
      const results = [columns, columns + 11].map((stride) => {
        memory.reset();
        const source = memory.take(pieces * steps * stride * memory.elementBytes);
        const view = memory.view(source, pieces * steps * stride);
        for (let step = 0; step < pieces * steps; step++)
          view.set(x.slice(step * columns, (step + 1) * columns), step * stride);
        const state = memory.take(memory.kernel("state_bytes")(columns, 1, STRIP));
        const [mean, rstd] = [memory.take(columns * memory.elementBytes), memory.take(columns * memory.elementBytes)];
        memory.kernel("begin")(state, columns, 1, STRIP);
        memory.kernel("shift")(state, source, 8, 7 * stride);
        const each = (name: "accumulate" | "magnitude") => {
          for (let piece = 0; piece < pieces; piece++) {
            memory.kernel(name)(state, source + piece * steps * stride * memory.elementBytes, steps, stride);
            if (name === "accumulate") memory.kernel("end_piece")(state);
          }
        };
        for (;;) {
          each("accumulate");
          const verdicts = memory.kernel("finish")(state, pieces * steps, 1e-5);
          if (verdicts === 0) break;
          if ((verdicts & 2) === 0) continue;
          each("magnitude");
          memory.kernel("rescale")(state);
        }
        memory.kernel("statistics")(state, mean, rstd, 0, 4);
        memory.expectUntouched("strided pieces");
        return {
          output: memory.numbers([]),
          mean: memory.view(mean, columns).slice(),
          rstd: memory.view(rstd, columns).slice(),
        };
      });
      expectSame(results[1], results[0], "strided pieces");
      const reference = memory.norm({ blocks: 1, steps: steps * pieces, columns, width: 1 }, x);
      results[0].mean.forEach((value, column) => {
        const inDeviations = (value - reference.mean[column]) * reference.rstd[column];
        expect(Math.abs(inDeviations)).toBeLessThan(1e-5);
      });
    });

    it("affine: (x - centre) * scale + bias per column, with and without a centre, at any size", () => {
      for (const [steps, columns] of [
        [1, 1],
        [3, 7],
        [9, 8],
        [50, 45],
        [5000, 64],
        [40_000, 9],
      ]) {
        const x = memory.numbers(plain(steps * columns, createRandom(columns)));
        const [centre, scale, bias] = [1, 2, 3].map((seed) => memory.numbers(parameters(columns, seed)));
        for (const hasCentre of [false, true]) {
          memory.reset();
          const [from, c, s, b] = [x, centre, scale, bias].map((values) => memory.place(values));
          const out = memory.take(x.length * memory.elementBytes);
          memory.kernel("affine")(out, from, hasCentre ? c : 0, s, b, steps, columns);
          memory.expectUntouched("affine");
          const y = memory.view(out, x.length);
          const rounded = (value: number) => (dtype === "float32" ? Math.fround(value) : value);
          for (let index = 0; index < x.length; index++) {
            const column = index % columns;
            const offset = rounded(x[index] - (hasCentre ? centre[column] : 0));
            const expected = rounded(rounded(offset * scale[column]) + bias[column]);
            if (y[index] !== expected) expect.fail(`[${steps}, ${columns}] at ${index}: ${y[index]}, not ${expected}`);
          }
        }
      }
    });
  });

  function affineOf(count: number) {
    return { gamma: memory.numbers(parameters(count, 1)), beta: memory.numbers(parameters(count, 2)) };
  }

  /** Groups of every family, so that some need each of the repairs. */
  function mixed(shape: ColumnShape): Numbers {
    const grouping = groupingOf(shape);
    const random = createRandom(shape.columns);
    return ofGroups(memory, grouping, (group) => families[(7 * group) % families.length](grouping.size, random));
  }

  function checkAccurate(shape: ColumnShape, x: Numbers, options: NormOptions) {
    const result = memory.norm(shape, x, options);
    const grouping = groupingOf(shape, options.bySteps);
    const affine = { weight: options.gamma, bias: options.beta };
    const error = err(result.output, withAffine(referenceOf(x, grouping, 1e-5), grouping, affine), dtype);
    if (!(error <= BOUND)) expect.fail(`err ${error} in ${JSON.stringify(shape)}`);
    return result;
  }

  function checkEverywhere(shape: ColumnShape, x: Numbers, options: NormOptions): void {
    const result = checkAccurate(shape, x, options);
    const label = JSON.stringify(shape);
    expectSame(memory.norm(shape, x, { ...options, offset: 1 }), result, `${label} unaligned`);
    expectSame(memory.norm(shape, x, { ...options, inPlace: true }), result, `${label} in place`);
  }

  function repeat(values: Numbers, copies: number): Numbers {
    const all = memory.numbers(new Float64Array(values.length * copies));
    for (let copy = 0; copy < copies; copy++) all.set(values, copy * values.length);
    return all;
  }
}

function divisorsOf(value: number): number[] {
  return Array.from({ length: value }, (_, index) => index + 1).filter((divisor) => value % divisor === 0);
}

function isWithin(value: number, first: number, count: number): boolean {
  return value >= first && value < first + count;
}
