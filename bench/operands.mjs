// The tensors of an entry: x and parameters, on the host or in an engine. Each case gets its own x and out.

import { elementsOf, normalValues, valuesOf } from "./data.mjs";
import { sizeOf } from "./entries.mjs";

/** How parameters that are no biases are distributed. Variances are positive. */
const factors = { weight: { mean: 1 }, scale: { mean: 1 }, gamma: { mean: 1 }, runningVar: { mean: 4, std: 0.25 } };
const running = ["runningMean", "runningVar"];

/** Host tensors of an entry: { x, parameters by name }. x has the given mean and std. */
export function hostOperands({ dtype, shape, parameters }, distribution) {
  const x = hostTensor(dtype, shape, normalValues(sizeOf(shape), { ...distribution, seed: 1 }));
  const named = Object.entries(parameters).map(([name, sizes], index) => {
    const values = normalValues(sizeOf(sizes), { ...factors[name], seed: 2 + index });
    return [name, hostTensor(running.includes(name) ? runningDType(dtype) : dtype, sizes, values)];
  });
  return { x, parameters: Object.fromEntries(named) };
}

/** The same values in float32. */
export function inFloat32({ x, parameters }) {
  const convert = (tensor) => hostTensor("float32", tensor.shape, valuesOf(tensor));
  return { x: convert(x), parameters: mapValues(parameters, convert) };
}

/** Copies that live in an engine. */
export function residentOperands(engine, { x, parameters }) {
  const place = ({ data, shape, dtype }) => engine.tensor(data, shape, dtype);
  return { x: place(x), parameters: mapValues(parameters, place) };
}

/** Copies of the parameters, for calls that write to some of them. */
export function withOwnParameters({ x, parameters }) {
  return { x, parameters: mapValues(parameters, (tensor) => ({ ...tensor, data: tensor.data.slice() })) };
}

/** A host tensor to write to. */
export function hostOutput({ data, shape, dtype }) {
  return { data: new data.constructor(data.length), shape, dtype };
}

function hostTensor(dtype, shape, values) {
  return { data: elementsOf(dtype, values), shape, dtype };
}

/** Models of 16 bits keep running statistics in float32. */
function runningDType(dtype) {
  return dtype === "float64" ? "float64" : "float32";
}

function mapValues(object, convert) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, convert(value)]));
}
