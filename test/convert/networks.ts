import { expect } from "vitest";
import { type LinearParameters } from "../../src/convert/index.js";
import type { TensorLike } from "../../src/index.js";
import { sizeOf } from "../../src/shape.js";

/** `W x + c` of every sample, flattened: torch.flatten and torch.nn.Linear. */
export function dense(x: TensorLike, { weight, bias }: LinearParameters): TensorLike {
  const [outputs, inputs] = weight.shape;
  const samples = sizeOf(x.shape) / inputs;
  const offset = bias && ("data" in bias ? bias.data : bias);
  const data = new Float64Array(samples * outputs);
  for (let n = 0; n < samples; n++)
    for (let o = 0; o < outputs; o++) {
      let sum = offset ? offset[o] : 0;
      for (let i = 0; i < inputs; i++) sum += weight.data[o * inputs + i] * x.data[n * inputs + i];
      data[n * outputs + o] = sum;
    }
  return { data, shape: [samples, outputs] };
}

/** The largest difference of two tensors of one size. */
export function distance(a: TensorLike, b: TensorLike): number {
  expect(a.data.length).toBe(b.data.length);
  let largest = 0;
  for (let i = 0; i < a.data.length; i++) largest = Math.max(largest, Math.abs(a.data[i] - b.data[i]));
  return largest;
}

export function expectClose(actual: TensorLike, expected: TensorLike): void {
  expect(distance(actual, expected)).toBeLessThan(1e-11);
}
