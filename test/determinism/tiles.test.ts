import { describe, expect, it } from "vitest";
import { largestTileOf, TILE } from "../../src/engine/staging.js";
import { GuardedHeap } from "../kernels/guarded_heap.js";
import type { DTypeName } from "../support/dtypes.js";
import { forEachBackend } from "./backends.js";
import { difference, type Bits } from "./bits.js";
import { affineGlobal, affineVectorized, type Call } from "./calls.js";
import { mixedRows } from "./data.js";
import { axesNorms, channelMaps, channelNorms, LAYOUTS, localResponses, pNorms, rowNorms } from "./family.js";
import { evaluate, evaluateInPlace, host, placedByName, resident } from "./placements.js";

/**
 * Samples larger than a tile: in channels longer than one, in many of them, in more than a strip of columns has, and in
 * groups of columns wider than a strip. Samples that are a tile, and several of which fit one.
 */
const CHANNELS = [
  { batch: 2, channels: 2, groups: 1, span: 40_001 },
  { batch: 1, channels: 2, groups: 2, span: 2 * TILE + 1 },
  { batch: 1, channels: 40, groups: 5, span: 1700 },
  { batch: 1, channels: 700, groups: 350, span: 129 },
  { batch: 1, channels: 2600, groups: 650, span: 33 },
  { batch: 1, channels: 2700, groups: 1, span: 50 },
  { batch: 35, channels: 5, groups: 1, span: 400 },
  { batch: 1, channels: 40_000, groups: 4, span: 3 },
];

/** Groups beyond a tile and below it, in runs that fit one and that do not, in columns of one strip and of several. */
const AXES = [
  { shape: [2, 20_000, 3], axes: [1] },
  { shape: [1, 150, 700], axes: [1] },
  { shape: [2, 2, TILE / 2 + 9], axes: [0, 2] },
  { shape: [300, 2, 129], axes: [0, 2] },
  { shape: [40, 2, 60, 30], axes: [0, 2] },
  { shape: [10, 2, 20, 300], axes: [0, 2] },
  { shape: [2, 2, 150, 500], axes: [0, 2] },
];

const LINES = [
  { shape: [2, TILE + 3], dim: 1 },
  { shape: [300, 500], dim: 1 },
  { shape: [2, 20_000, 3], dim: 1 },
  { shape: [2, 130, 700], dim: 1 },
  { shape: [40, 2600], dim: 0 },
];

/** Around the tiles of float64 and of float32 numbers. */
const ROWS = [1000, TILE / 2, TILE / 2 + 1, TILE + 1];

/** The js backend has tiles for numbers of 16 bits alone, and both kinds of those go the same way. */
const DTYPES = { wasm: ["float32", "float64", "float16"], js: ["bfloat16"] } as const;

describe("tiles and strips change no bit", () => {
  forEachBackend((createEngine) => {
    const engine = createEngine();
    const heap = new GuardedHeap(2 ** 23);
    const foreign = heap.createEngine(engine.backend);

    describe.each(DTYPES[engine.backend])("%s", (dtype) => {
      it.each(CHANNELS)("$batch x $channels channels in $groups groups, of $span", (sizes) => {
        for (const layout of LAYOUTS) {
          for (const call of channelNorms({ dtype }, sizes, layout)) expectSameInTiles(call);
          for (const call of channelMaps({ dtype }, sizes, layout)) expectSameInTiles(call);
        }
      });

      it.each(CHANNELS.slice(0, 5))("neighbours among $batch x $channels channels of $span", (sizes) => {
        for (const layout of LAYOUTS)
          for (const call of localResponses({ dtype }, sizes, layout)) expectSameInTiles(call);
      });

      it.each(AXES)("$shape over $axes", (axes) => {
        for (const call of axesNorms({ dtype }, axes)) expectSameInTiles(call);
      });

      it.each(LINES)("$shape along $dim", ({ shape, dim }) => {
        for (const call of pNorms({ dtype }, shape, dim, [2, 1.5])) expectSameInTiles(call);
      });

      it.each(ROWS)("rows of %i", (n) => {
        for (const call of rowCalls(dtype, n)) expectSameInTiles(call);
      });

      // Spans short enough to be taken for columns, and periods that a tile holds, or not.
      it.each([1, 3, 16])("channels of %i, each with its pair", (span) => {
        for (const channels of [5, 17_000]) {
          const batch = Math.ceil(100_000 / (channels * span));
          const x = mixedRows(batch * channels, span, 0, dtype);
          const grouping = { batch, groups: channels, channels: 1, span };
          for (const perSample of [false, true]) expectSameInTiles(affineGlobal(x, grouping, perSample));
        }
      });
    });

    // A few calls only: blocks of columns are staged whole up to millions of bytes.
    it.each(engine.backend === "js" ? [] : (["float32", "float64"] as const))(
      "large blocks of columns in %s",
      (dtype) => {
        const room = largestTileOf(dtype);
        const stepsOf = (columns: number) => Math.ceil(room / columns) + 70;
        const narrow = { batch: 1, channels: 5, groups: 1, span: stepsOf(5) };
        const wide = { batch: 1, channels: 700, groups: 350, span: stepsOf(700) };
        const calls = [
          ...[narrow, wide].flatMap((sizes) => channelNorms({ dtype }, sizes, "channels-last").slice(0, 2)),
          ...axesNorms({ dtype }, { shape: [1, stepsOf(600), 600], axes: [1] }),
          ...axesNorms({ dtype }, { shape: [20, 2, Math.ceil(stepsOf(700) / 20), 700], axes: [0, 2] }),
          ...pNorms({ dtype }, [1, stepsOf(600), 600], 1, [2]),
        ];
        for (const call of calls) expectSameInTiles(call);
      },
    );

    it("linear memory stays small", () => {
      const small = createEngine();
      for (const [channels, groups] of [
        [1, 1],
        [5, 1],
        [512, 1],
        [512, 512],
      ]) {
        const shape = [1, 2_000_000 / channels, channels].map(Math.ceil);
        const data = new Float32Array(shape[1] * channels);
        small.groupNorm({ data, shape }, groups, { layout: "channels-last" });
        small.batchNorm({ data, shape }, { layout: "channels-last", training: true });
        small.standardize({ data, shape }, [1]);
      }
      // That of a tile of whole blocks, and some scratch.
      expect(small.memory.peakBytes).toBeLessThan(4 * largestTileOf("float32") + 200_000);
    });

    function expectSameInTiles(call: Call): void {
      const expected = evaluate(engine, call, resident);
      const expectSame = (where: string, actual: Bits) => {
        const found = difference(actual, expected);
        if (found) expect.fail(`${call.name}, ${where}: ${found}`);
      };
      expectSame("host", evaluate(engine, call, host));
      expectSame(
        "host in place, parameters resident",
        evaluateInPlace(engine, call, placedByName({ x: host }, resident)),
      );
      expectSame("foreign memory", evaluate(foreign, call, host));
      expect(heap.takeDamage(), call.name).toEqual([]);
    }
  });
});

function rowCalls(dtype: DTypeName, n: number): Call[] {
  const rows = Math.ceil(TILE / n) + 1;
  return [...rowNorms({ dtype }, rows, n), affineVectorized(mixedRows(rows, n, 0, dtype), n)];
}
