import type { TypedArray } from "./dtype.js";
import { describe } from "./dtype.js";
import { defaultEngine } from "./engine/default.js";
import { ArgumentError, ShapeError } from "./errors.js";
import { reading, shapeOf } from "./ops/operand.js";
import { formatShape, sameShape, sizeOf } from "./shape.js";
import type { TensorLike } from "./tensor.js";

/** Moments as JSON: numbers, and "NaN", "Infinity" or "-Infinity" where JSON has no number. */
export interface MomentsJSON {
  count: number;
  shape: number[];
  mean: (number | string)[];
  m2: (number | string)[];
}

/**
 * Mean and variance in float64 of groups that grow by merging: of a tensor's parts, of batches, of machines. One count
 * for all groups; an array element for each group.
 *
 * @see Chan, Golub, LeVeque 1979, "Updating formulae and a pairwise algorithm for computing sample variances"
 */
export class Moments {
  /** Elements per group. */
  readonly count: number;
  /** The shape of the groups: the sizes that statistics were not taken over. */
  readonly shape: readonly number[];
  /** The mean of each group; 0 for groups of no elements. */
  readonly mean: Float64Array;
  /** The sum of squared deviations of each group. */
  readonly m2: Float64Array;

  private constructor(count: number, shape: readonly number[], mean: Float64Array, m2: Float64Array) {
    this.count = count;
    this.shape = Object.freeze([...shape]);
    this.mean = mean;
    this.m2 = m2;
  }

  /**
   * Moments of x over axes (all of them, where missing), on the default engine.
   *
   * @param axes dimensions of x; negative ones count from the end
   * @throws ShapeError, DTypeError, ArgumentError, DisposedError, OutOfMemoryError
   */
  static of<Data extends TypedArray>(x: TensorLike<Data>, axes?: readonly number[]): Moments {
    const { count, shape, mean, variance } = defaultEngine().axisMoments(x, axes);
    const m2 = variance.map((value) => value * count);
    return new Moments(count, shape, mean, m2);
  }

  /**
   * The variance of each group: m2 / (count - correction). NaN where that divides by nothing.
   *
   * @param correction 0 (the default) for the biased variance, 1 for the unbiased one
   */
  variance(correction = 0): Float64Array {
    if (typeof correction !== "number" || Number.isNaN(correction)) {
      throw new ArgumentError("Moments.variance", "correction", "must be a number", describe(correction));
    }
    const divisor = Math.max(0, this.count - correction);
    return this.m2.map((value) => (divisor > 0 ? value / divisor : NaN));
  }

  /** The moments of the elements of both, group by group. Throws ShapeError for groups of another shape. */
  merge(other: Moments): Moments {
    if (!(other instanceof Moments)) {
      throw new ArgumentError("Moments.merge", "other", "must be Moments", describe(other));
    }
    if (!sameShape(this.shape, other.shape)) {
      const expected = `must have shape ${formatShape(this.shape)}`;
      throw new ShapeError("Moments.merge", "other", expected, formatShape(other.shape));
    }
    if (this.count === 0) return other;
    if (other.count === 0) return this;
    const count = this.count + other.count;
    const share = other.count / count;
    const mean = new Float64Array(this.mean.length);
    const m2 = new Float64Array(this.mean.length);
    for (let group = 0; group < mean.length; group++) {
      const delta = other.mean[group] - this.mean[group];
      mean[group] = this.mean[group] + delta * share;
      m2[group] = this.m2[group] + other.m2[group] + delta * delta * (this.count * share);
    }
    return new Moments(count, this.shape, mean, m2);
  }

  /** A plain object that JSON keeps to the last bit. */
  toJSON(): MomentsJSON {
    const { count, shape, mean, m2 } = this;
    return { count, shape: [...shape], mean: Array.from(mean, toJSONNumber), m2: Array.from(m2, toJSONNumber) };
  }

  /** What toJSON gave, also after JSON.parse. Throws ArgumentError, ShapeError. */
  static fromJSON(json: unknown): Moments {
    return reading("Moments.fromJSON", "json", () => {
      const { count, shape, mean, m2 } = (json ?? {}) as Partial<Record<keyof MomentsJSON, unknown>>;
      if (!Number.isSafeInteger(count) || (count as number) < 0) {
        throw new ArgumentError("Moments.fromJSON", "count", "must be an integer from 0 up", describe(count));
      }
      const sizes = shapeOf("Moments.fromJSON", "shape", shape);
      const groups = sizeOf(sizes);
      return new Moments(count as number, sizes, numbersOf("mean", mean, groups), numbersOf("m2", m2, groups));
    });
  }
}

function toJSONNumber(value: number): number | string {
  if (Object.is(value, -0)) return "-0";
  return Number.isFinite(value) ? value : String(value);
}

const words = ["NaN", "Infinity", "-Infinity", "-0"];

function numbersOf(argument: string, values: unknown, length: number): Float64Array {
  if (!Array.isArray(values) || values.length !== length) {
    const got = Array.isArray(values) ? `${values.length} numbers` : describe(values);
    throw new ShapeError("Moments.fromJSON", argument, `must be an array of ${length} numbers`, got);
  }
  return Float64Array.from(values as readonly unknown[], (value, index) => {
    const number = words.includes(value as string) ? Number(value) : value;
    if (typeof number === "number") return number;
    throw new ArgumentError("Moments.fromJSON", argument, "must hold numbers", `${describe(value)} at index ${index}`);
  });
}
