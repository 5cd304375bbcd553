import { describe, expect, it } from "vitest";
import { forEachBackend } from "./backends.js";
import { difference } from "./bits.js";
import { callsWithOut } from "./calls.js";
import { mixedRows } from "./data.js";
import { evaluateInto, placedByName, resident, type Placement } from "./placements.js";

describe("an operand that ends where the memory ends", () => {
  forEachBackend((createEngine) => {
    const engine = createEngine();
    engine.empty([300_000]).dispose();

    it.each([1, 3, 15, 16, 17, 30, 127, 128, 129, 131, 513, 4097])("in rows of %i", (n) => {
      for (const call of callsWithOut(mixedRows(5, n), n)) {
        const expected = evaluateInto(engine, call, resident);
        for (const name of [...Object.keys(call.inputs), "out"]) {
          const actual = evaluateInto(engine, call, placedByName({ [name]: atTheEnd }, resident));
          expect(difference(actual, expected), `${call.name}, ${name} at the end`).toBeUndefined();
        }
      }
    });
  });
});

const atTheEnd: Placement = (engine, { data, shape }) => {
  const view = engine.view(engine.memory.capacityBytes - data.byteLength, shape);
  view.data.set(data);
  return view;
};
