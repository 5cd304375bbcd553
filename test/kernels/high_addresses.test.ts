import { describe, expect, it } from "vitest";
import { createEngineSync, type Engine } from "../../src/index.js";
import { difference } from "../determinism/bits.js";
import { callsWithOut, rowwiseMoments } from "../determinism/calls.js";
import { mixedRows } from "../determinism/data.js";
import { evaluate, evaluateInto, placedByName, resident, type Placement } from "../determinism/placements.js";

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
          const across: Placement = (engine, operand) => {
            const half = 4 * Math.ceil(operand.data.length / 2);
            return viewWith(engine, 2 * GIB - half, operand);
          };
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
          const atTheEnd: Placement = (engine, operand) => viewWith(engine, 4 * GIB - operand.data.byteLength, operand);
          const place = placedByName({ [name]: atTheEnd }, upwardsFrom(2 * GIB));
          expect(
            difference(evaluateInto(engine, call, place), expected),
            `${call.name}, ${name} at the end`,
          ).toBeUndefined();
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

/** One operand after the other. */
function upwardsFrom(start: number): Placement {
  let next = start;
  return (engine, operand) => {
    const offset = next;
    next += operand.data.byteLength + 4;
    return viewWith(engine, offset, operand);
  };
}

function viewWith(engine: Engine, byteOffset: number, { data, shape }: Parameters<Placement>[1]) {
  const view = engine.view(byteOffset, shape);
  view.data.set(data);
  return view;
}
