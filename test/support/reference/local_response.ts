import { add, doubleDouble, multiply, squareRoot, twoProduct, type DoubleDouble } from "../double_double.js";
import { narrow, power, reciprocal, wide, wideAdd, wideNumber, wideProduct, type Wide } from "../elementary.js";
import { exponentOf, timesPowerOfTwo } from "../powers_of_two.js";
import type { ChannelShape } from "./grouping.js";
import type { Reference } from "./reference.js";
import type { Values } from "./scaled_values.js";

export interface LocalResponse {
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;
}

/**
 * x / (k + alpha * (sum of x^2 over a window of channels) / size)^beta, the window from size / 2 channels back to
 * (size - 1) / 2 ahead, both rounded down, as in PyTorch; channels that are not there are zeros. D = |y*|.
 */
export function localResponseNormReference(x: Values, shape: ChannelShape, options: LocalResponse): Reference {
  const { channels } = shape;
  const strideOfChannel = shape.layout === "channels-last" ? 1 : shape.spatial;
  const factorOf = factors(options);
  const [output, low] = [new Float64Array(x.length), new Float64Array(x.length)];
  for (let index = 0; index < x.length; index++) {
    const channel = Math.floor(index / strideOfChannel) % channels;
    const first = Math.max(0, channel - Math.floor(options.size / 2));
    const last = Math.min(channels - 1, channel + Math.floor((options.size - 1) / 2));
    const window = { first: index + (first - channel) * strideOfChannel, count: last - first + 1 };
    const value = narrow(wideProduct(wideNumber(x[index]), factorOf(sumOfSquares(x, window, strideOfChannel))));
    [output[index], low[index]] = [value.high, Number.isFinite(value.high) ? value.low : 0];
  }
  return elementwise(output, low, (index) => Math.abs(output[index]));
}

/** A reference without statistics, whose D is given. */
export function elementwise(output: Float64Array, low: Float64Array, scale: (index: number) => number): Reference {
  const none = new Float64Array(0);
  const statistics = { mean: none, variance: none, rstd: none };
  const parameters = { gamma: () => 1, beta: () => 0 };
  const size = { rows: 1, n: output.length };
  return { ...size, ...statistics, ...parameters, normalized: output, output, low: { output: low }, scale };
}

/** From the sum of squares in a window to the factor of its element. */
function factors({ size, alpha, beta, k }: LocalResponse): (sum: Wide) => Wide {
  const weight = wideProduct(wideNumber(alpha), reciprocal(wideNumber(size)));
  const raise = raisingTo(beta);
  return (sum) => reciprocal(raise(wideAdd(wideNumber(k), wideProduct(weight, sum))));
}

/** The exponents in use need no logarithm. */
function raisingTo(beta: number): (base: Wide) => Wide {
  if (beta === 1) return (base) => base;
  if (beta === 0.5) return root;
  if (beta === 0.75) return (base) => wideProduct(root(base), root(root(base)));
  return (base) => power(base, doubleDouble(beta));
}

function root({ value, exponent }: Wide): Wide {
  const odd = exponent & 1;
  const scaled: DoubleDouble = odd ? multiply(value, doubleDouble(2)) : value;
  return wide(squareRoot(scaled), (exponent - odd) / 2);
}

/** Scaled by the window's largest: squares of float64 numbers overflow and underflow. */
function sumOfSquares(x: Values, { first, count }: { first: number; count: number }, stride: number): Wide {
  let largest = 0;
  for (let place = 0; place < count; place++) {
    const magnitude = Math.abs(x[first + place * stride]);
    if (!(magnitude <= largest)) largest = magnitude;
    if (Number.isNaN(magnitude)) return wideNumber(NaN);
  }
  if (largest === Infinity) return wideNumber(Infinity);
  const exponent = exponentOf(largest);
  let sum = doubleDouble(0);
  for (let place = 0; place < count; place++) {
    const value = timesPowerOfTwo(x[first + place * stride], -exponent);
    sum = add(sum, twoProduct(value, value));
  }
  return wide(sum, 2 * exponent);
}
