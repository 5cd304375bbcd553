import { describe, expect, it } from "vitest";
import { parameters } from "../determinism/data.js";
import { familiesOf } from "../support/family/of_dtype.js";
import { createRandom } from "../support/random.js";
import { HAS_BETA, HAS_GAMMA, RESCALE, RowMemory, SETTLED, UNCENTRED, WANTS_MOMENTS, type Numbers } from "./rows.js";

/** Paths of their own: short rows, the pipeline, spread samples, wide rows; tails of every kind. */
const lengths = [1, 2, 5, 16, 63, 64, 128, 131, 200, 1027, 2051, 4100, 8200];

for (const dtype of ["float32", "float64"] as const) {
  const memory = new RowMemory(dtype, 100);
  const huge = dtype === "float32" ? 1e30 : 1e300;
  const tiny = dtype === "float32" ? 1e-40 : 1e-310;
  const normal = (n: number, scale = 1) => {
    const random = createRandom(n);
    return memory.numbers(Float64Array.from({ length: n }, () => scale * random.normal()));
  };
  const filled = (n: number, value: number) => memory.numbers(new Float64Array(n).fill(value));

  describe(`RMS norm of ${dtype} rows`, () => {
    const flags = UNCENTRED;

    it.each(lengths)("infinities make the finite 0 and themselves NaN, whatever the magnitudes: %i", (n) => {
      for (const scale of [1, huge, tiny])
        for (const infinity of [Infinity, -Infinity]) {
          const x = normal(n, scale);
          x[n >> 1] = infinity;
          const { output, rstd } = memory.layerNorm(x, n, { gamma: filled(n, 2), flags });
          expect(Array.from(output, Math.abs)).toEqual(Array.from(x, (value) => (Number.isFinite(value) ? 0 : NaN)));
          expect(rstd[0]).toBe(0);
        }
    });

    it.each(lengths)("a NaN makes all NaN, beside an infinity too: %i", (n) => {
      for (const other of [0, Infinity]) {
        const x = normal(n);
        x[0] = other;
        x[n - 1] = NaN;
        const { output, rstd } = memory.layerNorm(x, n, { flags });
        expect(output.every(Number.isNaN) && Number.isNaN(rstd[0])).toBe(true);
      }
    });

    it.each(lengths)("zeros are 0 with eps, and NaN without: %i", (n) => {
      expect(memory.layerNorm(filled(n, 0), n, { flags }).output.every((y) => y === 0)).toBe(true);
      const { output, rstd } = memory.layerNorm(filled(n, 0), n, { flags, eps: 0 });
      expect(output.every(Number.isNaN)).toBe(true);
      expect(rstd[0]).toBe(Infinity);
    });

    it("leaves the means alone, and takes mean squares for variances", () => {
      const x = normal(600);
      const { mean } = memory.layerNorm(x, 200, { flags });
      expect(new Uint8Array(mean.buffer).every((byte) => byte === 0xff)).toBe(true);
      memory.reset();
      const [source, target] = [memory.place(filled(200, 3)), memory.take(8)];
      memory.kernel("row_moments")(0, target, source, 1, 200, memory.scratch(), flags);
      expect(memory.read(target, 1)[0]).toBe(9);
    });
  });

  describe(`layer norm of ${dtype} rows`, () => {
    it.each(lengths)("NaN and infinities make the row NaN, mean and rstd too: %i", (n) => {
      for (const poison of [NaN, Infinity, -Infinity]) {
        const x = normal(3 * n);
        x[n + (n >> 1)] = poison;
        const { output, mean, rstd } = memory.layerNorm(x, n);
        const isNaN = Array.from(output, Number.isNaN);
        expect(isNaN).toEqual(isNaN.map((_, index) => index >= n && index < 2 * n));
        expect([...mean, ...rstd].map(Number.isNaN)).toEqual([false, true, false, false, true, false]);
      }
    });

    it.each(lengths)("constant rows give the bias, and 1 / sqrt(eps): %i", (n) => {
      const largest = dtype === "float32" ? 3.4028234663852886e38 : Number.MAX_VALUE;
      const bias = memory.numbers(parameters(n, 2));
      for (const value of [0, 0.1, -7.3, 1e10 / 3, huge / 7, largest, tiny, 1e-30 / 3]) {
        const { output, mean, rstd } = memory.layerNorm(filled(n, value), n, { beta: bias, eps: 1 / 16 });
        expect(output).toEqual(bias);
        expect(mean).toEqual(filled(1, value));
        expect(rstd[0]).toBe(4);
      }
    });

    it("has the same bits for a row alone, in place, and in pieces", () => {
      const families = Object.values(familiesOf(dtype));
      for (const n of lengths.slice(1)) {
        const x = memory.numbers(new Float64Array(5 * n));
        for (let row = 0; row < 5; row++) x.set(families[(n + 7 * row) % families.length](n, createRandom(n)), row * n);
        const [gamma, beta] = [1, 2].map((seed) => memory.numbers(parameters(n, seed)));
        for (const given of [{}, { gamma }, { beta }, { gamma, beta }, { gamma, flags: UNCENTRED }]) {
          const { output } = memory.layerNorm(x, n, given);
          expectSame(memory.layerNorm(x, n, { ...given, inPlace: true }).output, output);
          for (let row = 0; row < 5; row++) {
            const own = x.slice(row * n, row * n + n);
            const expected = output.slice(row * n, row * n + n);
            expectSame(memory.layerNorm(own, n, given).output, expected);
            expectSame(inPieces(own, n, given), expected);
          }
        }
      }
    });
  });

  describe(`the parts of ${dtype} kernels`, () => {
    it("sums the runs of a group", () => {
      for (const [runs, length, stride] of [
        [1, 5, 5],
        [7, 1, 3],
        [9, 49, 60],
        [3, 300, 301],
        [2, 9000, 9001],
      ]) {
        const x = normal(runs * stride);
        memory.reset();
        const [at, state] = [memory.place(x), memory.scratch()];
        memory.kernel("moments_begin")(state, 0.5, 1, 0);
        do {
          for (let run = 0; run < runs; run++) {
            memory.kernel("moments_accumulate")(state, at + run * stride * memory.elementBytes, length);
            memory.kernel("moments_end_run")(state);
          }
        } while (memory.kernel("moments_finish")(state, runs * length, 1) !== SETTLED);
        const places = [memory.take(8), memory.take(8)];
        memory.kernel("store_statistics")(state, places[0], places[1], 0, WANTS_MOMENTS);
        memory.expectGuards("runs");
        const kept = Array.from(x).filter((_, index) => index % stride < length);
        const mean = kept.reduce((sum, value) => sum + value, 0) / kept.length;
        const variance = kept.reduce((sum, value) => sum + (value - mean) ** 2, 0) / kept.length;
        expect(memory.readDoubles(places[0], 1)[0]).toBeCloseTo(mean, 5);
        expect(memory.readDoubles(places[1], 1)[0]).toBeCloseTo(variance, 5);
      }
    });

    it("maps runs about a centre, or about 0", () => {
      const [runs, span, period] = [7, 21, 3];
      const x = normal(runs * span);
      const [centre, scale, bias] = [3, 4, 5].map((seed) => memory.numbers(parameters(period, seed)));
      for (const about of [centre, undefined]) {
        memory.reset();
        const out = memory.take(x.byteLength);
        const places = [x, about, scale, bias].map((values) => memory.place(values));
        memory.kernel("affine_global")(out, places[0], places[1], places[2], places[3], runs, span, period);
        memory.expectGuards("affine_global");
        const round = dtype === "float32" ? Math.fround : (value: number) => value;
        const expected = x.map((value, index) => {
          const run = Math.floor(index / span) % period;
          return round(round(round(value - (about ? about[run] : 0)) * scale[run]) + bias[run]);
        });
        expect(memory.read(out, x.length)).toEqual(expected);
      }
    });
  });

  /** What a row is in tiles: sums of pieces of whole blocks, then maps of them. */
  function inPieces(x: Numbers, n: number, given: { gamma?: Numbers; beta?: Numbers; flags?: number }): Numbers {
    const { gamma, beta, flags = 0 } = given;
    memory.reset();
    const [at, out, g, b] = [memory.place(x), memory.take(x.byteLength), memory.place(gamma), memory.place(beta)];
    const state = memory.scratch();
    const piece = 384;
    const pieces = Array.from({ length: Math.ceil(n / piece) }, (_, index) => index * piece);
    const bytesOf = (start: number) => start * memory.elementBytes;
    memory.kernel("begin_row")(state, at, n, flags);
    for (let verdict = -1; verdict !== SETTLED;) {
      for (const start of pieces)
        memory.kernel("moments_accumulate")(state, at + bytesOf(start), Math.min(piece, n - start));
      verdict = memory.kernel("moments_finish")(state, n, 1e-5);
      if (verdict === RESCALE) memory.kernel("moments_rescale")(state, memory.kernel("largest_magnitude")(at, n));
    }
    const all = (gamma ? HAS_GAMMA : 0) | (beta ? HAS_BETA : 0);
    for (const start of pieces) {
      const [from, to, count] = [at + bytesOf(start), out + bytesOf(start), Math.min(piece, n - start)];
      const source = memory.kernel("prescaled")(state, to, from, count);
      memory.kernel("map_row")(to, source, g + bytesOf(start), b + bytesOf(start), count, state, all);
    }
    memory.expectGuards("pieces");
    return memory.read(out, n);
  }
}

/** Number by number: toEqual takes long for rows of thousands. */
function expectSame(actual: Numbers, expected: Numbers): void {
  const index = actual.findIndex((value, at) => !Object.is(value, expected[at]));
  if (index >= 0 || actual.length !== expected.length) expect(actual[index], `element ${index}`).toBe(expected[index]);
}
