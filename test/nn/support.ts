import {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  GroupNorm,
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
  LayerNorm,
  type ModuleOptions,
  type Norm,
  RMSNorm,
} from "../../src/nn/index.js";
import { sizeOf } from "../../src/shape.js";

/** A module, and the shape of an x for it. */
export interface ModuleCase {
  readonly name: string;
  readonly make: (options?: ModuleOptions) => Norm;
  readonly shape: readonly number[];
}

/** Every class of module, and the forms that have other paths. */
export const cases: readonly ModuleCase[] = [
  { name: "LayerNorm", make: (options) => new LayerNorm([3, 4], options), shape: [2, 3, 4] },
  { name: "LayerNorm, no bias", make: (options) => new LayerNorm(4, { bias: false, ...options }), shape: [2, 3, 4] },
  {
    name: "LayerNorm, no parameters",
    make: (options) => new LayerNorm([4], { elementwiseAffine: false, ...options }),
    shape: [2, 3, 4],
  },
  { name: "RMSNorm", make: (options) => new RMSNorm(4, options), shape: [2, 3, 4] },
  { name: "RMSNorm, eps", make: (options) => new RMSNorm([3, 4], { eps: 0.1, ...options }), shape: [2, 3, 4] },
  { name: "GroupNorm", make: (options) => new GroupNorm(2, 6, options), shape: [2, 6, 2, 2] },
  {
    name: "GroupNorm, no parameters",
    make: (options) => new GroupNorm(1, 6, { affine: false, ...options }),
    shape: [2, 6],
  },
  { name: "BatchNorm1d", make: (options) => new BatchNorm1d(3, options), shape: [5, 3] },
  { name: "BatchNorm1d of sequences", make: (options) => new BatchNorm1d(3, options), shape: [2, 3, 4] },
  { name: "BatchNorm2d", make: (options) => new BatchNorm2d(3, { momentum: null, ...options }), shape: [2, 3, 2, 2] },
  {
    name: "BatchNorm3d",
    make: (options) => new BatchNorm3d(3, { trackRunningStats: false, ...options }),
    shape: [2, 3, 1, 2, 2],
  },
  { name: "InstanceNorm1d", make: (options) => new InstanceNorm1d(3, options), shape: [2, 3, 4] },
  {
    name: "InstanceNorm1d, one sample",
    make: (options) => new InstanceNorm1d(3, { affine: true, ...options }),
    shape: [3, 5],
  },
  {
    name: "InstanceNorm2d",
    make: (options) => new InstanceNorm2d(3, { affine: true, trackRunningStats: true, ...options }),
    shape: [2, 3, 2, 2],
  },
  {
    name: "InstanceNorm3d",
    make: (options) => new InstanceNorm3d(3, { affine: true, ...options }),
    shape: [2, 3, 1, 2, 2],
  },
];

/** Numbers between -2 and 2 without a pattern, others for another seed. */
export function numbers(length: number, seed = 1): Float64Array {
  return Float64Array.from({ length }, (_, i) => 2 * ((Math.sin(12.9898 * (i + 1) + 78.233 * seed) * 43758.5453) % 1));
}

/** A float64 tensor of such numbers. */
export function doubles(shape: readonly number[], seed = 1): { data: Float64Array; shape: readonly number[] } {
  return { data: numbers(sizeOf(shape), seed), shape };
}

/** A float32 tensor of such numbers. */
export function singles(shape: readonly number[], seed = 1): { data: Float32Array; shape: readonly number[] } {
  return { data: Float32Array.from(numbers(sizeOf(shape), seed)), shape };
}

/** Gives parameters values as training might leave them. */
export function disturb(module: Norm, seed = 7): void {
  for (const [index, { data }] of module.parameters().entries())
    numbers(data.length, seed + index).forEach((value, i) => (data[i] = 1 - index + 0.3 * value));
}
