import { describe, expect, it } from "vitest";
import { TILE } from "../../src/engine/staging.js";
import { forEachBackend } from "./backends.js";
import { difference } from "./bits.js";
import { callsWithOut } from "./calls.js";
import { mixedRows } from "./data.js";
import { evaluate, evaluateInPlace, evaluateInto, host, resident } from "./placements.js";

describe("results have the same bits in x's place, in an out and in a new tensor", () => {
  forEachBackend((createEngine) => {
    const engine = createEngine();

    it.each([1, 15, 64, 127, 128, 129, 768, 4097, 8193, TILE + 1])("rows of %i", (n) => {
      const rows = n > 10_000 ? 4 : 23;
      for (const call of callsWithOut(mixedRows(rows, n), n))
        for (const place of [host, resident]) {
          const expected = evaluate(engine, call, place);
          expect(difference(evaluateInPlace(engine, call, place), expected), `${call.name} in place`).toBeUndefined();
          expect(difference(evaluateInto(engine, call, place), expected), `${call.name} into out`).toBeUndefined();
        }
    });
  });
});
