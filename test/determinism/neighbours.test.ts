import { describe, expect, it } from "vitest";
import type { Engine } from "../../src/index.js";
import { dtypes } from "../support/dtypes.js";
import { forEachBackend } from "./backends.js";
import type { Bits, Words } from "./bits.js";
import {
  axesNorms,
  channelMaps,
  channelNorms,
  LAYOUTS,
  localResponses,
  pNorms,
  rowNorms,
  type GroupedCall,
} from "./family.js";
import { evaluate, resident } from "./placements.js";

/** Folded columns and plain ones, ragged and not; strips; runs in channels-first. */
const CHANNELS = [
  { batch: 3, channels: 6, groups: 3, span: 37 },
  { batch: 2, channels: 40, groups: 10, span: 70 },
  { batch: 2, channels: 33, groups: 11, span: 9 },
  { batch: 2, channels: 2100, groups: 700, span: 5 },
];

const AXES = [
  { shape: [3, 9, 4], axes: [1] },
  { shape: [2, 140, 37], axes: [1] },
  { shape: [5, 13, 130], axes: [0, 2] },
  { shape: [2, 3, 4, 5, 6], axes: [1, 3] },
  { shape: [5, 3, 70, 11], axes: [0, 2] },
];

const LINES = [
  { shape: [12, 37], dim: 1 },
  { shape: [2, 18, 5], dim: 1 },
  { shape: [2, 67, 37], dim: 1 },
];

describe("a group's bits do not depend on its neighbours", () => {
  forEachBackend((createEngine) => {
    const engine = createEngine();

    describe.each(dtypes)("%s", (dtype) => {
      it("whatever the other groups hold", () => {
        const others = everyCall({ dtype, first: 5 });
        for (const [index, call] of everyCall({ dtype }).entries()) expectSameGroups(engine, call, others[index]);
      });

      it("however many samples there are", () => {
        for (const sizes of CHANNELS)
          for (const layout of LAYOUTS) {
            const alone = { ...sizes, batch: 1 };
            for (const make of [channelNorms, channelMaps, localResponses])
              expectSamplesAlone(engine, make({ dtype }, sizes, layout), make({ dtype }, alone, layout));
          }
        for (const { shape, axes } of AXES.filter(({ axes }) => !axes.includes(0)))
          expectSamplesAlone(
            engine,
            axesNorms({ dtype }, { shape, axes }),
            axesNorms({ dtype }, { shape: [1, ...shape.slice(1)], axes }),
          );
        for (const { shape, dim } of LINES)
          expectSamplesAlone(engine, pNorms({ dtype }, shape, dim), pNorms({ dtype }, [1, ...shape.slice(1)], dim));
      });
    });
  });
});

function everyCall(source: Parameters<typeof channelNorms>[0]): GroupedCall[] {
  return [
    ...CHANNELS.flatMap((sizes) => LAYOUTS.flatMap((layout) => channelNorms(source, sizes, layout))),
    ...AXES.flatMap((axes) => axesNorms(source, axes)),
    ...LINES.flatMap(({ shape, dim }) => pNorms(source, shape, dim)),
    ...[1, 64, 128, 400].flatMap((n) => rowNorms(source, 13, n)),
  ];
}

/** Every kind of group, alone among groups of the other call. */
function expectSameGroups(engine: Engine, call: GroupedCall, other: GroupedCall): void {
  const { x } = call.inputs;
  const { groups, size, members } = call.grouping;
  const expected = evaluate(engine, call, resident);
  for (let group = 0; group < Math.min(groups, 13); group++) {
    const data = other.inputs.x.data.slice();
    const places = Array.from({ length: size }, (_, index) => members?.[group * size + index] ?? group * size + index);
    for (const place of places) data[place] = x.data[place];
    const actual = evaluate(engine, { ...call, inputs: { ...call.inputs, x: { ...x, data } } }, resident);
    for (const [name, words] of Object.entries(actual)) {
      if (name.startsWith("running")) continue;
      const own = name === "output" ? places : [group];
      const elements = name === "output" ? groups * size : groups;
      const found = own.find((place) => !sameElement(words, expected[name], place, words.length / elements));
      if (found !== undefined) expect.fail(`${call.name}: ${name}[${found}] of group ${group}`);
    }
  }
}

function sameElement(a: Words, b: Words, place: number, wordsPerElement: number): boolean {
  for (let word = place * wordsPerElement; word < (place + 1) * wordsPerElement; word++)
    if (a[word] !== b[word]) return false;
  return true;
}

/** The first sample by itself gives what it gives among others. */
function expectSamplesAlone(engine: Engine, calls: readonly GroupedCall[], alone: readonly GroupedCall[]): void {
  for (const [index, call] of calls.entries()) {
    if (call.name.startsWith("batchNorm, training")) continue;
    const { data } = call.inputs.x;
    const { inputs, run, name } = alone[index];
    const x = { ...inputs.x, data: data.subarray(0, inputs.x.data.length) };
    const expected = evaluate(engine, call, resident);
    const actual = evaluate(engine, { name, run, inputs: { ...inputs, x } }, resident);
    expectPrefix(actual, expected, name);
  }
}

function expectPrefix(actual: Bits, expected: Bits, label: string): void {
  for (const [name, words] of Object.entries(actual)) {
    if (name.startsWith("running")) continue;
    const found = words.findIndex((word, index) => word !== expected[name][index]);
    if (found >= 0) expect.fail(`${label}: word ${found} of ${name}`);
  }
}
