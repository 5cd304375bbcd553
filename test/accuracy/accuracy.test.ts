import { afterAll, describe, expect, it } from "vitest";
import { createEngineSync } from "../../src/index.js";
import { err, meanErr, rstdErr } from "../support/error.js";
import { everyFamily, formatReport, groupSizes, makeCase, type Case, type Measurement } from "../support/measure.js";
import { withParameters } from "../support/oracle.js";
import { asGroupNorm, asLayerNorm, type Placement } from "../support/placement.js";
import { createRandom } from "../support/random.js";

/** The accuracy contract's bound on err, held by statistics as well as results. */
const bound = 8;

/** Without eps to hide behind, the variances and reciprocal roots of subnormal data must come out as well. */
const smallEpsSizes = [2, 3, 17, 64, 129, 768, 4096];

const engines = { wasm: createEngineSync({ backend: "wasm" }), js: createEngineSync({ backend: "js" }) };
const measurements: Measurement[] = [];

describe("layer norm and group norm err by at most 8 u", () => {
  for (const family of Object.keys(everyFamily)) {
    it(`${family}, eps 1e-5`, () => {
      expectAccurate(groupSizes.flatMap((n) => measureEverywhere(makeCase(family, n))));
    });

    it(`${family}, eps 1e-12 and 0`, () => {
      for (const eps of [1e-12, 0])
        expectAccurate(smallEpsSizes.flatMap((n) => measureEverywhere(makeCase(family, n, eps))));
    });
  }

  // Sixteen million elements, eight times over: slow machines need longer than the usual limit.
  it("the largest group promised", { timeout: 300_000 }, () => {
    expectAccurate(measureEverywhere(makeCase("N(0,1) + 1e3", 2 ** 24)));
  });
});

afterAll(() => {
  if (!process.env.ACCURACY_REPORT) return;
  for (const backend of Object.keys(engines))
    console.log(formatReport(measurements.filter(({ label }) => label.startsWith(backend))));
});

/** The oracle is much slower than what it checks, so both layers and both backends share its result. */
function measureEverywhere(data: Case): Measurement[] {
  return [asLayerNorm, asGroupNorm].flatMap((place) => measurePlacement(data, place(data.rows, data.n)));
}

function measurePlacement({ family, n, eps, x, reference }: Case, placement: Placement): Measurement[] {
  const affine = randomAffine(placement.parameterCount);
  const affineReference = withParameters(reference, placement.parameters(affine));
  return Object.entries(engines).flatMap(([backend, engine]) => {
    const { output, mean, rstd } = placement.native(engine, x, { eps });
    const affineOutput = placement.forward(engine, x, { ...affine, eps });
    const errors = {
      plain: err(output.data, reference),
      affine: err(affineOutput.data, affineReference),
      mean: meanErr(mean.data, reference),
      rstd: rstdErr(rstd.data, reference),
    };
    return Object.entries(errors).map(([what, error]) => {
      return { label: `${backend} ${placement.name} ${what}`, family, n, eps, err: error };
    });
  });
}

function expectAccurate(measured: readonly Measurement[]): void {
  measurements.push(...measured);
  const failures = measured.filter((measurement) => !(measurement.err <= bound));
  expect(failures.map(({ label, n, eps, err }) => `${label}: err ${err} at n = ${n}, eps = ${eps}`)).toEqual([]);
}

function randomAffine(count: number): { weight: Float32Array; bias: Float32Array } {
  const random = createRandom(count);
  const weight = Float32Array.from({ length: count }, random.normal);
  return { weight, bias: Float32Array.from({ length: count }, random.normal) };
}
