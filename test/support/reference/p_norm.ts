import { add, divide, doubleDouble, multiply, squareRoot, twoProduct, type DoubleDouble } from "../double_double.js";
import { narrow, power, reciprocal, wide, wideNumber, wideProduct, type Wide } from "../elementary.js";
import { groupByAxes } from "./grouping.js";
import { deviationOf, momentsAboutZero } from "./moments.js";
import { normalizeGroups } from "./normalize.js";
import type { Reference } from "./reference.js";
import { allFinite, type ScaledValues, type Values } from "./scaled_values.js";

/** x / max(norm, eps) along one axis, p from above 0 to Infinity. `rstd` is 1 / max(norm, eps). */
export function normalizeReference(
  x: Values,
  shape: readonly number[],
  { p, dim, eps }: { p: number; dim: number; eps: number },
): Reference {
  const axis = dim < 0 ? dim + shape.length : dim;
  return normalizeGroups(x, groupByAxes(shape, [axis]), (group) => {
    const moments = momentsAboutZero(group);
    return { moments, factor: reciprocal(atLeast(normOf(moments, p), eps)) };
  });
}

/** (sum |x|^p)^(1/p). Infinite if an element is, NaN if one is NaN. */
export function normOf({ values, exponent }: ScaledValues, p: number): Wide {
  if (!allFinite(values)) return wideNumber(values.some(Number.isNaN) ? NaN : Infinity);
  const norm = p === Infinity ? wideNumber(largest(values)) : rootOfSum(values, p);
  return wide(norm.value, norm.exponent + exponent);
}

function rootOfSum(values: Float64Array, p: number): Wide {
  const [raise, root] = raisingTo(p);
  let sum = doubleDouble(0);
  for (let index = 0; index < values.length; index++)
    if (values[index] !== 0) sum = add(sum, raise(Math.abs(values[index])));
  return root(wide(sum));
}

/** x -> x^p and its inverse. Those that need no logarithm go without, being the common ones and a thousand times faster. */
function raisingTo(p: number): [(x: number) => DoubleDouble, (sum: Wide) => Wide] {
  const exponent = doubleDouble(p);
  if (p === 1) return [doubleDouble, (sum) => sum];
  if (p === 2) return [square, deviationOf];
  if (p === 0.5) return [(x) => squareRoot(doubleDouble(x)), (sum) => wideProduct(sum, sum)];
  if (Number.isInteger(p) && p <= 16) return [(x) => repeated(x, p), (sum) => power(sum, inverseOf(p))];
  return [(x) => narrow(power(wideNumber(x), exponent)), (sum) => power(sum, inverseOf(p))];
}

function inverseOf(p: number): DoubleDouble {
  return divide(doubleDouble(1), doubleDouble(p));
}

/** x^count for x up to 2: those that underflow are negligible beside the largest, which is from 1 up. */
function repeated(x: number, count: number): DoubleDouble {
  let product = doubleDouble(x);
  for (let factor = 1; factor < count && product.high > 2 ** -400; factor++)
    product = multiply(product, doubleDouble(x));
  return product.high > 2 ** -400 ? product : doubleDouble(0);
}

function square(x: number): DoubleDouble {
  return twoProduct(x, x);
}

function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function atLeast(norm: Wide, eps: number): Wide {
  const floor = wideNumber(eps);
  if (Number.isNaN(norm.value.high)) return norm;
  const isLess = norm.value.high === 0 || narrow(wideProduct(norm, reciprocal(floor))).high < 1;
  return isLess && eps > 0 ? floor : norm;
}
