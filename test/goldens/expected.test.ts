import { describe, expect, it } from "vitest";
import { err, meanErr, rstdErr } from "../support/error.js";
import { asReference, oracleReference, title } from "./expected.js";
import { loadGoldens } from "./load.js";

/** Two float64 computations of the same thing, in u of float32. */
const agreement = 1e-6;

describe("the oracle and the goldens' reference, written in two languages", () => {
  for (const golden of loadGoldens())
    it(title(golden), () => {
      const oracle = oracleReference(golden);
      expect(err(golden.reference.output, oracle)).toBeLessThan(agreement);
      expect(meanErr(golden.reference.mean, oracle)).toBeLessThan(agreement);
      expect(rstdErr(golden.reference.rstd, oracle)).toBeLessThan(agreement);
    });
});

describe("the error of PyTorch's own results, as recorded", () => {
  for (const golden of loadGoldens())
    it(title(golden), () => {
      const { output, mean, rstd, err: recorded } = golden.torch;
      const reference = asReference(golden, golden.reference);
      expectClose(err(output, reference), recorded.output);
      expectClose(meanErr(mean, reference), recorded.mean);
      expectClose(rstdErr(rstd, reference), recorded.rstd);
    });

  function expectClose(actual: number, recorded: number): void {
    expect(Math.abs(actual - recorded)).toBeLessThanOrEqual(1e-9 * recorded);
  }
});
