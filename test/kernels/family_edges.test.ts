// Edges of the contract wherever an operation has its groups: in rows, columns, strided runs and strided columns.

import { describe, expect, it } from "vitest";
import { createEngineSync } from "../../src/index.js";
import { bitsOf, difference, type Bits } from "../determinism/bits.js";
import { axesNorms, channelNorms, LAYOUTS, pNorms, rowNorms, type GroupedCall } from "../determinism/family.js";
import { evaluate, host, resident } from "../determinism/placements.js";
import { dtypes, fromData, toData, type Data, type DTypeName } from "../support/dtypes.js";
import { familiesOf } from "../support/family/of_dtype.js";
import { createRandom } from "../support/random.js";

const CHANNELS = [
  { batch: 2, channels: 6, groups: 3, span: 7 },
  { batch: 2, channels: 33, groups: 11, span: 70 },
  { batch: 3, channels: 4, groups: 4, span: 300 },
];

const AXES = [
  { shape: [3, 9, 4], axes: [1] },
  { shape: [1, 140, 37], axes: [1] },
  { shape: [5, 3, 130], axes: [0, 2] },
  { shape: [5, 3, 17, 11], axes: [0, 2] },
];

const LENGTHS = [2, 17, 128, 131, 1030];

const VALUES: Readonly<Record<DTypeName, readonly number[]>> = {
  float32: [0, 0.1, -1e18, 3.4028234663852886e38, 1e-39, 1.4e-45],
  float64: [0, 0.1, -1e170, Number.MAX_VALUE, 1e-310, 5e-324],
  float16: [0, 0.1, -1000, 65504, 1e-4, 6e-8],
  bfloat16: [0, 0.1, -1e18, 3.3895e38, 1e-39, 9.2e-41],
};

for (const backend of ["wasm", "js"] as const) {
  const engine = createEngineSync({ backend });

  describe.each(dtypes)(`groups of %s on ${backend}`, (dtype) => {
    it.each(VALUES[dtype])("of %d throughout give exactly bias", (value) => {
      for (const [index, call] of centredCalls(dtype).entries()) {
        const { bias, x } = call.inputs;
        if (!bias) continue;
        const data = toData(dtype, new Float64Array(x.data.length).fill(value));
        const { output } = evaluate(engine, withData(call, data), index % 2 ? host : resident);
        const biases = toData(dtype, fromData(bias.dtype!, bias.data));
        const expected = data.map((_, place) => biases[call.grouping.parameterOf(place)]) as Data;
        expectSame(call.name, { output }, { output: bitsOf({ data: expected, dtype }) });
      }
    });

    it.each([NaN, Infinity, -Infinity])("with %d among them become NaN, no other changes", (value) => {
      for (const call of centredCalls(dtype)) expectPoison(call, value, poisonAll);
    });

    it("with NaN among them become NaN without a mean, too", () => {
      for (const call of uncentredCalls(dtype)) expectPoison(call, NaN, poisonAll);
    });

    it.each([Infinity, -Infinity])("with %d among them become 0 without a mean, and NaN at that place", (value) => {
      for (const call of uncentredCalls(dtype)) expectPoison(call, value, poisonOne);
    });

    /** Checks that of all results only those of poisoned groups change, and how. */
    function expectPoison(call: GroupedCall, value: number, poison: Poison): void {
      const { groups, size, members } = call.grouping;
      const clean = ordinary(dtype, groups * size);
      const expected = evaluate(engine, withData(call, clean), resident);
      const [poisoned] = toData(dtype, [value]);
      for (const group of new Set([0, 1 % groups, groups - 1]))
        for (const at of new Set([0, size >> 1, size - 1])) {
          const places = Array.from(
            { length: size },
            (_, index) => members?.[group * size + index] ?? group * size + index,
          );
          const data = clean.slice();
          data[places[at]] = poisoned;
          const actual = evaluate(engine, withData(call, data), resident);
          const outcome = poison(dtype, expected, places, group, at);
          expectSame(`${call.name}, element ${at} of group ${group}`, withoutSigns(actual, dtype, places), outcome);
        }
    }
  });
}

function centredCalls(dtype: DTypeName): GroupedCall[] {
  const channels = LAYOUTS.flatMap((layout) => CHANNELS.flatMap((sizes) => channelNorms({ dtype }, sizes, layout)));
  const axes = AXES.flatMap((axes) => axesNorms({ dtype }, axes));
  const rows = LENGTHS.flatMap((n) => rowNorms({ dtype }, 5, n).filter(({ name }) => name.startsWith("layerNorm")));
  return [...channels, ...axes, ...rows];
}

function uncentredCalls(dtype: DTypeName): GroupedCall[] {
  const lines = [
    ...pNorms({ dtype }, [5, 131], 1),
    ...pNorms({ dtype }, [5, 1030], 1),
    ...pNorms({ dtype }, [2, 67, 5], 1),
    ...pNorms({ dtype }, [1, 9, 37], 1),
  ];
  return [...lines, ...LENGTHS.flatMap((n) => rowNorms({ dtype }, 5, n).filter(({ name }) => name.startsWith("rms")))];
}

type Poison = (dtype: DTypeName, clean: Bits, places: readonly number[], group: number, at: number) => Bits;

/** The group is NaN, and so are its statistics. */
const poisonAll: Poison = (dtype, clean, places, group) => {
  return replaced(dtype, clean, places, group, () => NaN, NaN);
};

/** The group is 0, but for the place that was infinite; so is its rstd. */
const poisonOne: Poison = (dtype, clean, places, group, at) => {
  return replaced(dtype, clean, places, group, (index) => (index === at ? NaN : 0), 0);
};

function replaced(
  dtype: DTypeName,
  clean: Bits,
  places: readonly number[],
  group: number,
  output: (index: number) => number,
  statistic: number,
): Bits {
  const results = Object.entries(clean).map(([name, words]) => {
    const copy = words.slice();
    const element = dtypeOfWords(dtype, name, copy);
    const set = (place: number, value: number) =>
      copy.set(bitsOf({ data: toData(element, [value]), dtype: element }), place);
    const perElement = element === "float64" ? 2 : 1;
    if (name === "output") places.forEach((place, index) => set(perElement * place, output(index)));
    else set(perElement * (group % (copy.length / perElement)), statistic);
    return [name, copy] as const;
  });
  return Object.fromEntries(results);
}

/** Moments are float64; statistics are in what is computed in, running means in x's dtype. */
function dtypeOfWords(dtype: DTypeName, name: string, words: Uint32Array | Uint16Array): DTypeName {
  if (name.startsWith("wide")) return "float64";
  return words instanceof Uint16Array || dtype === "float64" ? dtype : "float32";
}

/** With +0 for -0 at some places of the output. */
function withoutSigns(results: Bits, dtype: DTypeName, places: readonly number[]): Bits {
  const output = results.output?.slice();
  if (!output) return results;
  const [perElement, sign] = [dtype === "float64" ? 2 : 1, output instanceof Uint16Array ? 0x8000 : 0x8000_0000];
  for (const place of places) {
    const high = perElement * (place + 1) - 1;
    if (output[high] === sign && (perElement === 1 || output[high - 1] === 0)) output[high] = 0;
  }
  return { ...results, output };
}

function withData(call: GroupedCall, data: Data): GroupedCall {
  return { ...call, inputs: { ...call.inputs, x: { ...call.inputs.x, data } } };
}

function ordinary(dtype: DTypeName, count: number): Data {
  return toData(dtype, familiesOf(dtype)["N(0,1)"](count, createRandom(count)));
}

function expectSame(label: string, actual: Bits, expected: Bits): void {
  const found = difference(actual, expected);
  if (found) expect.fail(`${label}: ${found}`);
}
