import { describe, expect, it } from "vitest";
import type { Engine } from "../../src/index.js";
import { TILE } from "../../src/engine/staging.js";
import { forEachBackend } from "./backends.js";
import { difference } from "./bits.js";
import { affineGlobal, everyCall, groupNorm, layerNorm, PARAMETERS, rowwiseMoments, type Call } from "./calls.js";
import { KINDS, mixedRows } from "./data.js";
import { evaluate, host, placedByName, resident } from "./placements.js";

describe("host and resident tensors give the same bits", () => {
  forEachBackend((createEngine) => {
    const engine = createEngine();

    it.each([1, 3, 16, 100, 127, 128, 129, 767, 1000, 4096, 4097, 8192, 8200])("in rows of %i", (n) => {
      for (const call of everyCall(mixedRows(13, n), n)) expectHostAsResident(engine, call);
    });

    it.each([5, 64, 129, 1000, 4100, 20_000])("in many tiles of rows of %i", (n) => {
      const rows = 2 * Math.ceil(TILE / n) + 3;
      for (const call of everyCall(mixedRows(rows, n), n)) expectHostAsResident(engine, call);
    });

    // Longer than a tile, a row takes two sweeps; each kind of row is a call's first once.
    it.each([TILE - 1, TILE, TILE + 1, 2 * TILE - 1, 2 * TILE, 2 * TILE + 1, 3 * TILE + 17])("in rows of %i", (n) => {
      for (let first = 0; first < KINDS; first += 2) {
        const x = mixedRows(2, n, first);
        const calls = first === 0 ? everyCall(x, n) : [layerNorm(x, n, PARAMETERS[3], 0), rowwiseMoments(x, n)];
        for (const call of calls) expectHostAsResident(engine, call);
      }
    });

    // Channels that end inside of tiles, tiles that end inside of channels, groups that do not divide a tile's rows.
    it.each([
      { batch: 1, groups: 1, channels: 3, span: TILE + 1 },
      { batch: 2, groups: 1, channels: 5, span: 40_000 },
      { batch: 2, groups: 3, channels: 70_001, span: 1 },
      { batch: 1, groups: 2, channels: 700, span: 129 },
      { batch: 2, groups: 8, channels: 2, span: 10_000 },
      { batch: 5, groups: 2, channels: 4, span: 5_000 },
      { batch: 3, groups: 5, channels: 3, span: 5_461 },
      { batch: 50, groups: 7, channels: 1, span: 333 },
    ])("in $batch x $groups groups of $channels channels of $span", (grouping) => {
      const n = grouping.channels * grouping.span;
      const x = mixedRows(grouping.batch * grouping.groups, n);
      for (const names of PARAMETERS) expectHostAsResident(engine, groupNorm(x, grouping, names));
      for (const perSample of [false, true]) expectHostAsResident(engine, affineGlobal(x, grouping, perSample));
    });

    it("when x lives in one and the parameters in the other", () => {
      for (const n of [37, 129, 20_000, TILE + 5])
        for (const call of everyCall(mixedRows(5, n), n)) {
          const expected = evaluate(engine, call, resident);
          const mixtures = [placedByName({ x: host }, resident), placedByName({ x: resident }, host)];
          for (const name of Object.keys(call.inputs)) mixtures.push(placedByName({ [name]: resident, x: host }, host));
          for (const place of mixtures)
            expect(difference(evaluate(engine, call, place), expected), call.name).toBeUndefined();
        }
    });
  });
});

function expectHostAsResident(engine: Engine, call: Call): void {
  expect(difference(evaluate(engine, call, host), evaluate(engine, call, resident)), call.name).toBeUndefined();
}
