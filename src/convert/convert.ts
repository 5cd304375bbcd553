import { float32, type Format } from "../dtype.js";
import { ArgumentError, NotConvertibleError, ShapeError } from "../errors.js";
import { formatShape, sameShape, sizeOf } from "../shape.js";
import { compareNorms } from "./compare.js";
import { sharedOver } from "./explain.js";
import { formatNormSpec } from "./format.js";
import type { Affine } from "./layers/layer.js";
import { differenceAt, indicesOf, isEqual } from "./locations.js";
import { numbersIn, tensorFrom } from "./numbers.js";
import { type ConvertedParameters, type NormParameters, type Parameter, readParameters } from "./operands.js";
import { axesOf, type Axis, groupOf, type Partition } from "./partition.js";
import { layerOf, type NormSpec } from "./spec.js";

const functionName = "convertParameters";

/**
 * The parameters with which `to` does what `from` does with `parameters`, on inputs of `shape`: repeated where `to` has more
 * of them, taken together where it has fewer, 1 and 0 where `from` has none.
 *
 * @param shape `[N, C, ...spatial]`, channels first; N matters to batch norm alone
 * @param parameters those of `from`, of its shape; null or missing exactly where it has none
 * @returns weight and bias of to's shape, in new arrays; null where it has none
 * @throws NotConvertibleError if the layers do not share statistics; if elements share a parameter in `to` which differ in
 *   `from`: it names the first location that differs, and by how much; or if `to` has no scale or bias and `from` has one that
 *   is not 1 or 0.
 * @throws ShapeError, DTypeError, ArgumentError, as compareNorms, and for parameters that are not from's
 */
export function convertParameters(
  from: NormSpec,
  to: NormSpec,
  shape: readonly number[],
  parameters: NormParameters,
): ConvertedParameters {
  const { statistics, because } = compareNorms(from, to, shape);
  const target = formatNormSpec(to);
  if (statistics === "different")
    throw new NotConvertibleError(functionName, "from", `must share statistics with ${target}`, `others: ${because}`);
  const source = layerOf(from).halves(from, shape).affine;
  const { weight, bias } = readOwn(from, source, parameters);
  const host = layerOf(to).halves(to, shape).affine;
  const format = (weight ?? bias)?.format ?? float32;
  const convert = (parameter: Parameter | null, kept: boolean, neutral: number) => {
    if (!kept) return requireNeutral(parameter, neutral, target);
    if (!parameter) return filled(layerOf(to).parameterShape(to), format, neutral);
    return transfer(parameter, source!, host!, shape, layerOf(to).parameterShape(to), target);
  };
  return { weight: convert(weight, host !== null, 1), bias: convert(bias, host?.bias ?? false, 0) };
}

/** The parameters, where and as the layer has them. */
function readOwn(spec: NormSpec, affine: Affine | null, parameters: NormParameters) {
  const { weight, bias } = readParameters(functionName, parameters);
  const shape = layerOf(spec).parameterShape(spec);
  requireOwn(spec, "weight", weight, affine ? shape : null);
  requireOwn(spec, "bias", bias, affine?.bias ? shape : null);
  return { weight, bias };
}

/** A bare array has the shape that it should. */
function requireOwn(
  spec: NormSpec,
  argument: string,
  parameter: Parameter | null,
  shape: readonly number[] | null,
): void {
  const layer = formatNormSpec(spec);
  if (shape === null) {
    if (parameter) throw new ArgumentError(functionName, argument, `must not be there: ${layer} has none`, "a tensor");
    return;
  }
  const expected = `must have shape ${formatShape(shape)}, as in ${layer}`;
  if (!parameter) throw new ArgumentError(functionName, argument, expected, "none");
  const fits = parameter.shape ? sameShape(parameter.shape, shape) : parameter.data.length === sizeOf(shape);
  if (!fits)
    throw new ShapeError(functionName, argument, expected, formatShape(parameter.shape ?? [parameter.data.length]));
}

function filled(shape: readonly number[], format: Format, value: number) {
  return tensorFrom(new Float64Array(sizeOf(shape)).fill(value), shape, format);
}

/** A parameter that the target has not must not do anything. */
function requireNeutral(parameter: Parameter | null, neutral: number, target: string): null {
  if (!parameter) return null;
  const { argument, shape, data } = parameter;
  const numbers = numbersIn(parameter);
  const odd = Array.from(numbers).findIndex((value) => value !== neutral);
  if (odd === -1) return null;
  const expected = `must be ${neutral} everywhere, as ${target} has none`;
  const at = formatShape(indicesOf(odd, shape ?? [data.length]));
  const got = `${numbers[odd]} at ${at}, which differs by ${Math.abs(numbers[odd] - neutral)}`;
  throw new NotConvertibleError(functionName, argument, expected, got);
}

/** Gives every parameter of `host` the value that the elements it is for have in `guest`. */
function transfer(
  parameter: Parameter,
  guest: Affine,
  host: Affine,
  shape: readonly number[],
  hostShape: readonly number[],
  target: string,
) {
  const numbers = numbersIn(parameter);
  const taken = new Int32Array(sizeOf(hostShape)).fill(-1);
  for (const element of elementsThatMatter(guest.groups, host.groups, shape)) {
    const from = groupOf(guest.groups, element);
    const to = groupOf(host.groups, element);
    if (taken[to] === -1) taken[to] = from;
    else if (!isEqual(numbers[taken[to]], numbers[from])) {
      const expected = `must be the same for every ${sharedOver(guest, host, shape)}, as in ${target}`;
      const got = differenceAt(numbers, parameter.shape ?? [numbers.length], from, taken[to]);
      throw new NotConvertibleError(functionName, parameter.argument, expected, got);
    }
  }
  const data = new parameter.format.Array!(taken.length);
  taken.forEach((from, to) => (data[to] = parameter.data[from]));
  return { data, shape: hostShape, dtype: parameter.format.dtype };
}

/** One element for every pair of parameters that meet: index 0 on the axes that neither partition cuts. */
function* elementsThatMatter(a: Partition, b: Partition, shape: readonly number[]): Generator<number> {
  const cut = (axis: Axis) => [...a.apart, ...b.apart].some(({ position }) => position === axis.position);
  const axes = axesOf(shape).filter(cut);
  const count = axes.reduce((product, { extent }) => product * extent, 1);
  for (let index = 0; index < count; index++) {
    let element = 0;
    let rest = index;
    for (const { extent, stride } of [...axes].reverse()) {
      element += (rest % extent) * stride;
      rest = Math.floor(rest / extent);
    }
    yield element;
  }
}
