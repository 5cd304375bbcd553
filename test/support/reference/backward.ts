// Gradients in twice float64's precision, from the normalised values that the forward reference has.

import {
  add,
  divide,
  doubleDouble,
  multiply,
  subtract,
  twoProduct,
  wideMultiply,
  type DoubleDouble,
} from "../double_double.js";
import type { Grouping } from "./grouping.js";
import type { Pairs } from "./map_group.js";
import type { Reference } from "./reference.js";
import type { Values } from "./scaled_values.js";

/** What a gradient should be, and the D that its errors are measured against. */
export interface GradientReference extends Pairs {
  readonly scale: Float64Array;
}

/** The gradients of a layer. */
export interface GradientReferences {
  readonly gradInput: GradientReference;
  readonly gradWeight: GradientReference;
  readonly gradBias: GradientReference;
}

/** What flows back through the statistics: all, without a mean nothing through it, and nothing through constants. */
export type Kind = "centred" | "about zero" | "frozen";

type Normalized = Pick<Reference, "normalized" | "rstd" | "low">;

/**
 * With g = dy * gamma: dx = rstd * (g - mean of g - xhat * mean of g * xhat), D = max(1, rstd * max |g| over the group); sums of
 * dy * xhat and of dy, D = max(1, sum of |terms|).
 */
export function gradientReferences(
  forward: Normalized,
  grouping: Grouping,
  dy: Values,
  weight: ArrayLike<number> | undefined,
  kind: Kind,
): GradientReferences {
  const gradInput = zeros(dy.length);
  const gradWeight = zeros(grouping.parameterCount);
  const gradBias = zeros(grouping.parameterCount);
  for (let group = 0; group < grouping.groups; group++) {
    const elements = elementsOf(forward, grouping, dy, weight, group);
    addParameterGradients(elements, gradWeight, gradBias);
    mapElements(elements, doubleDouble(forward.rstd[group], forward.low?.rstd?.[group]), kind, gradInput);
  }
  for (const { scale } of [gradWeight, gradBias]) scale.forEach((sum, index) => (scale[index] = Math.max(1, sum)));
  return { gradInput, gradWeight, gradBias };
}

interface Element {
  readonly index: number;
  readonly parameter: number;
  readonly dy: number;
  readonly g: DoubleDouble;
  readonly xhat: DoubleDouble;
}

function elementsOf(
  { normalized, low }: Normalized,
  { size, members, parameterOf }: Grouping,
  dy: Values,
  weight: ArrayLike<number> | undefined,
  group: number,
): Element[] {
  return Array.from({ length: size }, (_, place) => {
    const index = members ? members[group * size + place] : group * size + place;
    const parameter = parameterOf(index);
    const g = weight ? twoProduct(dy[index], weight[parameter]) : doubleDouble(dy[index]);
    return { index, parameter, dy: dy[index], g, xhat: doubleDouble(normalized[index], low?.normalized?.[index]) };
  });
}

function addParameterGradients(elements: readonly Element[], weights: GradientReference, biases: GradientReference) {
  for (const { parameter, dy, xhat } of elements) {
    addTo(weights, parameter, multiply(doubleDouble(dy), xhat));
    addTo(biases, parameter, doubleDouble(dy));
  }
}

function addTo({ high, low, scale }: GradientReference, index: number, term: DoubleDouble): void {
  const sum = add(doubleDouble(high[index], low[index]), term);
  [high[index], low[index]] = [sum.high, sum.low];
  scale[index] += Math.abs(term.high);
}

function mapElements(elements: readonly Element[], rstd: DoubleDouble, kind: Kind, into: GradientReference): void {
  const none = doubleDouble(0);
  const average = kind === "centred" ? meanOf(elements.map(({ g }) => g)) : none;
  const slope = kind === "frozen" ? none : meanOf(elements.map(({ g, xhat }) => multiply(g, xhat)));
  const largest = elements.reduce((most, { g }) => Math.max(most, Math.abs(g.high)), 0);
  for (const { index, g, xhat } of elements) {
    const gradient = wideMultiply(rstd, subtract(subtract(g, average), multiply(xhat, slope)));
    [into.high[index], into.low[index]] = [gradient.high, gradient.low];
    into.scale[index] = Math.max(1, rstd.high * largest);
  }
}

function meanOf(terms: readonly DoubleDouble[]): DoubleDouble {
  return divide(terms.reduce(add, doubleDouble(0)), doubleDouble(terms.length));
}

function zeros(count: number): GradientReference {
  return { high: new Float64Array(count), low: new Float64Array(count), scale: new Float64Array(count) };
}
