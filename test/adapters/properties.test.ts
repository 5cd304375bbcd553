// Equations between operators, for any shape and data.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as onnx from "../../src/adapters/onnx/index.js";
import { createEngineSync, type Tensor, type TensorLike } from "../../src/index.js";
import { dtypes } from "../support/dtypes.js";
import { bitsOf, tensorOf } from "./support.js";

const sizes = fc.integer({ min: 1, max: 6 });
const dtype = fc.constantFrom(...dtypes);
const seed = fc.integer();

describe.each(["wasm", "js"] as const)("%s backend", (backend) => {
  const options = { engine: createEngineSync({ backend }) };

  function expectSame(a: readonly Tensor[], b: readonly Tensor[]): void {
    expect(bitsOf(a)).toEqual(bitsOf(b));
  }

  it("a Scale that is spread out by hand is the Scale that broadcasts", () => {
    fc.assert(
      fc.property(sizes, sizes, sizes, dtype, seed, (n, h, w, type, seed) => {
        const x = tensorOf(type, [n, h, w], seed);
        const scale = tensorOf(type, [h, 1], seed + 1);
        const spread = { ...scale, data: repeated(scale, w), shape: [h, w] };
        expectSame(
          onnx.LayerNormalization([x, scale], { axis: 1 }, options),
          onnx.LayerNormalization([x, spread], { axis: 1 }, options),
        );
      }),
    );
  });

  it("instances are groups of one channel, and one group is a layer", () => {
    fc.assert(
      fc.property(sizes, sizes, sizes, dtype, seed, (n, c, w, type, seed) => {
        const x = tensorOf(type, [n, c, w], seed);
        const [scale, bias] = [tensorOf(type, [c], seed + 1), tensorOf(type, [c], seed + 2)];
        expectSame(
          onnx.InstanceNormalization([x, scale, bias], {}, options),
          onnx.GroupNormalization([x, scale, bias], { num_groups: c }, options),
        );
      }),
    );
  });

  it("channels may be last", () => {
    fc.assert(
      fc.property(sizes, sizes, dtype, seed, fc.constantFrom(0, 1), (n, c, type, seed, activation) => {
        const x = tensorOf(type, [n, 2 * c, 1, 1], seed);
        const gamma = tensorOf("float32", [2 * c], seed + 1);
        const attributes = { groups: 2, activation };
        const [first] = onnx.GroupNorm([x, gamma, gamma], { ...attributes, channels_last: 0 }, options);
        const [last] = onnx.GroupNorm([{ ...x, shape: [n, 1, 1, 2 * c] }, gamma, gamma], attributes, options);
        expect(Array.from(first.data as Float32Array)).toEqual(Array.from(last.data as Float32Array));
      }),
    );
  });

  it("a skip of zeros changes nothing, and is the sum", () => {
    fc.assert(
      fc.property(sizes, sizes, dtype, seed, (rows, hidden, type, seed) => {
        const x = tensorOf(type, [rows, hidden], seed);
        const zeros = { ...x, data: (x.data as Float32Array).map(() => 0) };
        const gamma = tensorOf(type, [hidden], seed + 1);
        const attributes = { epsilon: 1e-3 };
        const [y, , , sum] = onnx.SkipLayerNormalization([x, zeros, gamma], attributes, { ...options, outputs: 4 });
        expectSame([y], onnx.LayerNormalization([x, gamma], attributes, options));
        expect(Array.from(sum.data as Float32Array)).toEqual(Array.from(x.data as Float32Array));
        expectSame(
          onnx.SkipSimplifiedLayerNormalization([x, zeros, gamma], attributes, options),
          onnx.SimplifiedLayerNormalization([x, gamma], attributes, options),
        );
      }),
    );
  });

  it("a window of an even size is one of reversed channels, reversed", () => {
    fc.assert(
      fc.property(sizes, sizes, fc.integer({ min: 1, max: 9 }), dtype, seed, (c, w, half, type, seed) => {
        const x = tensorOf(type, [1, c, w], seed);
        const size = 2 * half;
        const [y] = onnx.LRN([x], { size }, options);
        const expected = options.engine.localResponseNorm(reversed(x), size);
        expect(Array.from(y.data as Float32Array)).toEqual(Array.from(reversed(expected).data as Float32Array));
      }),
    );
  });
});

/** Each element `times` times. */
function repeated({ data }: TensorLike, times: number): Float32Array {
  const values = Array.from(data as Float32Array).flatMap((value) => new Array<number>(times).fill(value));
  return (data as Float32Array).constructor === Float32Array
    ? Float32Array.from(values)
    : (data.constructor as Float32ArrayConstructor).from(values);
}

/** [1, C, W] with its channels in the other order. */
function reversed({ data, shape, dtype }: TensorLike): TensorLike {
  const [, c, w] = shape;
  const copy = (data as Float32Array).map((_, i) => (data as Float32Array)[(c - 1 - Math.floor(i / w)) * w + (i % w)]);
  return { data: copy, shape, dtype };
}
