import { expect } from "vitest";
import type { Tensor } from "../../src/index.js";
import { type DTypeName, formatOf, fromData, toData } from "../support/dtypes.js";
import type { Case, CaseTensor, Tolerance } from "./cases.js";

/** Expects a result to be what a case says. */
export function expectOutput(actual: Tensor, expected: CaseTensor, { tolerance, activation }: Case): void {
  expect(actual.shape).toEqual(expected.shape);
  expect(actual.dtype).toBe(expected.dtype);
  const relu = activation === "relu";
  const results = fromData(actual.dtype, actual.data).map((value) => (relu ? Math.max(0, value) : value));
  const wanted = Float64Array.from(expected.data!, Number);
  const wrong = [...results.keys()].filter((i) => !isWithin(tolerance, results[i], wanted[i], actual.dtype));
  expect(wrong.map((i) => `${results[i]} at ${i} should be ${wanted[i]}`)).toEqual([]);
}

function isWithin(tolerance: Tolerance, actual: number, expected: number, dtype: DTypeName): boolean {
  if (Object.is(actual, expected) || actual === expected) return true;
  if ("rtol" in tolerance) return isClose(actual, expected, tolerance.rtol, tolerance.atol);
  if (tolerance.metric === "ULP") return ulpsBetween(actual, expected, dtype) <= tolerance.value;
  if (tolerance.metric === "ATOL") return isClose(actual, expected, 0, tolerance.value);
  // Bits of a reference that adds in another order.
  if (tolerance.metric === "ULP64") return isClose(actual, expected, 1e-12, 0);
  throw new Error(`no such metric: ${tolerance.metric}`);
}

function isClose(actual: number, expected: number, rtol: number, atol: number): boolean {
  return Math.abs(actual - expected) <= atol + rtol * Math.abs(expected);
}

/** How many numbers of a dtype lie between two. */
function ulpsBetween(a: number, b: number, dtype: DTypeName): number {
  return Math.abs(rankOf(a, dtype) - rankOf(b, dtype));
}

/** The bits of a number as an integer that ascends with it. */
function rankOf(value: number, dtype: DTypeName): number {
  const data = toData(dtype, [value]);
  const bits = formatOf(dtype) ? data[0] : new Uint32Array(data.buffer)[0];
  const sign = formatOf(dtype) ? 0x8000 : 0x8000_0000;
  return bits >= sign ? sign - bits : bits;
}
