import { add, doubleDouble, wideMultiply } from "../double_double.js";

export type Parameter = (index: number) => number;

export interface Parameters {
  readonly gamma?: Parameter;
  readonly beta?: Parameter;
}

/** The lower halves of a reference's numbers, for what is measured in float64's own units. */
export interface LowerHalves {
  readonly mean?: Float64Array;
  readonly variance?: Float64Array;
  readonly rstd?: Float64Array;
  readonly normalized?: Float64Array;
  readonly output?: Float64Array;
}

/** What an operation should give. */
export interface Reference {
  /** How many groups there are, and how many elements each has. */
  readonly rows: number;
  readonly n: number;
  /** Where element j of group g lies: members[g * n + j]. Missing where groups are rows, each after the other. */
  readonly members?: Int32Array;
  /** Per group. The variance is biased; of RMS norm, the mean of squares. */
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  readonly rstd: Float64Array;
  /** sqrt(variance), also where float64 has no room for the variance. */
  readonly deviation?: Float64Array;
  /** xhat*: per element, before parameters. */
  readonly normalized: Float64Array;
  /** y*: per element. */
  readonly output: Float64Array;
  readonly low?: LowerHalves;
  /** The parameters of the element with the given index in the whole tensor. */
  readonly gamma: Parameter;
  readonly beta: Parameter;
  /** D of an element, where it is not the one of normalisations. */
  readonly scale?: Parameter;
}

type Normalized = Omit<Reference, "output" | "gamma" | "beta" | "scale">;

/** The same normalised values under other parameters: gamma * xhat* + beta. In float64, if there are no lower halves. */
export function withParameters(reference: Normalized, parameters: Parameters): Reference {
  const { normalized, low } = reference;
  const { gamma = () => 1, beta = () => 0 } = parameters;
  const same = { ...reference, gamma, beta };
  if (!parameters.gamma && !parameters.beta)
    return { ...same, output: normalized, low: low && { ...low, output: low.normalized } };
  const halves = low?.normalized;
  if (!halves) return { ...same, output: normalized.map((value, index) => gamma(index) * value + beta(index)) };
  const output = new Float64Array(normalized.length);
  const outputLow = new Float64Array(normalized.length);
  for (let index = 0; index < output.length; index++) {
    const value = affine(gamma(index), normalized[index], halves[index], beta(index));
    output[index] = value.high;
    outputLow[index] = value.low;
  }
  return { ...same, output, low: { ...low, output: outputLow } };
}

function affine(gamma: number, high: number, low: number, beta: number) {
  const plain = gamma * high + beta;
  if (!Number.isFinite(plain)) return doubleDouble(plain);
  return add(wideMultiply(doubleDouble(gamma), doubleDouble(high, low)), doubleDouble(beta));
}
