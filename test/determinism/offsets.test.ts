import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { forEachBackend } from "./backends.js";
import { difference } from "./bits.js";
import { callsWithOut, everyCall } from "./calls.js";
import { KINDS, mixedRows } from "./data.js";
import { evaluate, evaluateInto, host, placedByName, resident, subarrayAt, viewAt } from "./placements.js";

/** Every place of a float32 on a cache line, counted in them. */
const OFFSETS = Array.from({ length: 16 }, (_, index) => index);

const SIZES = [1, 7, 16, 37, 128, 129, 1000];

describe("alignment changes no bit", () => {
  forEachBackend((createEngine) => {
    const engine = createEngine();

    it.each(SIZES)("of one operand in linear memory, in rows of %i", (n) => {
      for (const call of callsWithOut(mixedRows(5, n), n)) {
        const expected = evaluateInto(engine, call, resident);
        for (const name of [...Object.keys(call.inputs), "out"])
          for (const offset of OFFSETS) {
            const place = placedByName({ [name]: viewAt(offset) }, resident);
            const label = `${call.name}, ${name} at ${offset}`;
            expect(difference(evaluateInto(engine, call, place), expected), label).toBeUndefined();
          }
      }
    });

    it.each(SIZES)("of host arrays within larger ones, in rows of %i", (n) => {
      for (const call of callsWithOut(mixedRows(5, n), n)) {
        const expected = evaluateInto(engine, call, host);
        for (const offset of [1, 2, 3, 5, 15]) {
          const actual = evaluateInto(engine, call, subarrayAt(offset));
          expect(difference(actual, expected), `${call.name} at ${offset}`).toBeUndefined();
        }
      }
    });

    it("of all operands at once", () => {
      const offset = fc.constantFrom(...OFFSETS);
      const offsets = fc.record({
        x: offset,
        weight: offset,
        bias: offset,
        scale: offset,
        gamma: offset,
        beta: offset,
      });
      const property = fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.nat(KINDS - 1),
        offsets,
        (n, first, offsets) => {
          const places = Object.fromEntries(Object.entries(offsets).map(([name, at]) => [name, viewAt(at)]));
          for (const call of everyCall(mixedRows(3, n, first), n)) {
            const actual = evaluate(engine, call, placedByName(places, resident));
            expect(difference(actual, evaluate(engine, call, resident)), call.name).toBeUndefined();
          }
        },
      );
      fc.assert(property, { numRuns: 60 });
    });
  });
});
