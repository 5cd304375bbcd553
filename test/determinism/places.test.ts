import { describe, expect, it } from "vitest";
import type { Engine } from "../../src/index.js";
import { GuardedHeap } from "../kernels/guarded_heap.js";
import { dtypes, type DTypeName } from "../support/dtypes.js";
import { forEachBackend } from "./backends.js";
import { bitsOf, difference, type Bits } from "./bits.js";
import { everyCall, type Call } from "./calls.js";
import { mixedRows } from "./data.js";
import { axesNorms, channelMaps, channelNorms, LAYOUTS, localResponses, pNorms, rowNorms } from "./family.js";
import {
  evaluate,
  evaluateInPlace,
  evaluateInto,
  host,
  placedByName,
  resident,
  subarrayAt,
  viewAt,
  viewWith,
  type Placement,
} from "./placements.js";

/** Columns folded and not, and too few for a vector; steps around the samples, quads and blocks that sums take. */
const CHANNELS = [
  { batch: 1, channels: 1, groups: 1, span: 5 },
  { batch: 2, channels: 6, groups: 3, span: 7 },
  { batch: 3, channels: 12, groups: 2, span: 17 },
  { batch: 2, channels: 33, groups: 3, span: 67 },
  { batch: 4, channels: 5, groups: 5, span: 64 },
  { batch: 2, channels: 8, groups: 1, span: 300 },
  { batch: 2, channels: 24, groups: 24, span: 2 },
  { batch: 40, channels: 3, groups: 3, span: 3 },
];

/** Rows, columns, and groups that are strided in runs and in columns. */
const AXES = [
  { shape: [3, 9, 4], axes: [1] },
  { shape: [1, 129, 37], axes: [1] },
  { shape: [5, 3, 130], axes: [0, 2] },
  { shape: [2, 3, 4, 5, 6], axes: [1, 3] },
  { shape: [3, 2, 4, 3, 5], axes: [0, 2, 4] },
  { shape: [5, 3, 70, 11], axes: [0, 2] },
  { shape: [3, 4, 2, 2, 3, 40], axes: [0, 2, 4] },
  { shape: [4, 6, 1], axes: [] },
];

const LINES = [
  { shape: [4, 9], dim: 1 },
  { shape: [3, 257], dim: 1 },
  { shape: [2, 18, 5], dim: 1 },
  { shape: [67, 37], dim: 0 },
];

const ROWS = [1, 7, 16, 37, 128, 131, 1030];

describe("a result has the same bits wherever its operands and its scratch are", () => {
  forEachBackend((createEngine) => {
    const engine = createEngine();
    engine.empty([200_000]).dispose();
    const heap = new GuardedHeap(2 ** 21);
    const foreign = heap.createEngine(engine.backend);
    const { buffer } = engine.view(0, [1]).data;

    describe.each(dtypes)("%s", (dtype) => {
      it.each(CHANNELS)("$batch x $channels channels in $groups groups, of $span", (sizes) => {
        for (const layout of LAYOUTS) {
          for (const call of channelNorms({ dtype }, sizes, layout)) expectSameAnywhere(call);
          for (const call of channelMaps({ dtype }, sizes, layout)) expectSameAnywhere(call);
        }
      });

      it.each(CHANNELS)("neighbours among $batch x $channels channels of $span", (sizes) => {
        for (const layout of LAYOUTS)
          for (const call of localResponses({ dtype }, sizes, layout)) expectSameAnywhere(call);
      });

      it.each(AXES)("$shape over $axes", (axes) => {
        for (const call of axesNorms({ dtype }, axes)) expectSameAnywhere(call);
      });

      it.each(LINES)("$shape along $dim", ({ shape, dim }) => {
        for (const call of pNorms({ dtype }, shape, dim)) expectSameAnywhere(call);
      });

      it.each(ROWS)("rows of %i", (n) => {
        for (const call of rowCalls(dtype, n)) expectSameAnywhere(call);
      });
    });

    function expectSameAnywhere(call: Call): void {
      const expected = evaluate(engine, call, resident);
      const expectSame = (where: string, actual: Bits) => {
        const found = difference(actual, expected);
        if (found) expect.fail(`${call.name}, ${where}: ${found}`);
      };
      expectSame("host", evaluate(engine, call, host));
      for (const [home, place] of Object.entries({ host, resident })) {
        expectSame(`${home}, in place`, evaluateInPlace(engine, call, place));
        expectSame(`${home}, into out`, evaluateInto(engine, call, place));
        expectSame(`${home}, x elsewhere`, evaluate(engine, call, placedByName({ x: place }, otherThan(place))));
        expectSame(`${home}, foreign memory`, evaluateInto(foreign, call, place));
        fillWithNaN(buffer);
        expectSame(`${home}, in memory full of NaN`, evaluate(engine, call, place));
      }
      expectSame("host, within larger arrays", evaluateInto(engine, call, scattered(subarrayAt)));
      expectSame("resident, unaligned", evaluateInto(engine, call, scattered(viewAt)));
      for (const name of [...Object.keys(call.inputs), "out"])
        expectSame(`${name} at the end`, evaluateInto(engine, call, placedByName({ [name]: atTheEnd }, resident)));
      expect(heap.takeDamage(), call.name).toEqual([]);
      for (const place of [host, resident]) expectInputsUnchanged(call, place);
    }

    function expectInputsUnchanged({ name, inputs, run }: Call, place: Placement): void {
      engine.scope(() => {
        const placed = Object.entries(inputs).map(([name, operand]) => [name, place(engine, operand, name)] as const);
        run(engine, Object.fromEntries(placed));
        for (const [input, operand] of placed) {
          if (input.startsWith("running") && name.includes("training")) continue;
          const found = difference({ [input]: bitsOf(operand) }, { [input]: bitsOf(inputs[input]) });
          if (found) expect.fail(`${name} has changed ${found}`);
        }
      });
    }
  });
});

function rowCalls(dtype: DTypeName, n: number): Call[] {
  const maps = dtype === "float32" ? [] : everyCall(mixedRows(13, n, 0, dtype), n);
  return [...rowNorms({ dtype }, 13, n), ...maps];
}

function otherThan(place: Placement): Placement {
  return place === host ? resident : host;
}

/** Each operand another odd number of elements from where it would be aligned. */
function scattered(place: (elements: number) => Placement): Placement {
  let next = 1;
  return (engine, operand, name) => {
    next = (next + 2) % 16;
    return place(next)(engine, operand, name);
  };
}

const atTheEnd: Placement = (engine: Engine, operand) => {
  return viewWith(engine, engine.memory.capacityBytes - operand.data.byteLength, operand);
};

function fillWithNaN(buffer: ArrayBufferLike): void {
  // NaN in every format.
  new Uint16Array(buffer).fill(0x7ff5);
}
