import { describe, expect, it } from "vitest";
import { createEngineSync, type Engine } from "../../src/index.js";
import { difference } from "../determinism/bits.js";
import { affineGlobal, callsWithOut, rowwiseMoments, type Call } from "../determinism/calls.js";
import { mixedRows } from "../determinism/data.js";
import {
  axesNorms,
  channelMaps,
  channelNorms,
  LAYOUTS,
  localResponses,
  pNorms,
  rowNorms,
} from "../determinism/family.js";
import { channelGradients, lineGradients, responseGradients, rowGradients } from "../determinism/family_backward.js";
import { evaluate, evaluateInto, placedByName, resident, viewWith, type Placement } from "../determinism/placements.js";
import { dtypes, type DTypeName } from "../support/dtypes.js";

const GIB = 2 ** 30;
const PAGE_BYTES = 65_536;

/** Memory is only reserved until it is written, so a large one costs as little as the rows that go into it. */
const LENGTHS = [5, 16, 100, 128, 129, 144, 1000, 4096, 4097, 8192, 8200];

for (const backend of ["wasm", "js"] as const) {
  describe(`addresses of 2^31 and above on ${backend}`, () => {
    const low = createEngineSync({ backend });

    it.each(LENGTHS)("rows of %i behind 2^31", (n) => {
      const engine = engineOn(2 * GIB + 2 ** 26, 2 * GIB + 2 ** 25);
      for (const call of callsWithOut(mixedRows(5, n), n)) {
        const actual = evaluateInto(engine, call, upwardsFrom(2 * GIB + 2 ** 20));
        expect(difference(actual, evaluateInto(low, call, resident)), call.name).toBeUndefined();
      }
      const moments = rowwiseMoments(mixedRows(5, n), n);
      const actual = evaluate(engine, moments, upwardsFrom(2 * GIB));
      expect(difference(actual, evaluate(low, moments, resident))).toBeUndefined();
    });

    it.each(LENGTHS)("rows of %i across 2^31", (n) => {
      const engine = engineOn(2 * GIB + 2 ** 26, 2 * GIB + 2 ** 25);
      for (const call of callsWithOut(mixedRows(5, n), n)) {
        const expected = evaluateInto(low, call, resident);
        for (const name of [...Object.keys(call.inputs), "out"]) {
          const place = placedByName({ [name]: across }, upwardsFrom(2 * GIB + 2 ** 20));
          expect(
            difference(evaluateInto(engine, call, place), expected),
            `${call.name}, ${name} across`,
          ).toBeUndefined();
        }
      }
    });

    it.each(LENGTHS)("rows of %i that end at 2^32, the end of all addresses", (n) => {
      const engine = engineOn(4 * GIB, 3 * GIB);
      for (const call of callsWithOut(mixedRows(5, n), n)) {
        const expected = evaluateInto(low, call, resident);
        for (const name of [...Object.keys(call.inputs), "out"]) {
          const place = placedByName({ [name]: atTheEnd }, upwardsFrom(2 * GIB));
          expect(
            difference(evaluateInto(engine, call, place), expected),
            `${call.name}, ${name} at the end`,
          ).toBeUndefined();
        }
      }
    });

    it.each(dtypes)("the family in %s, behind 2^31, across it, and up to 2^32", (dtype) => {
      const engine = engineOn(4 * GIB, 3 * GIB);
      for (const call of familyCalls(dtype)) {
        const expected = evaluate(low, call, resident);
        const expectSame = (where: string, place: Placement) => {
          const found = difference(evaluateInto(engine, call, place), expected);
          if (found) expect.fail(`${call.name}, ${where}: ${found}`);
        };
        expectSame("behind", upwardsFrom(2 * GIB + 2 ** 20));
        for (const name of [...Object.keys(call.inputs), "out"]) {
          expectSame(`${name} across`, placedByName({ [name]: across }, upwardsFrom(2 * GIB + 2 ** 20)));
          expectSame(`${name} at the end`, placedByName({ [name]: atTheEnd }, upwardsFrom(2 * GIB)));
        }
      }
    });

    function engineOn(bytes: number, scratch: number): Engine {
      const memory = new WebAssembly.Memory({ initial: bytes / PAGE_BYTES });
      let next = scratch;
      const allocate = (bytes: number) => {
        const offset = next;
        next += 64 * Math.ceil(bytes / 64);
        // As a foreign malloc would say it: offsets are signed 32-bit integers there.
        return offset | 0;
      };
      const free = (offset: number) => {
        next = Math.min(next, offset);
      };
      return createEngineSync({ backend, memory, allocate, free });
    }
  });
}

function familyCalls(dtype: DTypeName): Call[] {
  const channels = [
    { batch: 2, channels: 5, groups: 1, span: 9 },
    { batch: 2, channels: 37, groups: 37, span: 67 },
  ];
  const x = mixedRows(10, 7, 0, dtype);
  return [
    ...channels.flatMap((sizes) =>
      LAYOUTS.flatMap((layout) => [
        ...channelNorms({ dtype }, sizes, layout),
        ...channelMaps({ dtype }, sizes, layout),
        ...localResponses({ dtype }, sizes, layout),
        ...channelGradients({ dtype }, sizes, layout),
        ...responseGradients({ dtype }, sizes, layout),
      ]),
    ),
    ...axesNorms({ dtype }, { shape: [2, 67, 37], axes: [1] }),
    ...axesNorms({ dtype }, { shape: [5, 3, 130], axes: [0, 2] }),
    ...axesNorms({ dtype }, { shape: [5, 3, 7, 11], axes: [0, 2] }),
    ...pNorms({ dtype }, [5, 131], 1),
    ...pNorms({ dtype }, [2, 9, 37], 1),
    ...lineGradients({ dtype }, [2, 9, 37], 1),
    ...[7, 128, 1030].flatMap((n) => [...rowNorms({ dtype }, 5, n), ...rowGradients({ dtype }, 5, n)]),
    ...rowGradients({ dtype }, 2, 16_400),
    affineGlobal(x, { batch: 5, groups: 2, channels: 1, span: 7 }, false),
  ];
}

/** One operand after the other, each one element after a multiple of eight bytes. */
function upwardsFrom(start: number): Placement {
  let next = start;
  return (engine, operand) => {
    const offset = 8 * Math.ceil(next / 8) + operand.data.BYTES_PER_ELEMENT;
    next = offset + operand.data.byteLength;
    return viewWith(engine, offset, operand);
  };
}

const across: Placement = (engine, operand) => {
  const half = operand.data.BYTES_PER_ELEMENT * Math.ceil(operand.data.length / 2);
  return viewWith(engine, 2 * GIB - half, operand);
};

const atTheEnd: Placement = (engine, operand) => viewWith(engine, 4 * GIB - operand.data.byteLength, operand);
