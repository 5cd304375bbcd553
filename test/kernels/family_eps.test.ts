import { describe, expect, it } from "vitest";
import { createEngineSync, type Engine, type TensorLike } from "../../src/index.js";
import { dtypes, fromData, toData, type DTypeName } from "../support/dtypes.js";
import { err } from "../support/error.js";
import {
  groupBatch,
  groupByAxes,
  groupChannels,
  product,
  type Grouping,
  type Layout,
} from "../support/reference/grouping.js";
import { momentsAboutZero, centredMoments } from "../support/reference/moments.js";
import { referenceOf } from "../support/reference/normalize.js";
import { familiesOf } from "../support/family/of_dtype.js";
import { createRandom } from "../support/random.js";

interface Norm {
  readonly name: string;
  readonly shape: readonly number[];
  readonly grouping: Grouping;
  readonly isAboutZero?: boolean;
  run(engine: Engine, x: TensorLike, eps: number): TensorLike;
}

const BOUND = 8;
const SIZES = { batch: 2, channels: 6, spatial: 45 };

/** One of each plan. */
const norms: readonly Norm[] = [
  { name: "rmsNorm", ...rows(5, 200), isAboutZero: true, run: (engine, x, eps) => engine.rmsNorm(x, 200, { eps }) },
  ...(["channels-first", "channels-last"] as const).flatMap((layout) => {
    const shape = shapeIn(layout);
    const tensor = { ...SIZES, layout };
    return [
      {
        name: `groupNorm, ${layout}`,
        shape,
        grouping: groupChannels(tensor, 3),
        run: (engine, x, eps) => engine.groupNorm(x, 3, { layout, eps }),
      },
      {
        name: `batchNorm, ${layout}`,
        shape,
        grouping: groupBatch(tensor),
        run: (engine, x, eps) => engine.batchNorm(x, { training: true, layout, eps }),
      },
    ] satisfies Norm[];
  }),
  ...[
    { shape: [4, 80, 9], axes: [1] },
    { shape: [4, 5, 90], axes: [0, 2] },
    { shape: [4, 5, 30, 11], axes: [0, 2] },
  ].map(({ shape, axes }): Norm => {
    return {
      name: `standardize of [${shape}] over [${axes}]`,
      shape,
      grouping: groupByAxes(shape, axes),
      run: (engine, x, eps) => engine.standardize(x, axes, { eps }),
    };
  }),
];

for (const backend of ["wasm", "js"] as const) {
  const engine = createEngineSync({ backend });

  describe.each(dtypes)(`eps of %s on ${backend}`, (dtype) => {
    it.each([0, 1e-30, 1, 1e10, 1e38, 1e300, Infinity, -0.25])("%d", (eps) => {
      for (const norm of norms) {
        const data = toData(dtype, familiesOf(dtype)["N(0,1)"](product(norm.shape), createRandom(1)));
        const reduction = norm.isAboutZero ? momentsAboutZero : centredMoments;
        const reference = referenceOf(fromData(dtype, data), norm.grouping, eps, reduction);
        const y = norm.run(engine, { data, shape: norm.shape, dtype }, eps);
        const error = err(y.data as Float32Array, reference, dtype);
        if (!(error <= BOUND)) expect.fail(`err ${error} in ${norm.name}`);
      }
    });

    it.each([-2, -1e30, -Infinity])("%d, below minus the variance, gives NaN", (eps) => {
      for (const norm of norms) {
        const values = Float64Array.from({ length: product(norm.shape) }, (_, index) => (index % 3) - 1);
        expectAllNaN(norm, values, eps);
      }
    });

    it("0 without any deviation gives NaN", () => {
      for (const norm of norms)
        for (const value of norm.isAboutZero ? [0] : [0, 1, 0.1])
          expectAllNaN(norm, new Float64Array(product(norm.shape)).fill(value), 0);
    });

    it.each([1e-5, 1e-100, 1e-300, Number.MIN_VALUE])("%d of constant groups, of any magnitude, gives zeros", (eps) => {
      for (const { name, shape, isAboutZero, run } of norms)
        for (const value of isAboutZero ? [0] : [0, 3, 6e4, ...(dtype === "float16" ? [] : [1e-20, 1e30])]) {
          const data = toData(dtype, new Float64Array(product(shape)).fill(value));
          const y = numbersOf(dtype, run(engine, { data, shape, dtype }, eps));
          expect(
            y.every((element) => element === 0),
            `${name} of ${value}`,
          ).toBe(true);
        }
    });

    function expectAllNaN({ name, shape, run }: Norm, values: Float64Array, eps: number): void {
      const y = run(engine, { data: toData(dtype, values), shape, dtype }, eps);
      expect(numbersOf(dtype, y).every(Number.isNaN), name).toBe(true);
    }
  });
}

function rows(count: number, n: number): Pick<Norm, "shape" | "grouping"> {
  const shape = [count, n];
  return { shape, grouping: groupByAxes(shape, [1]) };
}

function shapeIn(layout: Layout): number[] {
  const { batch, channels, spatial } = SIZES;
  return layout === "channels-last" ? [batch, spatial, channels] : [batch, channels, spatial];
}

function numbersOf(dtype: DTypeName, { data }: TensorLike): Float64Array {
  return fromData(dtype, data as Float32Array);
}
