import { afterAll, describe, it } from "vitest";
import type { TensorInput } from "../support/api.js";
import { toData, type Data, type DTypeName } from "../support/dtypes.js";
import { err, meanErr, rstdErr } from "../support/error.js";
import { familiesOf } from "../support/family/of_dtype.js";
import type { Measurement } from "../support/measure.js";
import { createRandom } from "../support/random.js";
import { groupByAxes } from "../support/reference/grouping.js";
import { centredMoments, momentsAboutZero } from "../support/reference/moments.js";
import { referenceOf } from "../support/reference/normalize.js";
import { withParameters, type Reference } from "../support/reference/reference.js";
import { engines } from "./engines.js";
import { Measurements } from "./measurements.js";
import { backInRows, intoPlace, makeAffine } from "./layout.js";
import { placements, type Placement } from "./placements.js";

/** Rows of data, and what becomes of them. */
interface Case {
  readonly dtype: DTypeName;
  readonly family: string;
  readonly rows: number;
  readonly n: number;
  readonly eps: number;
  readonly data: Data;
  readonly centred: Reference;
  readonly aboutZero: Reference;
}

/** Vector, unrolling and block edges, and their neighbours. */
const sizes = [
  2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 33, 63, 64, 65, 127, 128, 129, 130, 255, 257, 511, 513, 768, 1023, 1025, 4096, 8193,
];

/** Without eps to hide behind, the variances and reciprocal roots of subnormal data must come out as well. */
const smallEpsSizes = [2, 3, 17, 64, 129, 768, 4096];

/** Sums that are long enough to go wrong, on the families that would. */
const longFamilies = /^(N\(0,1\) \+ (1e3|30)|0\/1 mask|ones, a few zeros|drift.*)$/;
const longestFamily = "ones, a few zeros";

/** Every operation with statistics on every family of a dtype, in every layout, on both backends. */
export function suiteOfNormalizations(dtype: DTypeName): void {
  const measurements = new Measurements();

  describe(`normalisations of ${dtype} err by at most 8 u`, () => {
    for (const family of Object.keys(familiesOf(dtype))) {
      it(`${family}, eps 1e-5`, () => {
        for (const n of sizes) measurements.expectAccurate(measure(makeCase(dtype, family, n, 1e-5)));
      });

      it(`${family}, eps 1e-12 and 0`, () => {
        for (const eps of [1e-12, 0])
          for (const n of smallEpsSizes) measurements.expectAccurate(measure(makeCase(dtype, family, n, eps)));
      });

      // Every family of the commonest dtype; of the others those that are likeliest to go wrong.
      if (dtype === "float32" || longFamilies.test(family))
        it(`${family}, groups of 2^16 + 1`, () => {
          measurements.expectAccurate(measure(makeCase(dtype, family, 2 ** 16 + 1, 1e-5)));
        });
    }

    it(`${longestFamily}, groups of 2^20`, { timeout: 300_000 }, () => {
      measurements.expectAccurate(measure(makeCase(dtype, longestFamily, 2 ** 20, 1e-5)));
    });

    afterAll(() => measurements.report(`Normalisations of ${dtype}`));
  });
}

/** An even number of rows, which two samples share: several where they are cheap, for a row must not see its neighbours. */
function makeCase(dtype: DTypeName, family: string, n: number, eps: number): Case {
  const rows = n <= 1025 ? 6 : 2;
  const random = createRandom(n);
  const x = dtype === "float32" ? new Float32Array(rows * n) : new Float64Array(rows * n);
  for (let row = 0; row < rows; row++) x.set(familiesOf(dtype)[family](n, random), row * n);
  const grouping = groupByAxes([rows, n], [1]);
  // The lower halves are of no account in units of 2^-24.
  const needed = (reference: Reference) => (dtype === "float64" ? reference : { ...reference, low: undefined });
  return {
    ...{ dtype, family, rows, n, eps },
    data: toData(dtype, x),
    centred: needed(referenceOf(x, grouping, eps, centredMoments)),
    aboutZero: needed(referenceOf(x, grouping, eps, momentsAboutZero)),
  };
}

function measure(data: Case): Measurement[] {
  return placements.flatMap((placement) => measurePlacement(data, placement));
}

function measurePlacement(given: Case, { name, isAboutZero, place }: Placement): Measurement[] {
  const { dtype, family, rows, n, eps, data } = given;
  const placed = place(rows, n);
  const reference = isAboutZero ? given.aboutZero : given.centred;
  const affine = makeAffine(dtype, n, placed, !isAboutZero);
  const affineReference = withParameters(reference, affine.parameters);
  const x: TensorInput = { data: intoPlace(data, placed), shape: placed.shape, dtype };
  return Object.entries(engines).flatMap(([backend, engine]) => {
    const { output, mean, rstd } = placed.plain(engine, x, eps);
    const errors = {
      plain: err(backInRows(output.data, placed), reference, dtype),
      affine: err(
        backInRows(placed.affine(engine, x, { ...affine.options, eps }).data, placed),
        affineReference,
        dtype,
      ),
      ...(mean && { mean: meanErr(mean.data, reference, dtype) }),
      ...(rstd && { rstd: rstdErr(rstd.data, reference, dtype) }),
    };
    return Object.entries(errors).map(([what, error]) => {
      return { label: `${backend} ${what}: ${name}`, family, n, eps, err: error };
    });
  });
}
