import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { families, hostileFamilies } from "./families.js";
import { createRandom } from "./random.js";

const everyFamily = { ...families, ...hostileFamilies };

describe("families of data", () => {
  for (const [name, family] of Object.entries(everyFamily))
    it(`${name}: finite, of the length asked for`, () => {
      for (const n of [2, 3, 4, 5, 64, 1000]) {
        const group = family(n, createRandom(7));
        expect(group).toHaveLength(n);
        expect(group.every(Number.isFinite)).toBe(true);
      }
    });

  it("have the same bits on every engine", () => {
    const hash = createHash("sha256");
    for (const family of Object.values(everyFamily)) hash.update(family(1000, createRandom(7)));
    expect(hash.digest("hex")).toBe("beac98bbb140693411d8d66354b01270dec384aa81be2ee7a91c42668cb6a925");
  });
});
