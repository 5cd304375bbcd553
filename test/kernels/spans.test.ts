import { describe, it } from "vitest";
import { families } from "../support/families.js";
import { createRandom } from "../support/random.js";
import { checkGroupNorm, type Guarded } from "./check.js";
import { GuardedHeap } from "./guarded_heap.js";

for (const backend of ["wasm", "js"] as const) {
  const heap = new GuardedHeap(2 ** 21);
  const guarded = { heap, engine: heap.createEngine(backend) };

  describe(`group norm on ${backend}`, () => {
    it("1 to 8 channels of 1 to 40 elements, in every number of groups", () => {
      for (let channels = 1; channels <= 8; channels++)
        for (let spatial = 1; spatial <= 40; spatial++)
          for (const groups of divisorsOf(channels)) checkShape(guarded, 2, channels, spatial, groups);
    });

    // A channel is mapped in pieces of 1,024 elements, while the next group is summed in whole blocks.
    it.each([120, 128, 129, 1023, 1024, 1025, 1151, 1152, 2047, 2049, 3100])("channels of %i elements", (spatial) => {
      for (const [channels, groups] of [
        [1, 1],
        [3, 1],
        [4, 2],
        [6, 2],
        [5, 5],
      ])
        checkShape(guarded, 2, channels, spatial, groups);
    });

    it("many channels of one element", () => {
      for (const channels of [127, 128, 129, 1000, 1025]) {
        checkShape(guarded, 2, channels, 1, 1);
        checkShape(guarded, 1, 3 * channels, 1, 3);
      }
    });
  });
}

function checkShape(guarded: Guarded, batch: number, channels: number, spatial: number, groups: number): void {
  const random = createRandom(channels * 10_000 + spatial);
  const x = families["N(0,1) + 1e3"](batch * channels * spatial, random);
  checkGroupNorm(guarded, x, { batch, channels, spatial, groups });
}

function divisorsOf(value: number): number[] {
  return Array.from({ length: value }, (_, index) => index + 1).filter((divisor) => value % divisor === 0);
}
