import { describe, expect, it } from "vitest";
import { elementErr, exactLocalResponseNorm, type Format, type WindowOptions } from "../support/exact_powers.js";
import { families, hostileFamilies } from "../support/families.js";
import { families64 } from "../support/families64.js";
import { createRandom } from "../support/random.js";
import { Arena, expectSame, type FloatArray } from "./arena.js";

/** The accuracy contract's bound on err. */
const BOUND = 8;

const arena = new Arena(1 << 24);

/** PyTorch's window of `size` channels. */
function windowOf(size: number, alpha = 1e-4, beta = 0.75, k = 1): WindowOptions {
  return { before: size >> 1, after: (size - 1) >> 1, size, alpha, beta, k };
}

const options: WindowOptions[] = [
  windowOf(5),
  windowOf(5, 1, 0.75, 0),
  windowOf(1, 2, 0.5, 1e-3),
  windowOf(4, 1e-4, 1, 2),
  windowOf(40, 1),
  windowOf(3, 1, 2.5, 0),
  windowOf(3, 1, -1),
  windowOf(3, 1, 10),
  windowOf(3, -0.5, 2),
  windowOf(2, 1, 3, -1),
  windowOf(2, 1, 0.75, -1),
  windowOf(200, 1, 0.3, 1e-5),
  windowOf(5, 0, 1.5, 3),
  windowOf(5, 1, 0, 0),
  { before: 0, after: 3, size: 7, alpha: 1, beta: 0.75, k: 0.5 },
];

function kernelsOf(format: Format) {
  return arena.kernels[format === "f32" ? "float32" : "float64"];
}

/** Channels first: x is [blocks, channels, span]. */
function columns(format: Format, x: FloatArray, channels: number, span: number, o: WindowOptions, inPlace = false) {
  const kernels = kernelsOf(format);
  const source = arena.place(x);
  const out = inPlace ? source : arena.allocate(x.byteLength);
  const scratch = arena.allocate(kernels.local_response_norm_columns_scratch(channels, span, o.before, o.after));
  const blocks = x.length / (channels * span);
  kernels.local_response_norm_columns(
    out,
    source,
    blocks,
    channels,
    span,
    o.before,
    o.after,
    o.size,
    o.alpha,
    o.beta,
    o.k,
    scratch,
  );
  return finish(x, source, out);
}

/** Channels last: x is [rows, channels]. */
function rows(format: Format, x: FloatArray, channels: number, o: WindowOptions, inPlace = false): FloatArray {
  const kernels = kernelsOf(format);
  const source = arena.place(x);
  const out = inPlace ? source : arena.allocate(x.byteLength);
  const count = x.length / channels;
  const scratch = arena.allocate(kernels.local_response_norm_rows_scratch(count, channels, o.before, o.after));
  kernels.local_response_norm_rows(
    out,
    source,
    count,
    channels,
    o.before,
    o.after,
    o.size,
    o.alpha,
    o.beta,
    o.k,
    scratch,
  );
  return finish(x, source, out);
}

function finish(x: FloatArray, source: number, out: number): FloatArray {
  if (out !== source) expectSame(arena.read(x, source), x, "x");
  const y = arena.read(x, out);
  arena.reset();
  return y;
}

function familiesOf(
  format: Format,
): Record<string, (n: number, random: ReturnType<typeof createRandom>) => FloatArray> {
  return format === "f32" ? { ...families, ...hostileFamilies } : families64;
}

/** Lines of channels of different families, [lines, channels]. */
function mixed(format: Format, lines: number, channels: number): FloatArray {
  const x = format === "f32" ? new Float32Array(lines * channels) : new Float64Array(lines * channels);
  const known = Object.values(familiesOf(format));
  for (let line = 0; line < lines; line++) {
    const values = known[(5 * line) % known.length](channels + 1, createRandom(line));
    x.set(values.subarray(0, channels), line * channels);
  }
  return x;
}

function transposed<A extends FloatArray>(x: A, channels: number): A {
  const lines = x.length / channels;
  return x.map((_, index) => x[(index % lines) * channels + Math.floor(index / lines)]) as A;
}

describe.each(["f32", "f64"] as const)("local response norm %s", (format) => {
  it.each(options)("is accurate on every family: %o", (o) => {
    for (const [name, family] of Object.entries(familiesOf(format)))
      for (const channels of [2, 3, 23]) {
        const x = family(channels, createRandom(channels));
        const exact = o.beta === 0 ? [...x] : exactLocalResponseNorm(x, o);
        const first = elementErr(columns(format, x, channels, 1, o), exact, format);
        const last = elementErr(rows(format, x, channels, o), exact, format);
        if (!(Math.max(first, last) <= BOUND)) expect.fail(`${name}, ${channels} channels: ${first}, last ${last}`);
      }
  });

  it("gives a line of channels the same bits in any layout, in place, beside others", () => {
    for (const o of [windowOf(5), windowOf(1), windowOf(4, 1, 0.6, 0), windowOf(64, 1, 0.75, 0), windowOf(9, 1, 1)])
      for (const [lines, channels] of [
        [1, 1],
        [1, 7],
        [3, 5],
        [4, 8],
        [6, 33],
        [17, 16],
        [35, 12],
        [150, 64],
        [1100, 3],
      ] as const) {
        const label = `${lines} lines of ${channels}, window of ${o.size}`;
        const x = mixed(format, lines, channels);
        const y = rows(format, x, channels, o);
        expectSame(rows(format, x, channels, o, true), y, `in place, ${label}`);
        const first = transposed(x, channels);
        const expected = transposed(y, channels);
        expectSame(columns(format, first, channels, lines, o), expected, `channels first, ${label}`);
        expectSame(columns(format, first, channels, lines, o, true), expected, `channels first in place, ${label}`);
        const line = lines >> 1;
        const part = (a: FloatArray) => a.slice(line * channels, line * channels + channels);
        expectSame(rows(format, part(x), channels, o), part(y), `alone, ${label}`);
      }
  });

  it("takes blocks one by one", () => {
    const x = mixed(format, 6, 35);
    const y = columns(format, x, 7, 5, windowOf(3, 1));
    for (let block = 0; block < 6; block++) {
      const part = (a: FloatArray) => a.slice(35 * block, 35 * block + 35);
      expectSame(columns(format, part(x), 7, 5, windowOf(3, 1)), part(y), `block ${block}`);
    }
  });

  it.each([0.75, 0.5, 1, 0.6, -0.75])("lets Infinity and NaN reach as far as the window: beta = %d", (beta) => {
    const power = beta > 0 ? Infinity : 0;
    for (const value of [Infinity, -Infinity, NaN]) {
      const x = mixed(format, 1, 30).fill(1);
      x[12] = value;
      const y = rows(format, x, 30, windowOf(5, 1, beta));
      expectSame(columns(format, x, 30, 1, windowOf(5, 1, beta)), y, "channels first");
      for (let c = 10; c <= 14; c++) expect(y[c]).toBe(Number.isNaN(value) ? NaN : x[c] / power);
      for (const c of [2, 9, 15, 27]) expect(y[c]).toBe(y[20]);
      expect(y[20]).toBeCloseTo(1 / 2 ** beta);
    }
  });
});
