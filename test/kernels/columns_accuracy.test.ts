import { describe, expect, it } from "vitest";
import { err, meanErr, rstdErr } from "../support/error.js";
import { familiesOf } from "../support/family/of_dtype.js";
import { createRandom } from "../support/random.js";
import { referenceOf, withAffine, type Affine } from "../support/reference/normalize.js";
import { parameters } from "../determinism/data.js";
import { ColumnMemory, groupingOf, ofGroups, type ColumnShape } from "./columns.js";

/** The accuracy contract. */
const BOUND = 8;

/** [steps, width]: about the sizes of quads, blocks, folds and samples. */
const small = [
  [1, 2],
  [2, 1],
  [3, 5],
  [7, 3],
  [16, 16],
  [49, 1],
  [65, 7],
  [129, 8],
] as const;

/** Several blocks of steps, and many. */
const large = [
  [257, 33],
  [1000, 1],
  [9000, 2],
] as const;

for (const dtype of ["float32", "float64"] as const) {
  const memory = new ColumnMemory(dtype, 400);
  const families = Object.entries(familiesOf(dtype));

  describe(`columns of ${dtype}: every group of another family than its neighbours`, () => {
    for (const eps of [1e-5, 1e-12]) {
      it.each(small)(`%i steps, %i columns a group, eps ${eps}`, (steps, width) => {
        for (const bySteps of [false, true]) {
          check(steps, width, eps, bySteps, [{}, { weight: 1 }, { bias: 2 }, { weight: 3, bias: 4 }]);
        }
      });
    }

    it.each(large)("%i steps, %i columns a group", { timeout: 60_000 }, (steps, width) => {
      check(steps, width, 1e-5, width === 1, [{}, { weight: 3, bias: 4 }]);
    });
  });

  function check(
    steps: number,
    width: number,
    eps: number,
    bySteps: boolean,
    seeds: { weight?: number; bias?: number }[],
  ): void {
    const shape: ColumnShape = { blocks: 2, steps, columns: families.length * width, width };
    const grouping = groupingOf(shape, bySteps);
    const random = createRandom(steps * 100 + width);
    const x = ofGroups(memory, grouping, (index) => familyAt(index)(grouping.size, random));
    const plain = referenceOf(x, grouping, eps);
    for (const { weight, bias } of seeds) {
      const gamma = weight === undefined ? weight : memory.numbers(parameters(grouping.parameterCount, weight));
      const beta = bias === undefined ? bias : memory.numbers(parameters(grouping.parameterCount, bias));
      const affine: Affine = { weight: gamma, bias: beta };
      const { output, mean, rstd } = memory.norm(shape, x, { gamma, beta, eps, bySteps });
      const error = err(output, withAffine(plain, grouping, affine), dtype);
      const statistics = [meanErr(mean, plain, dtype), rstdErr(rstd, plain, dtype)];
      if (process.env.ACCURACY_REPORT) console.log(dtype, steps, width, bySteps, eps, weight, bias, error, statistics);
      expect(error).toBeLessThanOrEqual(BOUND);
      for (const statistic of statistics) expect(statistic).toBeLessThanOrEqual(BOUND);
    }
  }

  /** In the second block, other neighbours. */
  function familyAt(index: number) {
    const block = Math.floor(index / families.length);
    return families[((block === 0 ? 1 : 5) * index) % families.length][1];
  }
}
