import { describe, expect, it } from "vitest";
import { families } from "../support/families.js";
import { meanErr, scaledError } from "../support/error.js";
import { referenceNormalize } from "../support/oracle.js";
import { createRandom } from "../support/random.js";
import { GuardedHeap } from "./guarded_heap.js";

const BOUND = 8;
const LENGTHS = [1, 2, 3, 15, 16, 17, 127, 128, 129, 255, 257, 1000, 4095, 4097, 8191, 8193, 65_535, 65_537];

for (const backend of ["wasm", "js"] as const) {
  const heap = new GuardedHeap(2 ** 22);
  const engine = heap.createEngine(backend);

  describe.each(Object.entries(families))(`rowwiseMoments on ${backend}: %s`, (_, family) => {
    it("gives the mean and the biased variance, of host and resident rows", () => {
      for (const n of LENGTHS) {
        const rows = n > 1000 ? 2 : 5;
        const random = createRandom(n);
        const data = new Float32Array(rows * n);
        for (let row = 0; row < rows; row++) data.set(family(n, random), row * n);
        const reference = referenceNormalize(data, { rows, n, eps: 0 });
        engine.scope(() => {
          for (const x of [{ data, shape: [rows, n] }, engine.tensor(data, [rows, n])]) {
            const { mean, variance } = engine.rowwiseMoments(x, n);
            expect(meanErr(mean.data, reference), `mean, n = ${n}`).toBeLessThanOrEqual(BOUND);
            for (let row = 0; row < rows; row++) {
              const exact = reference.variance[row];
              expect(scaledError(variance.data[row], exact, exact), `variance, n = ${n}`).toBeLessThanOrEqual(BOUND);
            }
          }
        });
        expect(heap.takeDamage()).toEqual([]);
      }
    });
  });
}
