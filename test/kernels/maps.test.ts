import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { families } from "../support/families.js";
import { createRandom } from "../support/random.js";
import { unitRoundoff } from "../support/error.js";
import { parameters } from "../determinism/data.js";
import { GuardedHeap } from "./guarded_heap.js";

/** Roundings: of the product and the sum; of two of each. */
const GLOBAL_BOUND = 2;
const VECTORIZED_BOUND = 4;

for (const backend of ["wasm", "js"] as const) {
  const heap = new GuardedHeap(2 ** 21);
  const engine = heap.createEngine(backend);

  describe(`the two maps on ${backend}`, () => {
    it("global: scale * x + bias, a pair per channel or per sample and channel", () => {
      const sizes = fc.record({
        batch: fc.integer({ min: 1, max: 5 }),
        channels: fc.integer({ min: 1, max: 9 }),
        span: fc.integer({ min: 1, max: 150 }),
      });
      const property = fc.property(
        sizes,
        fc.boolean(),
        fc.boolean(),
        ({ batch, channels, span }, perSample, inMemory) => {
          const data = families["N(0,1)"](batch * channels * span, createRandom(span));
          const shape = perSample ? [batch, channels] : [channels];
          const count = perSample ? batch * channels : channels;
          const [scale, bias] = [parameters(count, 3), parameters(count, 4)];
          const y = engine.scope(() => {
            const x = place(data, [batch, channels, span], inMemory);
            return engine.affineGlobal(x, { data: scale, shape }, { data: bias, shape }).data.slice();
          });
          expectNear(y, GLOBAL_BOUND, (index) => {
            const pair = Math.floor(index / span) % count;
            return [data[index] * scale[pair], bias[pair]];
          });
          expect(heap.takeDamage()).toEqual([]);
        },
      );
      fc.assert(property, { numRuns: 200 });
    });

    it("vectorized: (x * scale + bias) * gamma + beta, the first two per row, the others per element", () => {
      const property = fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 200 }),
        fc.boolean(),
        (rows, n, inMemory) => {
          const data = families["N(0,1)"](rows * n, createRandom(n));
          const [scale, bias, gamma, beta] = [
            parameters(rows, 3),
            parameters(rows, 4),
            parameters(n, 5),
            parameters(n, 6),
          ];
          const y = engine.scope(() =>
            engine.affineVectorized(place(data, [rows, n], inMemory), scale, bias, gamma, beta).data.slice(),
          );
          expectNear(y, VECTORIZED_BOUND, (index) => {
            const [row, column] = [Math.floor(index / n), index % n];
            return [data[index] * scale[row] * gamma[column], bias[row] * gamma[column], beta[column]];
          });
          expect(heap.takeDamage()).toEqual([]);
        },
      );
      fc.assert(property, { numRuns: 200 });
    });

    function place(data: Float32Array, shape: number[], inMemory: boolean) {
      return inMemory ? engine.tensor(data, shape) : { data, shape };
    }
  });
}

/** Within `bound` roundings of a sum, relative to its terms' magnitudes. */
function expectNear(y: Float32Array, bound: number, terms: (index: number) => number[]): void {
  for (let index = 0; index < y.length; index++) {
    const expected = terms(index).reduce((sum, term) => sum + term, 0);
    const magnitude = terms(index).reduce((sum, term) => sum + Math.abs(term), 0);
    if (!(Math.abs(y[index] - expected) <= bound * unitRoundoff * magnitude))
      expect.fail(`element ${index}: ${y[index]}, not ${expected}`);
  }
}
