import { describe, expect, it } from "vitest";
import { parameters } from "../determinism/data.js";
import { err, meanErr, rstdErr, varianceErr } from "../support/error.js";
import { familiesOf } from "../support/family/of_dtype.js";
import { createRandom } from "../support/random.js";
import { groupNormReference, layerNormReference, rmsNormReference } from "../support/reference/layers.js";
import { RowMemory, UNCENTRED, WANTS_MOMENTS, type Numbers } from "./rows.js";

/** The accuracy contract. */
const BOUND = 8;

/** Around vectors, quads, blocks, samples, wide rows and chunks of either type. */
const sizes = [2, 3, 4, 7, 8, 9, 16, 17, 31, 64, 127, 128, 129, 257, 768, 1025, 2049, 4097, 8200, 65_537];

for (const dtype of ["float32", "float64"] as const) {
  const memory = new RowMemory(dtype, 600);
  const families = Object.entries(familiesOf(dtype));
  const row = ([, family]: (typeof families)[number], n: number) => family(n, createRandom(n));

  /** Every family in a row of its own where that is cheap, or one by one. */
  const tensorsOf = (n: number): Numbers[] => {
    if (n > 5000) return families.map((family) => memory.numbers(row(family, n)));
    const x = memory.numbers(new Float64Array(families.length * n));
    families.forEach((family, index) => x.set(row(family, n), index * n));
    return [x];
  };

  const expectAccurate = (label: string, errors: number[]) => {
    if (process.env.ACCURACY_REPORT) console.log(dtype, label, ...errors.map((error) => error.toFixed(1)));
    for (const error of errors) if (!(error <= BOUND)) expect.fail(`${label}: ${errors.join(", ")}`);
  };

  describe(`rows of ${dtype}, of every family`, () => {
    for (const n of sizes)
      it(`${n} elements`, { timeout: 120_000 }, () => {
        const [weight, bias] = [1, 2].map((seed) => memory.numbers(parameters(n, seed)));
        for (const x of tensorsOf(n))
          for (const eps of n > 5000 ? [0] : [1e-5, 0]) {
            const shape = [x.length / n, n];
            for (const affine of (n > 5000 ? [{ weight, bias }] : [{}, { weight }, { weight, bias }]) as {
              weight?: Numbers;
              bias?: Numbers;
            }[]) {
              const reference = layerNormReference(x, shape, 1, { eps, ...affine });
              const result = memory.layerNorm(x, n, { gamma: affine.weight, beta: affine.bias, eps });
              const statistics = [meanErr(result.mean, reference, dtype), rstdErr(result.rstd, reference, dtype)];
              expectAccurate(`layer norm, ${Object.keys(affine)}`, [
                err(result.output, reference, dtype),
                ...statistics,
              ]);
            }
            const reference = rmsNormReference(x, shape, 1, { eps, weight });
            const rms = memory.layerNorm(x, n, { gamma: weight, eps, flags: UNCENTRED });
            expectAccurate("RMS norm", [err(rms.output, reference, dtype), rstdErr(rms.rstd, reference, dtype)]);
          }
      });
  });

  describe(`groups of ${dtype}, of every family`, () => {
    for (const [channels, span] of [
      [2, 1],
      [3, 5],
      [4, 49],
      [6, 700],
      [2, 9000],
    ])
      it(`${channels} channels of ${span}`, () => {
        const n = channels * span;
        const [weight, bias] = [1, 2].map((seed) => memory.numbers(parameters(channels, seed)));
        for (const x of tensorsOf(n)) {
          const shape = { batch: x.length / n, channels, spatial: span };
          const reference = groupNormReference(x, shape, 1, { eps: 1e-5, weight, bias });
          const result = memory.groupNorm(x, channels, span, 1, { gamma: weight, beta: bias });
          expectAccurate("group norm", [err(result.output, reference, dtype)]);
        }
      });
  });

  describe(`moments of ${dtype}, in float64`, () => {
    for (const n of [3, 129, 768, 8200])
      it(`${n} elements`, () => {
        for (const x of tensorsOf(n)) {
          const reference = layerNormReference(x, [x.length / n, n], 1, { eps: 1e-5 });
          const result = memory.layerNorm(x, n, { flags: WANTS_MOMENTS });
          // Of float32 rows, too, they are float64; the bound is the rows' own.
          const variance =
            dtype === "float64" ? varianceErr(result.rstd, reference, dtype) : relative(result.rstd, reference);
          // A variance has the error of rstd twice.
          expectAccurate("moments", [meanErr(result.mean, reference, dtype), variance / 2]);
        }
      });
  });
}

/** The largest relative error, in float32's u. */
function relative(actual: Numbers, { variance }: { variance: Float64Array }): number {
  const errors = variance.map((value, index) => Math.abs(actual[index] - value) / Math.max(value, 2 ** -126));
  return Math.max(...errors) * 2 ** 24;
}
