import { describe, expect, it } from "vitest";
import { bfloat16, decode, encode, float16, infinityBits, roundTo, type Format } from "./formats.js";

const view = new DataView(new ArrayBuffer(4));

describe.each<[string, Format]>([
  ["float16", float16],
  ["bfloat16", bfloat16],
])("%s", (_, format) => {
  it("decodes and encodes every pattern", () => {
    for (let bits = 0; bits < 0x1_0000; bits++) {
      const value = decode(format, bits);
      const isRight = Number.isNaN(value) ? (bits & 0x7fff) > infinityBits(format) : encode(format, value) === bits;
      if (!isRight) expect.fail(`${bits} is ${value}`);
    }
    expect(decode(format, encode(format, NaN))).toBe(NaN);
  });

  it("rounds to the nearest of neighbours, and halves to even", () => {
    for (let bits = 0; bits < infinityBits(format) - 1; bits++) {
      const [a, b] = [decode(format, bits), decode(format, bits + 1)];
      const middle = (a + b) / 2;
      const even = bits % 2 === 0 ? a : b;
      for (const sign of [1, -1]) {
        const offsets = [0, -(b - a) * 2 ** -30, (b - a) * 2 ** -30];
        const rounded = offsets.map((offset) => roundTo(format, sign * (middle + offset)));
        if (rounded[0] !== sign * even || rounded[1] !== sign * a || rounded[2] !== sign * b)
          expect.fail(`${sign * middle} and its neighbours round to ${rounded.join(", ")}`);
      }
    }
  });

  it("is infinite from half a step above the largest", () => {
    const [below, largest] = [-2, -1].map((step) => decode(format, infinityBits(format) + step));
    const limit = largest + (largest - below) / 2;
    expect(roundTo(format, limit)).toBe(Infinity);
    expect(roundTo(format, -limit)).toBe(-Infinity);
    expect(roundTo(format, limit * (1 - 2 ** -50))).toBe(largest);
    expect(roundTo(format, Number.MAX_VALUE)).toBe(Infinity);
    expect(roundTo(format, 5e-324)).toBe(0);
  });
});

describe("formats by other ways", () => {
  it("has bfloat16 as the upper half of float32", () => {
    for (let bits = 0; bits < 0x1_0000; bits++) {
      view.setUint32(0, bits * 0x1_0000);
      if (!Object.is(decode(bfloat16, bits), view.getFloat32(0))) expect.fail(`${bits} is another number`);
    }
  });

  it("has float16 numbers that are known", () => {
    const known: [number, number][] = [
      [0x3c00, 1],
      [0xc000, -2],
      [0x7bff, 65504],
      [0x0400, 2 ** -14],
      [0x0001, 2 ** -24],
      [0x3555, 0.333251953125],
      [0x7c00, Infinity],
      [0x8000, -0],
    ];
    for (const [bits, value] of known) expect(decode(float16, bits)).toBe(value);
  });
});
