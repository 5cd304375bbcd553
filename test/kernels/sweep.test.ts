import { describe, it } from "vitest";
import { families } from "../support/families.js";
import { createRandom } from "../support/random.js";
import { checkGroupNorm, checkLayerNorm, everyAffine } from "./check.js";
import { GuardedHeap } from "./guarded_heap.js";

const kinds = ["N(0,1)", "N(0,1) + 1e3", "outlier last", "magnitude 1e30"].map((name) => families[name]);

/** Short rows go in batches of 16, two at a time. */
const batchEdges = [1, 2, 3, 4, 5, 8, 15, 16, 17, 18, 20];
/** One below a batch, in turn, and one above. */
const fewBatchEdges = (n: number) => [1 + (n % 5), 15 + (n % 4)];
/** Around every multiple of a block, and around a chunk. */
const blockEdges = Array.from({ length: 34 }, (_, index) => 128 * (index + 1)).flatMap((n) => [n - 1, n, n + 1]);
const chunkEdges = [8191, 8192, 8193, 8192 + 15, 8192 + 16, 8192 + 129, 2 * 8192 - 1, 2 * 8192, 2 * 8192 + 1];

for (const backend of ["wasm", "js"] as const) {
  const heap = new GuardedHeap(2 ** 21);
  const guarded = { heap, engine: heap.createEngine(backend) };

  describe(`every length of row on ${backend}`, () => {
    it("1 to 200 elements, up to 20 rows", () => {
      for (let n = 1; n <= 200; n++) for (const rows of n <= 20 ? batchEdges : fewBatchEdges(n)) checkBoth(rows, n);
    });

    it("around every multiple of a block", () => {
      for (const n of blockEdges) checkBoth(1 + (n % 4), n);
    });

    it("around a chunk", () => {
      for (const n of chunkEdges) for (let rows = 1; rows <= 4; rows++) checkBoth(rows, n);
    });

    function checkBoth(rows: number, n: number): void {
      const x = rowsOf(rows, n);
      checkLayerNorm(guarded, x, n, someAffines(n, rows));
      checkGroupNorm(guarded, x, { batch: 1, channels: rows, spatial: n, groups: rows }, someAffines(rows, rows));
    }
  });
}

/** A kind per row, in turn. */
function rowsOf(rows: number, n: number): Float32Array {
  const random = createRandom(n);
  const x = new Float32Array(rows * n);
  for (let row = 0; row < rows; row++) x.set(kinds[(row + n) % kinds.length](n, random), row * n);
  return x;
}

/** Every choice of parameters with few rows, where edges show; two of the four, in turn, with many. */
function someAffines(count: number, rows: number): ReturnType<typeof everyAffine> {
  return everyAffine(count).filter((_, index) => rows <= 3 || index % 2 === rows % 2);
}
