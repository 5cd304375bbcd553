// bfloat16 rows through the engine: host and resident tensors, in tiles and whole, with the bits of float32 results rounded.

import { describe, expect, it } from "vitest";
import { createEngineSync, type TensorLike } from "../../src/index.js";
import { TILE } from "../../src/engine/staging.js";
import { decodeBfloats, encodeBfloats } from "../../src/math/half.js";
import { mixedRows, parameters } from "../determinism/data.js";

const engine = createEngineSync({ backend: "wasm" });

interface Bits {
  readonly data: Uint16Array;
  readonly shape: readonly number[];
  readonly dtype: "bfloat16";
}

/** Where x and its result are: an array, the engine's memory, or the same at an odd multiple of two bytes. */
type Home = "host" | "resident" | "unaligned";

interface Case {
  readonly x: Bits;
  readonly n: number;
  readonly weight?: Float32Array;
  readonly bias?: Float32Array;
  readonly centred: boolean;
}

const homes: readonly Home[] = ["host", "resident", "unaligned"];

describe.each([1, 128, 129, 768, 4097, 20_000, TILE - 1, TILE, TILE + 1])("bfloat16 rows of %i", (n) => {
  const rows = n < 4097 ? 2 * Math.ceil((2 * TILE) / n) + 3 : 7;
  const x = bfloats(mixedRows(Math.min(rows, 1100), n, n).data as Float32Array, n);
  const weight = parameters(n, 1);
  const bias = parameters(n, 2);

  for (const centred of [true, false])
    for (const choice of [{}, { weight }, { bias }, { weight, bias }]) {
      if (!centred && "bias" in choice) continue;
      it(`${centred ? "layerNorm" : "rmsNorm"} with ${Object.keys(choice).join(" and ") || "no parameters"}`, () => {
        const input: Case = { x, n, centred, ...choice };
        const expected = byFloat32(input);
        for (const home of homes) {
          expectSame(evaluate(input, home, "apart"), expected, `${home}, apart`);
          expectSame(evaluate(input, home, "in place"), expected, `${home}, in place`);
        }
        for (const home of homes)
          for (const to of homes.filter((each) => (each === "host") === (home === "host")))
            expectOutput(evaluateInto(input, home, to), expected.output, `${home} to ${to}`);
        expect(engine.memory.usedBytes).toBe(0);
      });
    }

  it("with parameters of bfloat16, and of either home", () => {
    const [short, other] = [bfloats(weight, n), bfloats(bias, n)];
    const expected = byFloat32({ x, n, centred: true, weight: floats(short.data), bias: floats(other.data) });
    engine.scope(() => {
      const [w, b] = [short, other].map(({ data, dtype }) => ({ data, shape: [n], dtype }));
      const options = [
        { weight: w, bias: b },
        { weight: engine.tensor(w.data, [n], "bfloat16"), bias: b },
        { weight: engine.tensor(floats(w.data), [n]), bias: floats(b.data) },
      ];
      for (const each of options)
        for (const home of homes)
          expectOutput(read(engine.layerNorm(at(x, home), n, each)), expected.output, `parameters, ${home}`);
    });
  });
});

interface Result {
  readonly output: Uint16Array;
  readonly mean?: Float32Array;
  readonly rstd: Float32Array;
}

/** As float32, then rounded. */
function byFloat32({ x, n, weight, bias, centred }: Case): Result {
  const wide = { data: floats(x.data), shape: x.shape };
  if (!centred) {
    const { output, rstd } = engine.nativeRmsNorm(wide, n, { weight });
    return { output: bfloats(output.data, n).data, rstd: rstd.data as Float32Array };
  }
  const { output, mean, rstd } = engine.nativeLayerNorm(wide, n, { weight, bias });
  return { output: bfloats(output.data, n).data, mean: mean.data as Float32Array, rstd: rstd.data as Float32Array };
}

function evaluate({ x, n, weight, bias, centred }: Case, home: Home, way: "apart" | "in place"): Result {
  return engine.scope(() => {
    const placed = at(x, home);
    const out = way === "apart" ? {} : { out: placed };
    if (!centred) {
      const { output, rstd } = engine.nativeRmsNorm(placed, n, { weight, ...out });
      return { output: read(output), rstd: rstd.data.slice() as Float32Array };
    }
    const { output, mean, rstd } = engine.nativeLayerNorm(placed, n, { weight, bias, ...out });
    return {
      output: read(output),
      mean: mean.data.slice() as Float32Array,
      rstd: rstd.data.slice() as Float32Array,
    };
  });
}

function evaluateInto({ x, n, weight, bias, centred }: Case, home: Home, to: Home): Uint16Array {
  return engine.scope(() => {
    const placed = at(x, home);
    const out = at({ ...x, data: new Uint16Array(x.data.length) }, to);
    if (centred) return read(engine.layerNorm(placed, n, { weight, bias, out }));
    return read(engine.rmsNorm(placed, n, { weight, out }));
  });
}

function at(x: Bits, home: Home): TensorLike<Uint16Array> {
  if (home === "host") return { ...x, data: x.data.slice() };
  if (home === "resident") return engine.tensor(x.data, x.shape, "bfloat16") as TensorLike<Uint16Array>;
  const block = engine.empty([x.data.length + 1], "bfloat16");
  const view = engine.view(block.data.byteOffset + 2, x.shape, "bfloat16") as TensorLike<Uint16Array>;
  view.data.set(x.data);
  return view;
}

function read(tensor: TensorLike): Uint16Array {
  return (tensor.data as Uint16Array).slice();
}

function expectSame(actual: Result, expected: Result, label: string): void {
  expectOutput(actual.output, expected.output, label);
  for (const name of ["mean", "rstd"] as const)
    expected[name]?.forEach((value, row) => {
      if (!Object.is(actual[name]?.[row], value))
        expect.fail(`${label}, ${name}[${row}]: ${actual[name]?.[row]}, not ${value}`);
    });
}

function expectOutput(actual: Uint16Array, expected: Uint16Array, label: string): void {
  for (let i = 0; i < expected.length; i++)
    if (actual[i] !== expected[i] && !(isNaN16(actual[i]) && isNaN16(expected[i])))
      expect.fail(`${label}[${i}]: ${actual[i]}, not ${expected[i]}`);
}

function isNaN16(bits: number): boolean {
  return (bits & 0x7fff) > 0x7f80;
}

function floats(bits: Uint16Array): Float32Array {
  const values = new Float32Array(bits.length);
  decodeBfloats(values, bits);
  return values;
}

function bfloats(values: Float32Array, n: number): Bits {
  const data = new Uint16Array(values.length);
  encodeBfloats(data, values);
  return { data, shape: [values.length / n, n], dtype: "bfloat16" };
}
