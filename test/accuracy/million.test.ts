import { describe, expect, it } from "vitest";
import { err, meanErr, rstdErr } from "../support/error.js";
import { families } from "../support/families.js";
import { referenceNormalize } from "../support/oracle.js";
import { createRandom } from "../support/random.js";
import { bound, engines } from "./engines.js";

const n = 2 ** 20;

describe.each(Object.keys(families) as (keyof typeof families)[])("a million elements of %s", (name) => {
  const data = families[name](n, createRandom(n));
  const reference = referenceNormalize(data, { rows: 1, n, eps: 1e-5 });

  it.each(Object.keys(engines) as (keyof typeof engines)[])("err by at most 8 u on %s", (backend) => {
    const { output, mean, rstd } = engines[backend].nativeLayerNorm({ data, shape: [n] }, n);
    expect(err(output.data, reference)).toBeLessThanOrEqual(bound);
    expect(meanErr(mean.data, reference)).toBeLessThanOrEqual(bound);
    expect(rstdErr(rstd.data, reference)).toBeLessThanOrEqual(bound);
  });
});
