import { describe, expect, it } from "vitest";
import { createEngineSync } from "../../src/index.js";
import { parameters } from "../determinism/data.js";
import { families } from "../support/families.js";
import { channelParameters, layerParameters, referenceNormalize, withParameters } from "../support/oracle.js";
import { createRandom } from "../support/random.js";
import { expectAccurate } from "./check.js";
import { layers } from "./layers.js";

/** Rows and elements per row; the last are longer than a tile. */
const SHAPES = [
  [3, 16],
  [19, 100],
  [3, 129],
  [3, 1000],
  [1, 70_000],
];

const ANY_SIGN_AND_SIZE = [0, 1e-30, 1e-5, 1, 1e10, 1e38, 1e300, Infinity, -0.25, -1e-3];

for (const backend of ["wasm", "js"] as const) {
  const engine = createEngineSync({ backend });

  describe(`eps on ${backend}, with parameters`, () => {
    it.each(ANY_SIGN_AND_SIZE)("%d", (eps) => {
      for (const [rows, n] of SHAPES) {
        const data = families["N(0,1)"](rows * n, createRandom(n));
        const perElement = { weight: parameters(n, 1), bias: parameters(n, 2) };
        const perChannel = { weight: parameters(rows, 1), bias: parameters(rows, 2) };
        const plain = referenceNormalize(data, { rows, n, eps });
        const layer = engine.nativeLayerNorm({ data, shape: [rows, n] }, n, { eps, ...perElement });
        expectAccurate(layer.output.data, withParameters(plain, layerParameters(n, perElement)), `rows of ${n}`);
        const group = engine.nativeGroupNorm({ data, shape: [1, rows, n] }, rows, { eps, ...perChannel });
        expectAccurate(
          group.output.data,
          withParameters(plain, channelParameters(rows, n, perChannel)),
          `groups of ${n}`,
        );
      }
    });
  });

  describe.each(Object.entries(layers))(`%s on ${backend}, eps`, (_, normalize) => {
    it.each([-2, -1e30, -Infinity])("%d, below minus the variance, gives NaN", (eps) => {
      for (const n of [2, 100, 129, 70_000]) {
        const { output, rstd } = normalize(engine, plusMinus(0.5, 2 * n), n, eps);
        expect(output.data.every(Number.isNaN), `n = ${n}`).toBe(true);
        expect([...rstd.data]).toEqual([NaN, NaN]);
      }
    });

    it("0 without any deviation gives NaN, and an infinite rstd", () => {
      for (const n of [1, 2, 100, 129, 70_000])
        for (const value of [0, 1, Math.fround(0.1)]) {
          const { output, mean, rstd } = normalize(engine, new Float32Array(2 * n).fill(value), n, 0);
          expect(output.data.every(Number.isNaN), `${n} times ${value}`).toBe(true);
          expect([...mean.data]).toEqual([value, value]);
          expect([...rstd.data]).toEqual([Infinity, Infinity]);
        }
    });
  });
}

function plusMinus(value: number, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => (index % 2 ? -value : value));
}
