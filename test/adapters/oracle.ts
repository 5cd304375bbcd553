// The operators in float64, element by element, as the specifications write them.

import { sizeOf } from "../../src/shape.js";

/** Numbers of a shape. */
export interface Numbers {
  readonly values: Float64Array;
  readonly shape: readonly number[];
}

/** A result, and for each element the magnitude that errors are measured against. */
export interface Expected extends Numbers {
  readonly scale: Float64Array;
}

/** Mean and variance of a group; the variance about 0 for RMS norms. */
interface Moments {
  readonly mean: number;
  /** What float64 rounds away of the mean, so that this is an oracle of float64 too. */
  readonly meanLow: number;
  readonly variance: number;
}

/** The index of an element in each dimension. */
export function indicesOf(index: number, shape: readonly number[]): number[] {
  return shape.map((size, axis) => Math.floor(index / sizeOf(shape.slice(axis + 1))) % size);
}

/** The element of `from` that broadcasts to the element of x at these indices. */
export function broadcastAt({ values, shape }: Numbers, indices: readonly number[]): number {
  const own = indices.slice(indices.length - shape.length);
  return values[shape.reduce((index, size, axis) => index * size + (size === 1 ? 0 : own[axis]), 0)];
}

/** Moments of groups that a name tells apart. */
export function momentsBy(x: Numbers, nameOf: (indices: number[]) => string, centred = true): Map<string, Moments> {
  const groups = new Map<string, number[]>();
  x.values.forEach((value, index) => {
    const name = nameOf(indicesOf(index, x.shape));
    groups.set(name, [...(groups.get(name) ?? []), value]);
  });
  return new Map([...groups].map(([name, values]) => [name, momentsOf(values, centred)]));
}

function momentsOf(values: readonly number[], centred: boolean): Moments {
  const meanOf = (numbers: readonly number[]) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  const mean = centred ? meanOf(values) : 0;
  const meanLow = centred ? meanOf(values.map((value) => value - mean)) : 0;
  return { mean, meanLow, variance: meanOf(values.map((value) => (value - mean - meanLow) ** 2)) };
}

export interface Normalisation {
  readonly nameOf: (indices: number[]) => string;
  /** 1 / the divisor, from a group's variance. */
  readonly factorOf: (variance: number) => number;
  readonly gammaOf?: (indices: number[]) => number;
  readonly betaOf?: (indices: number[]) => number;
  readonly centred?: boolean;
}

/** (x - mean) * factor * gamma + beta. */
export function normalised(x: Numbers, options: Normalisation): Expected {
  const { nameOf, factorOf, gammaOf = () => 1, betaOf = () => 0, centred = true } = options;
  const groups = momentsBy(x, nameOf, centred);
  const scale = new Float64Array(x.values.length);
  const values = x.values.map((value, index) => {
    const indices = indicesOf(index, x.shape);
    const { mean, meanLow, variance } = groups.get(nameOf(indices))!;
    const normal = (value - mean - meanLow) * factorOf(variance);
    const [gamma, beta] = [gammaOf(indices), betaOf(indices)];
    const rms = Math.sqrt(variance) * factorOf(variance);
    scale[index] = Math.abs(gamma) * Math.max(Math.abs(normal), rms) + Math.abs(beta);
    return normal * gamma + beta;
  });
  return { values, shape: x.shape, scale };
}

/** The factor of layers that add eps to the variance. */
export function rstdOf(eps: number): (variance: number) => number {
  return (variance) => 1 / Math.sqrt(variance + eps);
}

/** A result without statistics: errors are measured against itself. */
export function elementwise({ values, shape }: Numbers): Expected {
  return { values, shape, scale: values.map(Math.abs) };
}
