import { describe, expect, it } from "vitest";
import { exactNormalize, groupErr, type Format } from "../support/exact_powers.js";
import { families, hostileFamilies } from "../support/families.js";
import { families64 } from "../support/families64.js";
import { createRandom } from "../support/random.js";
import { Arena, expectSame, type FloatArray } from "./arena.js";

/** The accuracy contract's bound on err. */
const BOUND = 8;
const EPS = 1e-12;
const RESCALE = 2;
const STATE_BYTES = 80;
const ROWS_SCRATCH = 1024;

const POWERS = [2, 1, Infinity, 3, 0.5, 0.1, 0.01, 100, 1e6];

const arena = new Arena(1 << 23);

function kernelsOf(format: Format) {
  return arena.kernels[format === "f32" ? "float32" : "float64"];
}

function arrayOf(format: Format) {
  return format === "f32" ? Float32Array : Float64Array;
}

function normalizeRows(format: Format, x: FloatArray, n: number, p: number, eps = EPS, inPlace = false): FloatArray {
  const source = arena.place(x);
  const out = inPlace ? source : arena.allocate(x.byteLength);
  kernelsOf(format).normalize_rows(out, source, x.length / n, n, p, eps, arena.allocate(ROWS_SCRATCH));
  if (!inPlace) expectSame(arena.read(x, source), x, "x");
  const y = arena.read(x, out);
  arena.reset();
  return y;
}

function normalizeColumns(
  format: Format,
  x: FloatArray,
  [steps, columns]: readonly [number, number],
  p: number,
  eps = EPS,
  inPlace = false,
): FloatArray {
  const { normalize_columns_scratch: scratch, normalize_columns: run } = kernelsOf(format);
  const source = arena.place(x);
  const out = inPlace ? source : arena.allocate(x.byteLength);
  run(out, source, x.length / (steps * columns), steps, columns, p, eps, arena.allocate(scratch(columns)));
  if (!inPlace) expectSame(arena.read(x, source), x, "x");
  const y = arena.read(x, out);
  arena.reset();
  return y;
}

/** A row in pieces of `piece` elements. */
function normalizePieces(format: Format, x: FloatArray, piece: number, p: number): FloatArray {
  const kernels = kernelsOf(format);
  const {
    powers_accumulate: accumulate,
    powers_magnitude: magnitude,
    powers_finish: finish,
    powers_map: map,
  } = kernels;
  const source = arena.place(x);
  const out = arena.allocate(x.byteLength);
  const state = arena.allocate(STATE_BYTES);
  const sweep = (visit: (offset: number, count: number) => void) => {
    for (let at = 0; at < x.length; at += piece) visit(at * x.BYTES_PER_ELEMENT, Math.min(piece, x.length - at));
  };
  kernels.powers_begin(state, p);
  sweep((at, count) => accumulate(state, source + at, count));
  if (finish(state, EPS) === RESCALE) {
    sweep((at, count) => magnitude(state, source + at, count));
    if (kernels.powers_rescale(state)) sweep((at, count) => accumulate(state, source + at, count));
    expect(finish(state, EPS)).toBe(0);
  }
  sweep((at, count) => map(out + at, source + at, count, state));
  const y = arena.read(x, out);
  arena.reset();
  return y;
}

/** Columns in pieces of `piece` steps. */
function normalizeColumnPieces(format: Format, x: FloatArray, columns: number, piece: number, p: number): FloatArray {
  const kernels = kernelsOf(format);
  const source = arena.place(x);
  const out = arena.allocate(x.byteLength);
  const state = arena.allocate(kernels.power_columns_state_bytes(columns));
  const stride = columns * x.BYTES_PER_ELEMENT;
  const steps = x.length / columns;
  const sweep = (visit: (offset: number, steps: number) => void) => {
    for (let step = 0; step < steps; step += piece) visit(step * stride, Math.min(piece, steps - step));
  };
  kernels.power_columns_begin(state, columns, p);
  sweep((at, count) => kernels.power_columns_accumulate(state, source + at, count, columns));
  if (kernels.power_columns_finish(state, EPS) === RESCALE) {
    sweep((at, count) => kernels.power_columns_magnitude(state, source + at, count, columns));
    if (kernels.power_columns_rescale(state))
      sweep((at, count) => kernels.power_columns_accumulate(state, source + at, count, columns));
    expect(kernels.power_columns_finish(state, EPS)).toBe(0);
  }
  sweep((at, count) => kernels.power_columns_map(out + at, source + at, count, columns, state));
  const y = arena.read(x, out);
  arena.reset();
  return y;
}

/** Columns of different families, so that some are summed again and their neighbours are not. */
function mixedColumns(format: Format, steps: number, columns: number): FloatArray {
  const known = Object.values(familiesOf(format));
  const x = new (arrayOf(format))(steps * columns);
  for (let column = 0; column < columns; column++) {
    const values = known[(7 * column) % known.length](Math.max(2, steps), createRandom(column));
    for (let step = 0; step < steps; step++) x[step * columns + column] = values[step];
  }
  return x;
}

function columnOf(x: FloatArray, columns: number, column: number): FloatArray {
  return x.filter((_, index) => index % columns === column);
}

function familiesOf(
  format: Format,
): Record<string, (n: number, random: ReturnType<typeof createRandom>) => FloatArray> {
  return format === "f32" ? { ...families, ...hostileFamilies } : families64;
}

describe.each(["f32", "f64"] as const)("normalize %s", (format) => {
  it.each(POWERS)("is accurate on every family: p = %d", (p) => {
    for (const [name, family] of Object.entries(familiesOf(format)))
      for (const n of [2, 3, 37]) {
        const x = family(n, createRandom(n));
        const exact = exactNormalize(x, p, EPS);
        const row = groupErr(normalizeRows(format, x, n, p), exact, format);
        const column = groupErr(normalizeColumns(format, x, [n, 1], p), exact, format);
        if (!(Math.max(row, column) <= BOUND)) expect.fail(`${name}, n = ${n}: err ${row}, as a column ${column}`);
      }
  });

  it.each([1, 2, 2.5, Infinity])("is accurate for longer groups: p = %d", (p) => {
    for (const n of [127, 128, 129, 700]) {
      const x = familiesOf(format)["heavy tails"](n, createRandom(n));
      const exact = exactNormalize(x, p, EPS);
      expect(groupErr(normalizeRows(format, x, n, p), exact, format)).toBeLessThanOrEqual(BOUND);
      expect(groupErr(normalizeColumns(format, x, [n, 1], p), exact, format)).toBeLessThanOrEqual(BOUND);
    }
  });

  it.each([2, 1, Infinity, 3, 100])(
    "gives rows of any length the same bits, in pieces, in place, beside others: p = %d",
    (p) => {
      for (const n of [1, 2, 3, 5, 15, 16, 17, 31, 64, 100, 127, 128, 129, 255, 300, 1000, 3000]) {
        for (const family of ["N(0,1)", "outlier last", format === "f32" ? "magnitude 1e30" : "magnitude 1e300"]) {
          const x = familiesOf(format)
            [family](11 * n + 2, createRandom(n))
            .slice(0, 11 * n);
          const y = normalizeRows(format, x, n, p);
          expectSame(normalizeRows(format, x, n, p, EPS, true), y, `in place, n = ${n}`);
          for (const row of [0, 10]) {
            const alone = x.slice(row * n, row * n + n);
            const expected = y.slice(row * n, row * n + n);
            expectSame(normalizeRows(format, alone, n, p), expected, `row ${row} of ${n} alone`);
            for (const piece of [128, 384])
              expectSame(normalizePieces(format, alone, piece, p), expected, `${n} in pieces`);
          }
        }
      }
    },
  );

  it.each([2, 1, Infinity, 3, 100])("gives columns the same bits, in pieces, in place, beside others: p = %d", (p) => {
    for (const [steps, columns] of [
      [1, 1],
      [3, 5],
      [8, 4],
      [9, 7],
      [40, 33],
      [17, 66],
      [5, 1100],
    ] as const) {
      const x = mixedColumns(format, steps, columns);
      const y = normalizeColumns(format, x, [steps, columns], p);
      expectSame(normalizeColumns(format, x, [steps, columns], p, EPS, true), y, "in place");
      for (const piece of [8, 16]) expectSame(normalizeColumnPieces(format, x, columns, piece, p), y, "in pieces");
      for (let column = 0; column < columns; column += 1 + (columns >> 3)) {
        const alone = normalizeColumns(format, columnOf(x, columns, column), [steps, 1], p);
        expectSame(columnOf(y, columns, column), alone, `column ${column} of ${columns}`);
      }
    }
  });

  it("takes blocks of columns one by one", () => {
    const x = mixedColumns(format, 12, 10);
    const y = normalizeColumns(format, x, [4, 10], 2);
    for (let block = 0; block < 3; block++) {
      const part = x.slice(40 * block, 40 * block + 40);
      expectSame(y.slice(40 * block, 40 * block + 40), normalizeColumns(format, part, [4, 10], 2), `block ${block}`);
    }
  });

  it.each(POWERS)("has PyTorch's results at the edges: p = %d", (p) => {
    const Kind = arrayOf(format);
    for (const n of [3, 70, 200]) {
      const filled = (value: number, index = 1) => {
        const x = new Kind(n).fill(1);
        x[index] = value;
        return x;
      };
      for (const run of [
        (x: FloatArray, eps = EPS) => normalizeRows(format, x, n, p, eps),
        (x: FloatArray, eps = EPS) => normalizeColumns(format, x, [n, 1], p, eps),
      ]) {
        expectSame(run(new Kind(n)), new Kind(n), "a group of zeros");
        expectSame(run(new Kind(n), 1e-300), new Kind(n), "a group of zeros, tiny eps");
        expectSame(run(new Kind(n), 0), new Kind(n).fill(NaN), "a group of zeros without eps");
        expectSame(run(filled(NaN)), new Kind(n).fill(NaN), "NaN");
        expectSame(run(filled(NaN, n - 1)), new Kind(n).fill(NaN), "NaN in the end");
        const infinite = new Kind(n);
        infinite[1] = NaN;
        expectSame(run(filled(-Infinity)), infinite, "Infinity");
        const constant = run(new Kind(n).fill(2), 1e6);
        if (p >= 1) for (const y of constant) expect(y).toBeCloseTo(2e-6, 12);
      }
    }
  });
});
