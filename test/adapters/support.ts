import { expect } from "vitest";
import type { Inputs, OperatorOptions } from "../../src/adapters/onnx/index.js";
import type { DType, Engine, Tensor, TensorLike } from "../../src/index.js";
import { sizeOf } from "../../src/shape.js";
import { type DTypeName, fromData, precisionOf, toData } from "../support/dtypes.js";
import { createRandom } from "../support/random.js";
import type { Expected, Numbers } from "./oracle.js";

export type Operator = (inputs: Inputs, attributes?: never, options?: OperatorOptions) => Tensor[];

/** A tensor of normal numbers; `shift` moves them, `positive` folds them over. */
export function tensorOf(
  dtype: DTypeName,
  shape: readonly number[],
  seed: number,
  { shift = 0, positive = false } = {},
): TensorLike {
  const { normal } = createRandom(seed);
  const values = Array.from({ length: sizeOf(shape) }, () => (positive ? Math.abs(normal()) + 0.25 : normal() + shift));
  return { data: toData(dtype, values), shape, dtype };
}

/** What a tensor holds, exactly. */
export function numbersOf({ data, shape, dtype }: TensorLike): Numbers {
  return { values: fromData(dtype as DTypeName, data), shape };
}

/** A tensor in an engine's memory. */
export function residentOf(engine: Engine, { data, shape, dtype }: TensorLike): Tensor {
  return engine.tensor(data, shape, dtype);
}

/** Half the distance between neighbours, relative to a number. */
const halfUlps: Readonly<Partial<Record<DType, number>>> = { float16: 2 ** -11, bfloat16: 2 ** -8 };

/**
 * Expects a result to be that of float64 arithmetic within 8 u D, as docs/numerics.md promises, and one rounding to 16 bits,
 * or as many as `roundings` says.
 */
export function expectClose(actual: Tensor, { values, shape, scale }: Expected, roundings = 1): void {
  expect(actual.shape).toEqual(shape);
  const { unitRoundoff } = precisionOf(actual.dtype);
  const half = halfUlps[actual.dtype] ?? 0;
  const results = fromData(actual.dtype, actual.data);
  const wrong = [...results.keys()].filter((i) => {
    const rounding = roundings * half * Math.max(Math.abs(values[i]), 2 ** -14);
    return !(Math.abs(results[i] - values[i]) <= 8 * unitRoundoff * scale[i] + rounding);
  });
  expect(wrong.map((i) => `${results[i]} at ${i} should be ${values[i]}`)).toEqual([]);
}

/** The bits of results. */
export function bitsOf(tensors: readonly Tensor[]): number[][] {
  return tensors.map(({ data }) => {
    const { buffer, byteOffset, byteLength } = data;
    return [...new Uint8Array(buffer, byteOffset, byteLength)];
  });
}
