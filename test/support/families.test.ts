import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { dtypes, fromData, toData } from "./dtypes.js";
import { families, hostileFamilies } from "./families.js";
import { familiesOf } from "./family/of_dtype.js";
import { createRandom } from "./random.js";

const hashes = {
  float32: "beac98bbb140693411d8d66354b01270dec384aa81be2ee7a91c42668cb6a925",
  float64: "345d5e1f4e2152294a5d9e45cfc5cb70fa6c987d98b980349abdaa894a6ab1e3",
  float16: "9068c6a03ce8a5af69f842bb33b543c6fba4cf68d2d758708a096661bc8f7674",
  bfloat16: "39f62a7a1ca61d6dd039426f7b3fb199f7e52a21d0bc547801d84a58facd8f21",
};

describe.each(dtypes)("families of %s data", (dtype) => {
  for (const [name, family] of Object.entries(familiesOf(dtype)))
    it(`${name}: finite, of the length asked for, exact in the dtype`, () => {
      for (const n of [2, 3, 4, 5, 64, 1000]) {
        const group = family(n, createRandom(7));
        expect(group).toHaveLength(n);
        expect(group.every(Number.isFinite)).toBe(true);
        expect(fromData(dtype, toData(dtype, group))).toEqual(Float64Array.from(group));
      }
    });

  it("have the same bits on every engine", () => {
    const hash = createHash("sha256");
    for (const family of Object.values(familiesOf(dtype))) hash.update(family(1000, createRandom(7)));
    expect(hash.digest("hex")).toBe(hashes[dtype]);
  });
});

describe("families of float32 data", () => {
  it("are the promised ones and the hostile ones", () => {
    expect(Object.keys(familiesOf("float32"))).toEqual(Object.keys({ ...families, ...hostileFamilies }));
  });
});
