import { describe, expect, it } from "vitest";
import { exp } from "../../src/math/exp.js";
import { powOfPair } from "../../src/math/pow.js";
import { createRandom } from "../support/random.js";

/** What Math.E rounds away. */
const E_LOW = 1.4456468917292502e-16;

/** e^x by way of a power, which is correct to 0.52 ulp and has tests of its own. */
function reference(x: number): number {
  return powOfPair(Math.E, E_LOW, x, 0);
}

const float = new Float64Array(1);
const bits = new BigInt64Array(float.buffer);

function bitsOf(value: number): bigint {
  float[0] = value;
  return bits[0];
}

describe("exp", () => {
  it.each([1e-9, 1, 20, 100, 740])("is within one number of e^x for |x| < %d", (range) => {
    const { uniform } = createRandom(range);
    for (let i = 0; i < 20_000; i++) {
      const x = (2 * uniform() - 1) * range;
      if (x > 709.7) continue;
      const distance = bitsOf(exp(x)) - bitsOf(reference(x));
      if (distance < -1n || distance > 1n) expect.fail(`e^${x} is ${reference(x)}, not ${exp(x)}`);
    }
  });

  it.each([
    [0, 1],
    [-0, 1],
    [Infinity, Infinity],
    [-Infinity, 0],
    [NaN, NaN],
    [709.79, Infinity],
    [-745.2, 0],
    [-745, Number.MIN_VALUE],
  ])("of %d is %d", (x, expected) => expect(exp(x)).toBe(expected));

  it("reaches the largest numbers", () => {
    expect(exp(709.782712893384)).toBeGreaterThan(1.797e308);
    expect(exp(709.782712893384)).toBeLessThan(Infinity);
  });
});
