import { describe, expect, it } from "vitest";
import type { Values } from "./load.js";
import { worstError } from "./measure.js";
import { numbersOf, roundedFrom } from "./numbers.js";

const patterns: readonly [dtype: "float16" | "bfloat16", bits: number, value: number][] = [
  ["float16", 0x0000, 0],
  ["float16", 0x0001, 2 ** -24],
  ["float16", 0x0400, 2 ** -14],
  ["float16", 0x3c00, 1],
  ["float16", 0xc500, -5],
  ["float16", 0x7bff, 65504],
  ["float16", 0xfc00, -Infinity],
  ["float16", 0x7c01, NaN],
  ["bfloat16", 0x0001, 2 ** -133],
  ["bfloat16", 0x3f80, 1],
  ["bfloat16", 0xc0a0, -5],
  ["bfloat16", 0x7f80, Infinity],
  ["bfloat16", 0x7fc0, NaN],
];

function values(dtype: "float16" | "bfloat16", ...bits: number[]): Values {
  return { data: Uint16Array.from(bits), shape: [bits.length], dtype };
}

describe("numbers of 16 bits", () => {
  for (const [dtype, bits, value] of patterns)
    it(`${dtype} 0x${bits.toString(16)} is ${value}`, () => expect(numbersOf(values(dtype, bits))[0]).toBe(value));

  it("round from half a step on either side", () => {
    expect(roundedFrom(values("float16", 0x3c00), 0)).toEqual([1 - 2 ** -12, 1 + 2 ** -11]);
    expect(roundedFrom(values("float16", 0xbc00), 0)).toEqual([-1 - 2 ** -11, -1 + 2 ** -12]);
    expect(roundedFrom(values("float16", 0x0000), 0)).toEqual([-(2 ** -25), 2 ** -25]);
    expect(roundedFrom(values("float16", 0x7c00), 0)).toEqual([65520, Infinity]);
    expect(roundedFrom(values("bfloat16", 0x3f80), 0)).toEqual([1 - 2 ** -9, 1 + 2 ** -8]);
  });
});

describe("the error of a result", () => {
  it("is counted in u of its scale", () => {
    const single = { data: new Float32Array([1, 3]), shape: [2], dtype: "float32" } as const;
    expect(worstError(single, [1 + 2 ** -22, 3 - 2 ** -22], [1, 2], "float32")).toBe(4);
    const double = { data: new Float64Array([1]), shape: [1], dtype: "float64" } as const;
    expect(worstError(double, [1 + 2 ** -51], [1], "float64")).toBe(4);
  });

  it("is nothing for a result rounded once to 16 bits, and large for its neighbour", () => {
    expect(worstError(values("float16", 0x3c00), [1 + 2 ** -12], [1], "float16")).toBe(0);
    expect(worstError(values("float16", 0x3c01), [1 + 2 ** -12], [1], "float16")).toBe(2 ** 12);
  });

  it("is infinite where only one is NaN, or infinite", () => {
    const single = { data: new Float32Array([NaN]), shape: [1], dtype: "float32" } as const;
    expect(worstError(single, [NaN], [NaN], "float32")).toBe(0);
    expect(worstError(single, [1], [1], "float32")).toBe(Infinity);
    expect(worstError(values("float16", 0x3c00), [NaN], [1], "float16")).toBe(Infinity);
    expect(worstError(values("float16", 0x3c00), [Infinity], [1], "float16")).toBe(Infinity);
  });
});
