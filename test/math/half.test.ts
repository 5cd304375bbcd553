import { describe, expect, it } from "vitest";
import * as half from "../../src/math/half.js";
import { createRandom } from "../support/random.js";
import { anyFloats, aroundEveryTie, everyKindOfNaN } from "../support/reduced_data.js";
import {
  bfloat16,
  float16,
  infinityOf,
  nearest,
  patterns,
  valueOf,
  type ReducedFormat,
} from "../support/reduced_precision.js";

interface Conversions {
  readonly format: ReducedFormat;
  decode(bits: number): number;
  encode(value: number): number;
  decodeAll(out: Float32Array, x: Uint16Array): void;
  encodeAll(out: Uint16Array, x: Float32Array): void;
}

const formats: readonly Conversions[] = [
  {
    format: float16,
    decode: half.decodeHalf,
    encode: half.encodeHalf,
    decodeAll: half.decodeHalves,
    encodeAll: half.encodeHalves,
  },
  {
    format: bfloat16,
    decode: half.decodeBfloat,
    encode: half.encodeBfloat,
    decodeAll: half.decodeBfloats,
    encodeAll: half.encodeBfloats,
  },
];

describe.each(formats)("$format.name", ({ format, decode, encode, decodeAll, encodeAll }) => {
  it("all patterns are widened exactly", () => {
    const out = new Float32Array(patterns.length);
    decodeAll(out, patterns);
    expect(patterns.filter((bits) => !Object.is(decode(bits), valueOf(format, bits)))).toHaveLength(0);
    expect(patterns.filter((bits) => !Object.is(out[bits], valueOf(format, bits)))).toHaveLength(0);
  });

  it("keeps the payload of NaN", () => {
    const out = new Float32Array(patterns.length);
    decodeAll(out, patterns);
    const bits = new Uint32Array(out.buffer);
    const precision = 2 ** format.precisionBits;
    const payloads = patterns.filter((pattern) => (pattern & 0x7fff) > infinityOf(format));
    expect(payloads.length).toBe(2 * (precision - 1));
    for (const pattern of payloads)
      expect((bits[pattern] & 0x7f_ffff) / 2 ** (23 - format.precisionBits)).toBe(pattern % precision);
  });

  it("all patterns come back", () => {
    const back = patterns.map((bits) => encode(valueOf(format, bits)));
    expect(patterns.filter((bits) => !same(back[bits], bits))).toHaveLength(0);
  });

  it.each([
    ["around every tie", aroundEveryTie(format)],
    ["of any float32", anyFloats(100_000, createRandom(1))],
  ])("rounds to nearest even: %s", (_, values) => {
    const out = new Uint16Array(values.length);
    encodeAll(out, values);
    for (let i = 0; i < values.length; i++)
      if (!same(out[i], nearest(format, values[i])) || encode(values[i]) !== out[i])
        expect.fail(`${values[i]} gives ${out[i]}, not ${nearest(format, values[i])}`);
  });

  it("NaN stays NaN whatever its payload", () => {
    const values = everyKindOfNaN();
    const out = new Uint16Array(values.length);
    encodeAll(out, values);
    expect([...out].filter((bits) => !same(bits, undefined))).toEqual([]);
  });

  it("arrays that start anywhere", () => {
    const out = new Uint16Array(10);
    encodeAll(out.subarray(3), Float32Array.of(9, 9, 1, -2, 0.5).subarray(2));
    expect([...out].map(decode)).toEqual([0, 0, 0, 1, -2, 0.5, 0, 0, 0, 0]);
    const back = new Float32Array(6);
    decodeAll(back.subarray(1), out.subarray(3, 6));
    expect([...back]).toEqual([0, 1, -2, 0.5, 0, 0]);
  });

  /** Undefined stands for any NaN. */
  function same(bits: number, expected: number | undefined): boolean {
    return Object.is(valueOf(format, bits), expected === undefined ? NaN : valueOf(format, expected));
  }
});

it("overflows where IEEE rounding does", () => {
  expect(half.encodeHalf(65519.99609375)).toBe(0x7bff);
  expect(half.encodeHalf(65520)).toBe(0x7c00);
  expect(half.encodeHalf(-65520)).toBe(0xfc00);
  const middle = 2 ** 128 - 2 ** 119;
  expect(half.encodeBfloat(middle - 2 ** 104)).toBe(0x7f7f);
  expect(half.encodeBfloat(middle)).toBe(0x7f80);
});

it("counts a float64 as the float32 it rounds to", () => {
  expect(half.encodeHalf(1 + 2 ** -11 + 2 ** -30)).toBe(half.encodeHalf(1));
});
