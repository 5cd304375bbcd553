import fc from "fast-check";
import { describe, it } from "vitest";
import { families, hostileFamilies } from "../support/families.js";
import { createRandom } from "../support/random.js";
import { checkGroupNorm, checkLayerNorm } from "./check.js";
import { GuardedHeap } from "./guarded_heap.js";

const kinds = Object.entries({ ...families, ...hostileFamilies });

/** Any shape, a family of data for each row. */
const rows = fc.array(fc.nat(kinds.length - 1), { minLength: 1, maxLength: 40 });
const seed = fc.nat(2 ** 31 - 1);

for (const backend of ["wasm", "js"] as const) {
  const heap = new GuardedHeap(2 ** 23);
  const guarded = { heap, engine: heap.createEngine(backend) };

  describe(`any tensor on ${backend}: accurate, in bounds, inputs unchanged`, () => {
    it("layer norm", () => {
      const length = fc.oneof(fc.integer({ min: 2, max: 300 }), fc.integer({ min: 2, max: 6000 }));
      const property = fc.property(length, rows, seed, (n, rows, seed) => {
        checkLayerNorm(guarded, rowsOf(rows, n, seed), n);
      });
      fc.assert(property, { numRuns: 60 });
    });

    it("group norm", () => {
      const small = fc.integer({ min: 1, max: 4 });
      const channels = fc.integer({ min: 1, max: 12 });
      const span = fc.oneof(fc.integer({ min: 2, max: 60 }), fc.integer({ min: 2, max: 1200 }));
      const property = fc.property(small, small, channels, span, seed, (batch, groups, perGroup, spatial, seed) => {
        const random = createRandom(seed);
        const kindsOfRows = Array.from({ length: batch * groups }, () => random.uint32() % kinds.length);
        const x = rowsOf(kindsOfRows, perGroup * spatial, seed);
        checkGroupNorm(guarded, x, { batch, channels: groups * perGroup, spatial, groups });
      });
      fc.assert(property, { numRuns: 60 });
    });
  });
}

function rowsOf(kindsOfRows: readonly number[], n: number, seed: number): Float32Array {
  const random = createRandom(seed);
  const x = new Float32Array(kindsOfRows.length * n);
  for (const [row, kind] of kindsOfRows.entries()) x.set(kinds[kind][1](n, random), row * n);
  return x;
}
