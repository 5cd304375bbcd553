import { afterAll, describe, it } from "vitest";
import type { GradientInput, Gradients, TensorInput } from "../support/api.js";
import { computingDtype, fromData, toData, type Data, type DTypeName } from "../support/dtypes.js";
import { worstScaledError } from "../support/error.js";
import { familiesOf } from "../support/family/of_dtype.js";
import type { Measurement } from "../support/measure.js";
import { createRandom } from "../support/random.js";
import { gradientReferences, type GradientReferences } from "../support/reference/backward.js";
import { groupByAxes, product } from "../support/reference/grouping.js";
import { centredMoments, momentsAboutZero } from "../support/reference/moments.js";
import { referenceOf } from "../support/reference/normalize.js";
import type { Reference } from "../support/reference/reference.js";
import { backwardBound, engines } from "./engines.js";
import { Measurements } from "./measurements.js";
import { intoPlace } from "./layout.js";
import { placements, type Placed, type Placement } from "./placements.js";

/** Vector and block edges, and their neighbours. */
const sizes = [2, 3, 4, 5, 8, 15, 16, 17, 31, 33, 64, 65, 127, 129, 257, 513, 768, 1025, 4097, 8193];
const eps = 1e-5;

/** Rows of data, and what becomes of them forward. */
interface Case {
  readonly dtype: DTypeName;
  readonly family: string;
  readonly rows: number;
  readonly n: number;
  readonly data: Data;
  readonly centred: Reference;
  readonly aboutZero: Reference;
  /** gradOutput, if it is one number, as that of a sum is: all roundings of a long sum go one way. */
  readonly slope?: number;
}

/** Gradients of every layer with statistics on every family of a dtype, in every layout, on both backends. */
export function suiteOfGradients(dtype: DTypeName): void {
  const measurements = new Measurements(backwardBound);
  describe(`gradients of ${dtype} err by at most ${backwardBound} u`, () => {
    for (const family of Object.keys(familiesOf(dtype))) {
      it(family, () => {
        for (const n of sizes) measurements.expectAccurate(measure(makeCase(dtype, family, n)));
      });
    }

    it("groups of 2^16 + 1, whose mean is far from 0", { timeout: 60_000 }, () => {
      const family = Object.keys(familiesOf(dtype)).find((name) => /^N\(0,1\) \+ (1e3|30)/.test(name))!;
      measurements.expectAccurate(measure(makeCase(dtype, family, 2 ** 16 + 1)));
    });

    it("parameters over 2^15 groups", { timeout: 60_000 }, () => {
      for (const family of ["N(0,1)", "0/1 mask"])
        // A sum of 64 times the last one in float32 would err by 16.5 u.
        for (const slope of [undefined, 0.7, 1.9394034]) {
          measurements.expectAccurate(measure({ ...makeCase(dtype, family, 3, 2 ** 15 + 2), slope }));
        }
    });

    afterAll(() => measurements.report(`Gradients of ${dtype}`));
  });
}

/** An even number of rows, which two samples share. */
function makeCase(dtype: DTypeName, family: string, n: number, rows = n <= 257 ? 6 : 2): Case {
  const random = createRandom(n);
  const x = dtype === "float32" ? new Float32Array(rows * n) : new Float64Array(rows * n);
  for (let row = 0; row < rows; row++) x.set(familiesOf(dtype)[family](n, random), row * n);
  const grouping = groupByAxes([rows, n], [1]);
  return {
    ...{ dtype, family, rows, n },
    data: toData(dtype, x),
    centred: referenceOf(x, grouping, eps, centredMoments),
    aboutZero: referenceOf(x, grouping, eps, momentsAboutZero),
  };
}

function measure(data: Case): Measurement[] {
  return placements.flatMap((placement) => {
    const placed = placement.place(data.rows, data.n);
    return placed.backward ? measurePlacement(data, placement, placed) : [];
  });
}

function measurePlacement(given: Case, { name, isAboutZero }: Placement, placed: Placed): Measurement[] {
  const { dtype, family, n, data, slope } = given;
  const random = createRandom(n + 1);
  const dy = tensor(dtype, placed.shape, slope === undefined ? random.normal : () => slope);
  const weight = tensor(n & 1 ? dtype : computingDtype(dtype), placed.parameterShape, random.normal);
  const x = { data: intoPlace(data, placed), shape: placed.shape, dtype };
  const [forward, kind] = isAboutZero ? [given.aboutZero, "about zero" as const] : [given.centred, "centred" as const];
  const references = gradientReferences(inPlace(forward, placed), placed.grouping, numbers(dy), numbers(weight), kind);
  return Object.entries(engines).flatMap(([backend, engine]) => {
    const { mean, rstd } = placed.plain(engine, x, eps);
    const statistics = { ...(mean && { mean }), rstd } as GradientInput;
    const gradients = placed.backward!(engine, dy, x, { ...statistics, weight });
    return errorsOf(gradients, references, dtype).map(([what, err]) => {
      return { label: `${backend} ${what}: ${name}`, family, n, eps, err };
    });
  });
}

function errorsOf(gradients: Gradients, references: GradientReferences, dtype: DTypeName): [string, number][] {
  return (["gradInput", "gradWeight", "gradBias"] as const).flatMap((name): [string, number][] => {
    const gradient = gradients[name];
    return gradient ? [[name, worstScaledError(gradient.data, references[name], gradient.dtype, dtype)]] : [];
  });
}

function tensor(dtype: DTypeName, shape: readonly number[], value: () => number): Required<TensorInput> {
  return { data: toData(dtype, Float64Array.from({ length: product(shape) }, value)), shape, dtype };
}

function numbers({ data, dtype }: Required<TensorInput>): Float64Array {
  return fromData(dtype, data);
}

/** The reference of rows, where the placement has them. */
function inPlace(reference: Reference, placed: Placed): Reference {
  const place = (rows: Float64Array) => intoPlace(rows, placed) as Float64Array;
  const normalized = place(reference.normalized);
  return { ...reference, normalized, low: { ...reference.low, normalized: place(reference.low!.normalized!) } };
}
