import { describe, expect, it } from "vitest";
import { createEngineSync } from "../../src/index.js";
import { bitsOf, difference, type Bits } from "../determinism/bits.js";
import { families } from "../support/families.js";
import { createRandom } from "../support/random.js";
import { layers, type Normalize } from "./layers.js";

const LENGTHS = [2, 5, 16, 100, 128, 129, 1000, 4097, 65_537];

for (const backend of ["wasm", "js"] as const) {
  const engine = createEngineSync({ backend });

  describe.each(Object.entries(layers))(`%s on ${backend}`, (_, normalize) => {
    describe.each([NaN, Infinity, -Infinity])("with %d in a group", (value) => {
      it.each(LENGTHS)("makes that group of %i NaN, and changes no bit of the others", (n) => {
        const rows = n > 10_000 ? 3 : 19;
        const clean = families["N(0,1)"](rows * n, createRandom(n));
        for (const row of [0, 1, rows - 1])
          for (const position of [0, n >> 1, n - 1]) {
            const data = clean.slice();
            data[row * n + position] = value;
            const expected = withNaN(evaluate(normalize, clean, n), row, rows);
            expect(difference(evaluate(normalize, data, n), expected), `${position} of row ${row}`).toBeUndefined();
          }
      });
    });

    it("with both infinities in a group makes it NaN", () => {
      const { output } = normalize(engine, Float32Array.of(1, Infinity, -Infinity, 2, 1, 2, 1, 2), 4);
      expect([...output.data].map(Number.isNaN)).toEqual([true, true, true, true, false, false, false, false]);
    });
  });

  function evaluate(normalize: Normalize, data: Float32Array, n: number) {
    const { output, mean, rstd } = normalize(engine, data, n);
    return { output: bitsOf(output), mean: bitsOf(mean), rstd: bitsOf(rstd) };
  }
}

/** The results of rows of which one is NaN altogether, its statistics included. */
function withNaN<Results extends Bits>(results: Results, row: number, rows: number): Results {
  const [quietNaN] = bitsOf({ data: Float32Array.of(NaN) });
  for (const bits of Object.values(results)) {
    const perRow = bits.length / rows;
    bits.fill(quietNaN, row * perRow, (row + 1) * perRow);
  }
  return results;
}
