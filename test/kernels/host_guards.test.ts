import { describe, expect, it } from "vitest";
import { createEngineSync } from "../../src/index.js";
import { TILE } from "../../src/engine/staging.js";
import { mixedRows, parameters } from "../determinism/data.js";
import { layerParameters, channelParameters, referenceNormalize, type Reference } from "../support/oracle.js";
import { families } from "../support/families.js";
import { createRandom } from "../support/random.js";
import { EPS, expectAccurate, expectUnchanged } from "./check.js";
import { GuardedHeap } from "./guarded_heap.js";

/** Elements before and behind each operand, in the same array. */
const GUARD = 19;
const GUARD_VALUE = 12_345;

const SIZES = [1, 2, 15, 16, 17, 127, 128, 129, 1000, 4097, TILE - 1, TILE, TILE + 1, 2 * TILE + 7];

for (const backend of ["wasm", "js"] as const) {
  describe(`host tensors within larger arrays on ${backend}`, () => {
    const engine = createEngineSync({ backend });

    it.each(SIZES)("rows of %i: accurate, inputs and what surrounds them unchanged", (n) => {
      const rows = n > 10_000 ? 2 : 5;
      const data = families["N(0,1) + 1e3"](rows * n, createRandom(n));
      const [perElement, perChannel] = [affineOf(n), affineOf(rows)];
      const plain = { rows, n, eps: EPS };
      const layer = referenceNormalize(data, { ...plain, ...layerParameters(n, perElement) });
      const group = referenceNormalize(data, { ...plain, ...channelParameters(rows, n, perChannel) });

      expectGuarded(data, perElement, layer, (x, { weight, bias }, out) => {
        const shape = [rows, n];
        engine.layerNorm({ data: x, shape }, n, { weight, bias, eps: EPS, out: { data: out, shape } });
      });
      expectGuarded(data, perChannel, group, (x, { weight, bias }, out) => {
        const shape = [1, rows, n];
        engine.nativeGroupNorm({ data: x, shape }, rows, { weight, bias, eps: EPS, out: { data: out, shape } });
      });
    });
  });
}

describe("tiles in linear memory", () => {
  const heap = new GuardedHeap(2 ** 22);
  const engine = heap.createEngine("wasm");

  it.each(SIZES)("rows of %i stay within the scratch that was taken for them", (n) => {
    const rows = Math.ceil(TILE / n) + 3;
    const { data } = mixedRows(rows, n);
    const [weight, bias] = [parameters(n, 1), parameters(n, 2)];
    const [perRow, perRowBias] = [parameters(rows, 1), parameters(rows, 2)];
    const [x, grouped] = [
      { data, shape: [rows, n] },
      { data, shape: [1, rows, n] },
    ];
    engine.nativeLayerNorm(x, n, { weight, bias });
    engine.nativeGroupNorm(grouped, rows, { weight: perRow, bias: perRowBias });
    engine.rowwiseMoments(x, n);
    engine.affineGlobal(grouped, perRow, perRowBias);
    engine.affineVectorized(x, perRow, perRowBias, weight, bias);
    expect(heap.takeDamage()).toEqual([]);
    expect(engine.memory.usedBytes).toBe(0);
  });
});

interface Affine {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

type Run = (x: Float32Array, affine: Affine, out: Float32Array) => void;

function affineOf(count: number): Affine {
  return { weight: parameters(count, 1), bias: parameters(count, 2) };
}

function expectGuarded(data: Float32Array, affine: Affine, reference: Reference, run: Run): void {
  const [x, weight, bias] = [data, affine.weight, affine.bias].map(guarded);
  const out = guarded(new Float32Array(data.length));
  run(inner(x), { weight: inner(weight), bias: inner(bias) }, inner(out));
  expectUnchanged(x, guarded(data), "x");
  expectUnchanged(weight, guarded(affine.weight), "weight");
  expectUnchanged(bias, guarded(affine.bias), "bias");
  expectUnchanged(out, guarded(inner(out)), "what surrounds out");
  expectAccurate(inner(out), reference, `${reference.rows} rows of ${reference.n}`);
}

function guarded(data: Float32Array): Float32Array {
  const larger = new Float32Array(data.length + 2 * GUARD).fill(GUARD_VALUE);
  larger.set(data, GUARD);
  return larger;
}

function inner(larger: Float32Array): Float32Array {
  return larger.subarray(GUARD, -GUARD);
}
