import { afterAll, describe, it } from "vitest";
import { computingDtype, dtypes, fromData, toData, type DTypeName } from "../support/dtypes.js";
import { err, meanErr, varianceErr } from "../support/error.js";
import { familiesOf } from "../support/family/of_dtype.js";
import { createRandom } from "../support/random.js";
import { groupByAxes } from "../support/reference/grouping.js";
import { affineReference, affineVectorizedReference } from "../support/reference/maps.js";
import { referenceOf } from "../support/reference/normalize.js";
import { engines } from "./engines.js";
import { isLargest } from "./largest_families.js";
import { Measurements } from "./measurements.js";

// The two halves of a normalisation by themselves: the reduction and the maps.

const measurements = new Measurements();

for (const dtype of dtypes) {
  describe(`rowwiseMoments of ${dtype} errs by at most 8 u`, () => {
    for (const family of Object.keys(familiesOf(dtype)))
      it(family, () => [2, 3, 17, 64, 129, 768, 4097, 8193].forEach((n) => expectMoments(dtype, family, n)));
  });

  describe(`the maps of ${dtype} err by at most 8 u`, () => {
    for (const family of Object.keys(familiesOf(dtype)))
      it(family, () => [1, 3, 16, 67, 300].forEach((span) => expectMaps(dtype, family, span)));
  });
}

afterAll(() => measurements.report("Reduction and maps"));

function expectMoments(dtype: DTypeName, family: string, n: number): void {
  const rows = 3;
  const random = createRandom(n);
  const values = new Float64Array(rows * n);
  for (let row = 0; row < rows; row++) values.set(familiesOf(dtype)[family](n, random), row * n);
  const reference = referenceOf(values, groupByAxes([rows, n], [1]), 0);
  for (const [backend, engine] of Object.entries(engines)) {
    const { mean, variance } = engine.rowwiseMoments({ data: toData(dtype, values), shape: [rows, n], dtype }, n);
    const errors = {
      mean: meanErr(mean.data, reference, dtype),
      variance: varianceErr(variance.data, reference, dtype),
    };
    expectEach(backend, `${dtype}: rowwiseMoments`, family, n, errors);
  }
}

function expectMaps(dtype: DTypeName, family: string, span: number): void {
  const [batch, channels] = [2, 5];
  const count = batch * channels * span;
  const random = createRandom(count);
  const values = familiesOf(dtype)[family](count, random);
  const given = computingDtype(dtype);
  const make = (length: number, factor = 1) =>
    toData(
      given,
      Float64Array.from({ length }, () => factor * random.normal()),
    );
  // What is between the two steps of the vectorized map must not leave the range either.
  const scale = make(channels * batch, isLargest(family) ? 0.01 : 1);
  const [bias, gamma, beta] = [make(channels * batch), make(span), make(span)];
  const at = (data: ReturnType<typeof make>, place: (index: number) => number) => {
    const numbers = fromData(given, data);
    return (index: number) => numbers[place(index)];
  };
  const row = (index: number) => Math.floor(index / span);
  const element = (index: number) => index % span;
  const globally = affineReference(values, at(scale, row), at(bias, row));
  const vectorized = affineVectorizedReference(values, {
    scale: at(scale, row),
    bias: at(bias, row),
    gamma: at(gamma, element),
    beta: at(beta, element),
  });
  const tensor = (data: typeof scale, shape: readonly number[]) => ({ data, shape, dtype: given });
  const x = { data: toData(dtype, values), shape: [batch, channels, span], dtype };
  const perRow = [tensor(scale, [batch, channels]), tensor(bias, [batch, channels])] as const;
  for (const [backend, engine] of Object.entries(engines)) {
    const y = engine.affineGlobal(x, ...perRow);
    const z = engine.affineVectorized(x, ...perRow, tensor(gamma, [span]), tensor(beta, [span]));
    const errors = { global: err(y.data, globally, dtype), vectorized: err(z.data, vectorized, dtype) };
    expectEach(backend, `${dtype}: maps`, family, span, errors);
  }
}

function expectEach(
  backend: string,
  what: string,
  family: string,
  n: number,
  errors: Readonly<Record<string, number>>,
): void {
  measurements.expectAccurate(
    Object.entries(errors).map(([name, error]) => {
      return { label: `${backend} ${name} ${what}`, family, n, eps: 0, err: error };
    }),
  );
}
