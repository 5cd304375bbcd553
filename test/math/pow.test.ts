import { describe, expect, it } from "vitest";
import { compileSync } from "../../src/engine/module.js";
import { pow, powInto, powOfPair } from "../../src/math/pow.js";
import { exactPower, relativeError, ulpError } from "../support/exact_power.js";
import { createRandom, type Random } from "../support/random.js";
import { add, rational, subtract } from "../support/rational.js";

const memory = new WebAssembly.Memory({ initial: 1 });
const kernels = new WebAssembly.Instance(compileSync(), { env: { memory } }).exports as unknown as {
  pow(x: number, y: number): number;
};

const SMALLEST = 2 ** -1074;
const LARGEST = Number.MAX_VALUE;

/** Each gives x and y with a result that is neither 0 nor infinite. */
const ranges: Record<string, (random: Random) => [number, number]> = {
  "ordinary numbers": (random) => [0.5 + 4 * random.uniform(), 6 * random.normal()],
  "near 1, large exponents": (random) => [1 + 1e-3 * random.normal(), 1e4 * random.normal()],
  "next to 1, huge exponents": (random) => [1 + 2 ** -52 * (1 + (random.uint32() >>> 22)), 1e14 * random.normal()],
  "any x, results of any size": (random) => {
    const x = anyFloat(random);
    return [x, (160 * random.normal()) / Math.log2(x)];
  },
  "any x, small exponents": (random) => [anyFloat(random), 1e-3 * random.normal()],
  "any x, 3/4": (random) => [anyFloat(random), 0.75],
  "any x, 1/10": (random) => [anyFloat(random), 0.1],
  "subnormal x": (random) => [SMALLEST * random.uint32(), 0.9 * random.uniform()],
  "subnormal results": (random) => {
    const x = anyFloat(random);
    return [x, (-1023 - 50 * random.uniform()) / Math.log2(x)];
  },
};

describe("pow", () => {
  it.each(Object.entries(ranges))("is correct to 0.52 ulp: %s", (_, draw) => {
    const random = createRandom(1);
    for (let i = 0; i < 1000; i++) {
      const [x, y] = draw(random);
      const error = ulpError(pow(x, y), exactPower(rational(x), rational(y)));
      if (!(error <= 0.52)) expect.fail(`${x} ** ${y}: ${error} ulp`);
    }
  });

  it("has the same bits in WebAssembly", () => {
    const random = createRandom(2);
    const special = [0, -0, SMALLEST, 2 ** -1022, 0.5, 1, 2, 3, LARGEST, Infinity, NaN, -1, -2, -0.5, -Infinity];
    for (const x of special) for (const y of special) expect(kernels.pow(x, y), `${x} ** ${y}`).toBe(pow(x, y));
    for (const draw of Object.values(ranges))
      for (let i = 0; i < 500; i++) {
        const [x, y] = draw(random);
        if (!Object.is(kernels.pow(x, y), pow(x, y))) expect.fail(`${x} ** ${y}`);
      }
  });

  it("is exact where the result can be", () => {
    for (let n = -1074; n <= 1023; n++) expect(pow(2, n)).toBe(2 ** n);
    for (let x = 1; x < 200; x++) {
      expect(pow(x, 3)).toBe(x * x * x);
      expect(pow(x * x, 0.5)).toBe(x);
      expect(pow(x * x * x * x, 0.75)).toBe(x * x * x);
    }
    expect([pow(5, 22), pow(10, 22), pow(7, 18)]).toEqual([2384185791015625, 1e22, 1628413597910449]);
    expect([pow(LARGEST, 1), pow(SMALLEST, 1), pow(SMALLEST, -0.5)]).toEqual([LARGEST, SMALLEST, 2 ** 537]);
  });

  it("has IEEE 754's special values", () => {
    for (const y of [0, -0, 1, -3.5, Infinity, NaN]) expect(pow(1, y)).toBe(1);
    for (const x of [0, 1, -2, Infinity, NaN]) expect(pow(x, 0)).toBe(1);
    expect([pow(0, 2), pow(0, -2), pow(Infinity, 2), pow(Infinity, -2)]).toEqual([0, Infinity, Infinity, 0]);
    expect([pow(0.5, Infinity), pow(0.5, -Infinity), pow(2, Infinity), pow(2, -Infinity)]).toEqual([
      0,
      Infinity,
      Infinity,
      0,
    ]);
    expect([pow(NaN, 2), pow(2, NaN), pow(-2, 0.5), pow(-Infinity, 0.5)]).toEqual([NaN, NaN, NaN, NaN]);
    expect([pow(-2, 2), pow(-2, 3), pow(-2, -1), pow(-Infinity, 3)]).toEqual([4, -8, -0.5, -Infinity]);
    expect([pow(10, 400), pow(10, -400), pow(0.5, 1e300), pow(2, 1e300)]).toEqual([Infinity, 0, 0, Infinity]);
    expect([pow(2, 1024), pow(2, -1075), pow(2, -1074.4)]).toEqual([Infinity, 0, SMALLEST]);
  });

  it("does not decrease where the power does not", () => {
    for (const y of [0.1, 0.75, 2.5, 30]) {
      for (const start of [0.7071067811865, 0.9999999999999, 1.414213562373, 2.9999999999999]) {
        let previous = 0;
        for (let i = 0; i < 2000; i++) {
          const power = pow(start + i * 2 ** -52, y);
          if (power < previous) expect.fail(`${start} + ${i} ulp, to the ${y}`);
          previous = power;
        }
      }
    }
  });
});

describe("powers of and as pairs", () => {
  it("keep the digits that a root would multiply the loss of", () => {
    const random = createRandom(3);
    const out = new Float64Array(2);
    for (let i = 0; i < 500; i++) {
      const x = 10 * random.uniform() + 0.01;
      powInto(out, x, 0.01);
      const exact = exactPower(rational(x), rational(0.01));
      const error = relativeError(0, subtract(exact, add(rational(out[0]), rational(out[1]))), exact);
      expect(error).toBeLessThan(2 ** -60);
      expect(Math.abs(powOfPair(out[0], out[1], 100, 0) / x - 1)).toBeLessThan(2 ** -51);
    }
  });

  it("take what has no logarithm", () => {
    const out = new Float64Array(2);
    const of = (x: number) => (powInto(out, x, 3), [...out]);
    expect([of(0), of(Infinity), of(NaN)]).toEqual([
      [0, 0],
      [Infinity, 0],
      [NaN, 0],
    ]);
  });
});

/** Positive, finite, not 1, its exponent uniform. */
function anyFloat(random: Random): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, random.uint32() % 0x7ff00000);
  view.setUint32(4, random.uint32() | 1);
  return view.getFloat64(0);
}
