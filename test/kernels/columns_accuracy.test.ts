import { describe, expect, it } from "vitest";
import { err, meanErr, rstdErr } from "../support/error.js";
import { familiesOf } from "../support/family/of_dtype.js";
import { createRandom } from "../support/random.js";
import { referenceOf, withAffine } from "../support/reference/normalize.js";
import { parameters } from "../determinism/data.js";
import { ColumnMemory, groupingOf, ofGroups, type ColumnShape } from "./columns.js";

/** The accuracy contract. */
const BOUND = 8;
const EPS = 1e-5;

/** [steps, width]: about the sizes of quads, blocks, folds and samples. */
const sizes = [
  [1, 2],
  [2, 1],
  [3, 5],
  [7, 3],
  [16, 16],
  [49, 1],
  [65, 7],
  [129, 8],
  [300, 33],
  [1000, 1],
  [20000, 1],
  [5000, 8],
] as const;

for (const dtype of ["float32", "float64"] as const) {
  const memory = new ColumnMemory(dtype, 1200);
  const families = Object.entries(familiesOf(dtype));

  describe(`columns of ${dtype}: every group of another family than its neighbours`, () => {
    for (const [steps, width] of sizes) {
      it(`${steps} steps, ${width} columns a group`, { timeout: 60_000 }, () => {
        const shape: ColumnShape = { blocks: 2, steps, columns: families.length * width, width };
        const grouping = groupingOf(shape);
        const random = createRandom(steps * 100 + width);
        const family = (index: number) => families[(5 * index + Math.floor(index / families.length)) % families.length];
        const x = ofGroups(memory, grouping, (index) => family(index)[1](grouping.size, random));
        const plain = referenceOf(x, grouping, EPS);
        for (const bySteps of [false, true]) {
          const layout = bySteps ? groupingOf(shape, true) : grouping;
          const [weight, bias] = [1, 2].map((seed) => memory.numbers(parameters(layout.parameterCount, seed)));
          for (const affine of [{}, { weight }, { bias }, { weight, bias }]) {
            const { weight: gamma, bias: beta } = affine as { weight?: typeof weight; bias?: typeof bias };
            const reference = withAffine(plain, layout, affine);
            const { output, mean, rstd } = memory.norm(shape, x, { gamma, beta, eps: EPS, bySteps });
            const errors = [err(output, reference, dtype), meanErr(mean, plain, dtype), rstdErr(rstd, plain, dtype)];
            if (process.env.ACCURACY_REPORT) console.log(dtype, steps, width, bySteps, Object.keys(affine), errors);
            for (const error of errors) expect(error).toBeLessThanOrEqual(BOUND);
          }
        }
      });
    }
  });
}
