// Every number of columns around vectors, folds and pairs, with steps around the samples, quads and blocks of sums:
// accurate, within its bounds, wherever a foreign allocator puts it, inputs unchanged.

import { describe, expect, it } from "vitest";
import { parameters } from "../determinism/data.js";
import { computingDtype, fromData, toData, type DTypeName } from "../support/dtypes.js";
import { err } from "../support/error.js";
import { familiesOf } from "../support/family/of_dtype.js";
import { createRandom } from "../support/random.js";
import { groupBatch, groupByAxes, groupChannels, type Grouping } from "../support/reference/grouping.js";
import { referenceOf, withAffine } from "../support/reference/normalize.js";
import { GuardedHeap } from "./guarded_heap.js";

const BOUND = 8;
const EPS = 1e-5;
const LAYOUT = "channels-last";
const COLUMNS = [...Array.from({ length: 20 }, (_, index) => index + 1), 31, 32, 33, 36, 47, 64, 65];
const STEPS = [2, 3, 5, 16, 63, 65, 131];

for (const backend of ["wasm", "js"] as const) {
  const heap = new GuardedHeap(2 ** 20);
  const engine = heap.createEngine(backend);

  describe.each(["float32", "float64", "bfloat16"] as const)(`columns of %s on ${backend}`, (dtype) => {
    it.each(STEPS)("%i steps of 1 to 65 columns", (steps) => {
      for (const columns of COLUMNS) {
        const tensor = { batch: 1, channels: columns, spatial: steps, layout: LAYOUT } as const;
        const shape = [1, steps, columns];
        const groups = columns % 3 === 0 ? columns / 3 : 1;
        const options = { ...affineOf(dtype, columns), eps: EPS };
        check(dtype, shape, groupChannels(tensor, groups), options, (x, given) => {
          return engine.groupNorm(x, groups, { ...given, layout: LAYOUT });
        });
        check(dtype, shape, groupBatch(tensor), options, (x, given) => {
          return engine.batchNorm(x, { ...given, training: true, layout: LAYOUT });
        });
        const perStep = { ...affineOf(dtype, steps), eps: EPS };
        check(dtype, shape, groupByAxes(shape, [1]), perStep, (x, given) => engine.standardize(x, [1], given));
      }
    });
  });

  interface Options {
    readonly weight: Float32Array | Float64Array;
    readonly bias: Float32Array | Float64Array;
    readonly eps: number;
  }

  function affineOf(dtype: DTypeName, count: number): Omit<Options, "eps"> {
    const [weight, bias] = [1, 2].map((seed) => toData(computingDtype(dtype), parameters(count, seed)));
    return { weight: weight as Float32Array, bias: bias as Float32Array };
  }

  type Tensor = ReturnType<typeof engine.empty<DTypeName>>;

  function check(
    dtype: DTypeName,
    shape: number[],
    grouping: Grouping,
    options: Options,
    run: (x: Tensor, options: Options) => Tensor,
  ): void {
    const data = dataOf(dtype, grouping);
    const reference = withAffine(referenceOf(fromData(dtype, data), grouping, EPS), grouping, options);
    const label = `[${shape}] in groups of ${grouping.size}`;
    engine.scope(() => {
      const x = engine.tensor(data, shape, dtype) as Tensor;
      const error = err(run(x, options).data, reference, dtype);
      if (!(error <= BOUND)) expect.fail(`err ${error} in ${label}`);
      if (Buffer.compare(bytesOf(x.data), bytesOf(data)) !== 0) expect.fail(`x has changed in ${label}`);
    });
    const damage = heap.takeDamage();
    if (damage.length > 0) expect.fail(`${label}: ${damage.join("\n")}`);
  }
}

/** Groups far from 0 next to ordinary ones. */
function dataOf(dtype: DTypeName, { groups, size, members }: Grouping) {
  const random = createRandom(groups + size);
  const far = dtype === "bfloat16" ? "N(0,1) + 30" : "N(0,1) + 1e3";
  const values = new Float64Array(groups * size);
  for (let group = 0; group < groups; group++) {
    const row = familiesOf(dtype)[group % 2 ? far : "N(0,1)"](size, random);
    row.forEach((value, index) => {
      values[members?.[group * size + index] ?? group * size + index] = value;
    });
  }
  return toData(dtype, values);
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
