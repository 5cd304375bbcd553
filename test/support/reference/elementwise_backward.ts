// Gradients of the two layers without statistics, in twice float64's precision and beyond its range.

import { doubleDouble, type DoubleDouble } from "../double_double.js";
import { narrow, power, reciprocal, wide, wideAdd, wideNumber, wideProduct, type Wide } from "../elementary.js";
import type { GradientReference } from "./backward.js";
import type { ChannelShape, Grouping } from "./grouping.js";
import type { LocalResponse } from "./local_response.js";
import { normOf } from "./p_norm.js";
import { scaledValues, type Values } from "./scaled_values.js";

/** A sum, and that of its terms' magnitudes. */
interface Sum {
  readonly sum: Wide;
  readonly magnitude: Wide;
}

function sumOf(terms: readonly Wide[]): Sum {
  const magnitudes = terms.map((term) => wideSigned(term, Math.sign(term.value.high)));
  return { sum: terms.reduce(wideAdd), magnitude: magnitudes.reduce(wideAdd) };
}

/** a - b * sum, where D is the sum of all terms' magnitudes. */
function put(into: GradientReference, index: number, a: Wide, b: Wide, { sum, magnitude }: Sum): void {
  const gradient = narrow(wideAdd(a, wideSigned(wideProduct(b, sum), -1)));
  [into.high[index], into.low[index]] = [gradient.high, gradient.low];
  into.scale[index] = Math.abs(narrow(a).high) + Math.abs(narrow(wideProduct(b, magnitude)).high);
}

/** (dy - d * sum of dy * x / norm) / norm with d = sign(x) |x / norm|^(p - 1), 0 at 0; dy / eps where the norm is less. */
export function normalizeGradient(
  x: Values,
  dy: Values,
  { groups, size, members }: Grouping,
  { p, eps }: { p: number; eps: number },
): GradientReference {
  const result = zeros(x.length);
  for (let group = 0; group < groups; group++) {
    const places = Array.from({ length: size }, (_, j) => members?.[group * size + j] ?? group * size + j);
    const values = Float64Array.from(places, (place) => x[place]);
    const norm = normOf(scaledValues(values), p);
    const isSmall = norm.value.high === 0 || narrow(wideProduct(norm, reciprocal(wideNumber(eps)))).high < 1;
    const inverse = reciprocal(isSmall ? wideNumber(eps) : norm);
    const along = sumOf(
      places.map((place) => wideProduct(wideNumber(dy[place]), wideProduct(wideNumber(x[place]), inverse))),
    );
    const slopes = isSmall ? places.map(() => wideNumber(0)) : slopesOf(values, inverse, p);
    places.forEach((place, j) => {
      put(result, place, wideProduct(wideNumber(dy[place]), inverse), wideProduct(slopes[j], inverse), along);
    });
  }
  return result;
}

/** The derivative of the norm by each value; the largest ones share it where p is infinite. */
function slopesOf(values: Float64Array, inverse: Wide, p: number): Wide[] {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const ties = values.filter((value) => Math.abs(value) === largest).length;
  return Array.from(values, (value) => {
    const sign = Math.sign(value);
    if (value === 0) return wideNumber(0);
    if (p === Infinity)
      return Math.abs(value) === largest ? wideSigned(reciprocal(wideNumber(ties)), sign) : wideNumber(0);
    return wideSigned(power(wideProduct(wideNumber(Math.abs(value)), inverse), less(p)), sign);
  });
}

/** p - 1, exactly. */
function less(p: number): DoubleDouble {
  const high = p - 1;
  const part = high - p;
  return doubleDouble(high, p - (high - part) + (-1 - part));
}

/** dy b^-beta - 2 alpha beta / size x sum of dy x b^(-beta - 1) over the windows that x is in. */
export function localResponseGradient(
  x: Values,
  dy: Values,
  { channels, spatial, layout }: ChannelShape,
  { size, alpha, beta, k }: LocalResponse,
): GradientReference {
  const result = zeros(x.length);
  const stride = layout === "channels-last" ? 1 : spatial;
  const [before, after] = [Math.floor(size / 2), Math.floor((size - 1) / 2)];
  const window = (index: number, back: number, ahead: number): number[] => {
    const channel = Math.floor(index / stride) % channels;
    const [first, last] = [Math.max(0, channel - back), Math.min(channels - 1, channel + ahead)];
    return Array.from({ length: last - first + 1 }, (_, place) => index + (first + place - channel) * stride);
  };
  const weight = wideProduct(wideNumber(alpha), reciprocal(wideNumber(size)));
  const bases = Array.from(x, (_, index) => {
    const squares = window(index, before, after).map((place) =>
      wideProduct(wideNumber(x[place]), wideNumber(x[place])),
    );
    return wideAdd(wideNumber(k), wideProduct(weight, squares.reduce(wideAdd)));
  });
  const powers = bases.map((base) => power(base, doubleDouble(-beta)));
  const shares = bases.map((base, index) => {
    const own = wideProduct(wideNumber(dy[index]), wideNumber(x[index]));
    return wideProduct(own, wideProduct(powers[index], reciprocal(base)));
  });
  const factor = wideProduct(wideNumber(2 * beta), weight);
  for (let index = 0; index < x.length; index++) {
    const terms = window(index, after, before).map((place) => shares[place]);
    const slope = wideProduct(factor, wideNumber(x[index]));
    put(result, index, wideProduct(wideNumber(dy[index]), powers[index]), slope, sumOf(terms));
  }
  return result;
}

function wideSigned({ value, exponent }: Wide, sign: number): Wide {
  return sign < 0 ? wide(doubleDouble(-value.high, -value.low), exponent) : { value, exponent };
}

function zeros(count: number): GradientReference {
  return { high: new Float64Array(count), low: new Float64Array(count), scale: new Float64Array(count) };
}
