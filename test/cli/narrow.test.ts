import { expect, it } from "vitest";
import { narrowed } from "../../src/cli/narrow.js";

it("rounds float64 to float32, and says so", () => {
  const { narrow, note } = narrowed(Float64Array.of(14.838147817305671, -2));
  expect(narrow).toEqual(Float32Array.of(14.838147817305671, -2));
  expect(note).toBe("float64 was rounded to float32");
});

it("counts what is beyond float32's range", () => {
  const { narrow, note } = narrowed(Float64Array.of(1e39, -1e300, Infinity, NaN, 1e-50, 3));
  expect([...narrow]).toEqual([Infinity, -Infinity, Infinity, NaN, 0, 3]);
  expect(note).toBe("float64 was rounded to float32; 2 beyond its range became infinite");
});
