// The kernel of bfloat16 rows has the bits of the way by float32: decode, normalise, encode.

import { describe, expect, it } from "vitest";
import { compileSync, instantiate, SCRATCH_BYTES } from "../../src/engine/module.js";
import { encodeBfloats } from "../../src/math/half.js";
import { KINDS, mixedRows, parameters, rowsOf } from "../determinism/data.js";
import { createRandom } from "../support/random.js";
import { everyKindOfNaN } from "../support/reduced_data.js";
import { HAS_BETA, HAS_GAMMA, UNCENTRED, WANTS_MOMENTS, WANTS_STATISTICS } from "./rows.js";

const CANARY = 0xff;
const GUARD = 64;
const memory = new WebAssembly.Memory({ initial: 128 });
const bytes = new Uint8Array(memory.buffer);
const { reduced, conversions, float32 } = instantiate(compileSync(), memory);

interface Options {
  readonly gamma?: Float32Array;
  readonly beta?: Float32Array;
  readonly flags?: number;
  readonly eps?: number;
  readonly inPlace?: boolean;
  /** Bytes that x lies behind a multiple of 8. */
  readonly offset?: number;
}

interface Result {
  readonly output: Uint16Array;
  readonly statistics: Uint8Array;
}

const FLAGS = [0, WANTS_STATISTICS, WANTS_MOMENTS].flatMap((flags) => [flags, flags | UNCENTRED]);

describe("bfloat16 rows", () => {
  it("of every length from a turn on, up to 20 rows", () => {
    for (let n = 16; n <= 300; n++)
      for (const rows of [1, 2, 3, 4, 5, 9, 20])
        expectSame(bfloats(mixedRows(rows, n, n).data as Float32Array), n, withParameters(n));
  });

  it.each([768, 1000, 4095, 4096, 4097, 8191, 8192, 8193, 8208, 16_384, 20_000, 65_536])(
    "of %i elements, each kind first and last",
    (n) => {
      const rows = n > 20_000 ? 4 : 6;
      for (let first = 0; first < KINDS; first++)
        expectSame(
          bfloats(mixedRows(rows, n, first).data as Float32Array),
          n,
          withParameters(n, { flags: FLAGS[first % FLAGS.length] }),
        );
    },
  );

  it.each(["N(0,1)", "N(0,1) + 1e3", "magnitude 1e30", "subnormal", "constant", "outlier last", "spikes that cancel"])(
    "with every flag, of %s",
    (family) => {
      for (const n of [129, 768, 4100]) {
        const x = bfloats(rowsOf(family, 13, n).data as Float32Array);
        const { gamma, beta } = withParameters(n);
        for (const flags of FLAGS)
          for (const eps of [1e-5, 0, -0.01])
            for (const choice of [{ gamma, beta }, { gamma }, { beta }, {}])
              expectSame(x, n, { ...choice, flags, eps });
      }
    },
  );

  it("in place, at any address of two bytes", () => {
    for (const n of [129, 768, 1003])
      for (let offset = 0; offset < 32; offset += 2)
        for (const inPlace of [false, true])
          expectSame(bfloats(mixedRows(14, n, offset).data as Float32Array), n, withParameters(n, { offset, inPlace }));
  });

  it("of any bits", () => {
    const random = createRandom(5);
    for (const n of [130, 768]) {
      const x = Uint16Array.from({ length: 40 * n }, () => random.uint32());
      // Rows of like exponents, without Inf and NaN, which would make them NaN altogether.
      for (let i = 0; i < x.length; i++) x[i] = (x[i] & 0x807f) | ((60 + ((i / n) % 40) * 3 + (x[i] % 4)) << 7);
      for (const flags of FLAGS) expectSame(x, n, withParameters(n, { flags }));
    }
  });
});

describe("NaN and infinities among bfloat16 rows", () => {
  const n = 200;
  const rows = 7;
  const plain = bfloats(rowsOf("N(0,1)", rows, n).data as Float32Array);
  const bits = wordsOf(everyKindOfNaN());

  it("of every payload in x stay in their rows", () => {
    for (const word of new Set([...bits].map((each) => each >>> 16).filter((each) => (each & 0x7f) !== 0)))
      for (const place of [0, 15, 100, n - 1]) {
        const x = plain.slice();
        for (const row of [0, 3, rows - 1]) x[row * n + place] = word;
        for (const flags of [0, UNCENTRED]) {
          const { output } = expectSame(x, n, withParameters(n, { flags }));
          for (let row = 0; row < rows; row++)
            expect(output.subarray(row * n, (row + 1) * n).every(isNaN16)).toBe([0, 3, rows - 1].includes(row));
        }
      }
  });

  it.each(["gamma", "beta"] as const)("of every payload in %s stay in their places", (name) => {
    for (const word of bits)
      for (const place of [0, 17, 191, n - 2, n - 1]) {
        const options = withParameters(n);
        wordsOf(options[name]).set([word], place);
        for (const inPlace of [false, true]) {
          const { output } = expectSame(plain, n, { ...options, inPlace });
          output.forEach((each, index) => {
            if (isNaN16(each) !== (index % n === place)) expect.fail(`${word.toString(16)} at ${place}: ${each}`);
          });
        }
      }
  });

  it("that arithmetic makes", () => {
    const options = withParameters(n);
    options.gamma.set([Infinity, -Infinity, Infinity, 3e38], 20);
    options.beta.set([-Infinity, Infinity, 1, Infinity], 20);
    const x = plain.slice();
    for (let row = 0; row < rows; row++) x.fill(0x7f7f, row * n + 30, row * n + 31 + row);
    for (const data of [x, plain, plain.map((each, index) => (index % n === 22 ? 0 : each))])
      for (const flags of FLAGS) expectSame(data, n, { ...options, flags });
  });

  it("an infinity in an uncentred row leaves zeros, and itself NaN", () => {
    const x = plain.slice();
    x[2 * n + 5] = 0x7f80;
    x[4 * n + 199] = 0xff80;
    const { output } = expectSame(x, n, { flags: UNCENTRED });
    output.forEach((each, index) => expect(isNaN16(each)).toBe(index === 2 * n + 5 || index === 4 * n + 199));
  });
});

it("normalises bfloat16 rows behind 2^31, up to the end of the memory", () => {
  const high = new WebAssembly.Memory({ initial: 2 ** 15 + 4 });
  const kernels = instantiate(compileSync(), high).reduced;
  const [rows, n] = [5, 259];
  const x = bfloats(mixedRows(rows, n).data as Float32Array);
  const { gamma, beta } = withParameters(n);
  const at = high.buffer.byteLength - x.byteLength;
  new Uint16Array(high.buffer, at, x.length).set(x);
  new Float32Array(high.buffer, 2 ** 31, n).set(gamma);
  new Float32Array(high.buffer, at - 4 * n - 2, n).set(beta);
  kernels.layer_norm_bf16(at, at, 2 ** 31, at - 4 * n - 2, 0, 0, rows, n, 1e-5, 2 ** 31 - 2000, 3);
  const expected = run(x, n, { gamma, beta }, byFloat32).output;
  expect([...new Uint16Array(high.buffer, at, x.length)]).toEqual([...expected]);
});

/** Runs both ways, holds them against each other, and gives their result. */
function expectSame(x: Uint16Array, n: number, options: Options): Result {
  const actual = run(x, n, options, byKernel);
  const expected = run(x, n, options, byFloat32);
  const label = `rows of ${n}, flags ${options.flags ?? 0}`;
  for (let i = 0; i < x.length; i++)
    if (actual.output[i] !== expected.output[i] && !(isNaN16(actual.output[i]) && isNaN16(expected.output[i])))
      expect.fail(`${label}, row ${Math.floor(i / n)}[${i % n}]: ${actual.output[i]}, not ${expected.output[i]}`);
  expect(Buffer.compare(actual.statistics, expected.statistics), label).toBe(0);
  return actual;
}

type Way = (place: Placed, rows: number, n: number, eps: number, flags: number) => void;

interface Placed {
  readonly out: number;
  readonly x: number;
  readonly gamma: number;
  readonly beta: number;
  readonly mean: number;
  readonly rstd: number;
  readonly scratch: number;
}

/** In the place of missing parameters are ones and zeros, which it reads. */
const byKernel: Way = ({ out, x, gamma, beta, mean, rstd, scratch }, rows, n, eps, flags) => {
  reduced.layer_norm_bf16(out, x, gamma, beta, mean, rstd, rows, n, eps, scratch, flags);
};

const byFloat32: Way = ({ out, x, gamma, beta, mean, rstd, scratch }, rows, n, eps, flags) => {
  const tile = scratch + SCRATCH_BYTES;
  conversions.decode_bf16(tile, x, rows * n);
  float32.layer_norm(tile, tile, gamma, beta, mean, rstd, rows, n, eps, scratch, flags);
  conversions.encode_bf16(out, tile, rows * n);
};

/** Operands between guards, which no way may change. */
function run(x: Uint16Array, n: number, options: Options, way: Way): Result {
  const { flags = 0, eps = 1e-5, inPlace = false, offset = 0 } = options;
  const rows = x.length / n;
  let end = GUARD;
  const guards: number[] = [];
  const take = (size: number): number => {
    const at = end + GUARD;
    end = at + Math.ceil(size / 8) * 8;
    bytes.fill(CANARY, at - GUARD, end + GUARD);
    guards.push(at - GUARD, at + size);
    return at;
  };
  const place = (data: Uint16Array | Float32Array, at = take(data.byteLength)): number => {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    return at;
  };
  take(offset + 1);
  end += offset % 8;
  const source = place(x);
  const out = inPlace ? source : take(x.byteLength);
  end = (end + 7) & ~7;
  const gamma = place(options.gamma ?? new Float32Array(n).fill(1));
  const beta = place(options.beta ?? new Float32Array(n).fill(-0));
  const [mean, rstd] = [take(8 * rows), take(8 * rows)];
  const scratch = take(SCRATCH_BYTES + 4 * (way === byKernel ? n : x.length));
  const all = flags | (options.gamma ? HAS_GAMMA : 0) | (options.beta ? HAS_BETA : 0);
  way({ out, x: source, gamma, beta, mean, rstd, scratch }, rows, n, eps, all);
  for (const guard of guards)
    if (bytes.subarray(guard, guard + GUARD).some((byte) => byte !== CANARY)) expect.fail(`wrote beside ${guard}`);
  const size = flags & WANTS_MOMENTS ? 8 : 4;
  return {
    output: new Uint16Array(memory.buffer.slice(out, out + x.byteLength)),
    statistics: canonical(new Uint8Array(memory.buffer.slice(mean, rstd + size * rows)), size),
  };
}

/** NaN is NaN. */
function canonical(statistics: Uint8Array, size: number): Uint8Array {
  const numbers = size === 8 ? new Float64Array(statistics.buffer) : new Float32Array(statistics.buffer);
  numbers.forEach((each, index) => {
    if (Number.isNaN(each)) numbers[index] = NaN;
  });
  return statistics;
}

function withParameters(n: number, options: Options = {}) {
  return { gamma: parameters(n, 1), beta: parameters(n, 2), ...options };
}

function bfloats(values: Float32Array): Uint16Array {
  const bits = new Uint16Array(values.length);
  encodeBfloats(bits, values);
  return bits;
}

function wordsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

function isNaN16(bits: number): boolean {
  return (bits & 0x7fff) > 0x7f80;
}
