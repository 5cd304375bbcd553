import { expect, it } from "vitest";
import { err, meanErr, rstdErr } from "../support/error.js";
import { families } from "../support/families.js";
import { createRandom } from "../support/random.js";
import { referenceNormalize } from "../support/oracle.js";
import { bound, engines } from "./engines.js";

// Sixteen million elements: slow machines need longer than the usual limit.
it("the largest group promised errs by at most 8 u", { timeout: 300_000 }, () => {
  const n = 2 ** 24;
  const data = families["N(0,1) + 1e3"](n, createRandom(n));
  const reference = referenceNormalize(data, { rows: 1, n, eps: 1e-5 });
  for (const engine of Object.values(engines))
    for (const { output, mean, rstd } of [
      engine.nativeLayerNorm({ data, shape: [n] }, n),
      engine.nativeGroupNorm({ data, shape: [1, 16, n / 16] }, 1),
    ]) {
      expect(err(output.data, reference)).toBeLessThanOrEqual(bound);
      expect(meanErr(mean.data, reference)).toBeLessThanOrEqual(bound);
      expect(rstdErr(rstd.data, reference)).toBeLessThanOrEqual(bound);
    }
});
