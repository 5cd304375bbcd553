import { describe, expect, it } from "vitest";
import { compileSync, instantiate } from "../../src/engine/module.js";
import { decodeBfloats, decodeHalves, encodeBfloats, encodeHalves } from "../../src/math/half.js";
import { createRandom } from "../support/random.js";
import { anyFloats, aroundEveryTie, everyKindOfNaN } from "../support/reduced_data.js";
import { bfloat16, float16, nearest, patterns, valueOf, type ReducedFormat } from "../support/reduced_precision.js";

const PAGE_BYTES = 65_536;
const memory = new WebAssembly.Memory({ initial: 128 });
const bytes = new Uint8Array(memory.buffer);
const kernels = instantiate(compileSync(), memory).conversions;

const X = PAGE_BYTES;
const OUT = 64 * PAGE_BYTES;
const GUARD = 0xa5;
const GUARD_BYTES = 64;

/** Around the unrolled loop's turns. */
const COUNTS = Array.from({ length: 71 }, (_, count) => count);

interface Kernel {
  readonly format: ReducedFormat;
  readonly decode: (out: number, x: number, count: number) => void;
  readonly encode: (out: number, x: number, count: number) => void;
  readonly reference: {
    decode(out: Float32Array, x: Uint16Array): void;
    encode(out: Uint16Array, x: Float32Array): void;
  };
}

const formats: readonly Kernel[] = [
  {
    format: float16,
    decode: kernels.decode_f16,
    encode: kernels.encode_f16,
    reference: { decode: decodeHalves, encode: encodeHalves },
  },
  {
    format: bfloat16,
    decode: kernels.decode_bf16,
    encode: kernels.encode_bf16,
    reference: { decode: decodeBfloats, encode: encodeBfloats },
  },
];

describe.each(formats)("$format.name", ({ format, decode, encode, reference }) => {
  it("all patterns are widened exactly", () => {
    const out = decoded(patterns);
    expect(patterns.filter((bits) => !Object.is(out[bits], valueOf(format, bits)))).toHaveLength(0);
  });

  it("all patterns come back", () => {
    const back = encoded(decoded(patterns));
    expect(patterns.filter((bits) => !same(back[bits], bits))).toHaveLength(0);
  });

  it.each([
    ["around every tie", aroundEveryTie(format)],
    ["of any float32", anyFloats(100_000, createRandom(2))],
  ])("rounds to nearest even: %s", (_, values) => {
    const out = encoded(values);
    for (let i = 0; i < values.length; i++)
      if (!same(out[i], nearest(format, values[i])))
        expect.fail(`${values[i]} gives ${out[i]}, not ${nearest(format, values[i])}`);
  });

  it("NaN stays NaN whatever its payload, in the loop and behind it", () => {
    for (const bits of wordsOf(everyKindOfNaN()))
      for (const count of [1, 16]) {
        const out = encoded(new Float32Array(new Uint32Array(count).fill(bits).buffer));
        expect([...out].filter((each) => !same(each, undefined))).toEqual([]);
      }
  });

  it("has the bits of the js backend's conversion", () => {
    const values = anyFloats(100_000, createRandom(3));
    values.set(everyKindOfNaN());
    const expected = new Uint16Array(values.length);
    reference.encode(expected, values);
    expect(Buffer.compare(bytesOf(encoded(values)), bytesOf(expected))).toBe(0);
  });

  describe.each(["apart", "in place"])("%s", (way) => {
    it.each(COUNTS)("widens %i elements anywhere, and touches nothing else", (count) => {
      const x = encodedByReference(numbers(count));
      const expected = new Float32Array(count);
      reference.decode(expected, x);
      for (const out of placesOf(4 * count)) {
        const at = way === "apart" ? X + (out % 7) : out + 2 * count;
        expectResult(at, bytesOf(x), out, bytesOf(expected), () => decode(out, at, count));
      }
    });

    it.each(COUNTS)("narrows %i elements anywhere, and touches nothing else", (count) => {
      const x = numbers(count);
      for (const at of placesOf(4 * count)) {
        const out = way === "apart" ? X + (at % 7) : at;
        expectResult(at, bytesOf(x), out, bytesOf(encodedByReference(x)), () => encode(out, at, count));
      }
    });
  });

  it("reads no further than the end of the memory", () => {
    for (const count of COUNTS) {
      decode(OUT, bytes.length - 2 * count, count);
      encode(OUT, bytes.length - 4 * count, count);
    }
  });

  function decoded(x: Uint16Array): Float32Array {
    bytes.set(bytesOf(x), X);
    decode(OUT, X, x.length);
    return new Float32Array(memory.buffer.slice(OUT, OUT + 4 * x.length));
  }

  function encoded(x: Float32Array): Uint16Array {
    bytes.set(bytesOf(x), X);
    encode(OUT, X, x.length);
    return new Uint16Array(memory.buffer.slice(OUT, OUT + 2 * x.length));
  }

  function encodedByReference(x: Float32Array): Uint16Array {
    const out = new Uint16Array(x.length);
    reference.encode(out, x);
    return out;
  }

  /** Undefined stands for any NaN. */
  function same(bits: number, expected: number | undefined): boolean {
    return Object.is(valueOf(format, bits), expected === undefined ? NaN : valueOf(format, expected));
  }
});

it("converts behind 2^31", () => {
  const high = new WebAssembly.Memory({ initial: 2 ** 15 + 2 });
  const { decode_f16, encode_f16 } = instantiate(compileSync(), high).conversions;
  const at = 2 ** 31 - 40;
  new Uint16Array(high.buffer, at + 80, 40).fill(0x3c00);
  decode_f16(at, at + 80, 40);
  expect([...new Float32Array(high.buffer, at, 40)]).toEqual(new Array(40).fill(1));
  encode_f16(at, at, 40);
  expect([...new Uint16Array(high.buffer, at, 40)]).toEqual(new Array(40).fill(0x3c00));
});

/** Addresses of every alignment for so many bytes, the last of them at the end of the memory. */
function placesOf(size: number): number[] {
  return [...Array.from({ length: 17 }, (_, offset) => OUT + offset), bytes.length - size];
}

/** Runs with x at `at`, and holds what is at `out` and around it against what should be there. */
function expectResult(at: number, x: Uint8Array, out: number, expected: Uint8Array, run: () => void): void {
  const start = Math.min(at, out) - GUARD_BYTES;
  const end = Math.max(at + x.length, out + expected.length);
  const guarded = bytes.subarray(out - GUARD_BYTES, out + expected.length + GUARD_BYTES);
  if (end - start < PAGE_BYTES) bytes.fill(GUARD, start, end + GUARD_BYTES);
  else guarded.fill(GUARD);
  bytes.set(x, at);
  const result = guarded.slice();
  result.set(expected, GUARD_BYTES);
  run();
  expect(Buffer.compare(guarded, result), `x at ${at}, out at ${out}`).toBe(0);
}

/** Any numbers, but NaN, whose bits an engine is free to change. */
function numbers(count: number): Float32Array {
  const values = anyFloats(COUNTS.length, createRandom(count)).subarray(COUNTS.length - (count >> 1));
  return values.subarray(0, count).map((value) => (Number.isNaN(value) ? 1 : value));
}

function bytesOf(data: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function wordsOf(data: Float32Array): Uint32Array {
  return new Uint32Array(data.buffer, data.byteOffset, data.length);
}
