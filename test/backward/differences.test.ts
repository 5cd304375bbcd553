// Gradients against the forward functions themselves: central differences in float64.

import { describe, expect, it } from "vitest";
import { createEngineSync, type Engine } from "../../src/index.js";
import { fromData } from "../support/dtypes.js";
import { type Gradients, type Layer, layers, type Options } from "./layers.js";
import { type Given, normals } from "./tensors.js";

/** Differences err by the square of the step, and by the roundings over it. */
const step = 2 ** -17;
const tolerance = 1e-8;

/** The largest magnitude must stay the largest: it has a corner where two share it. */
const smooth = layers.filter(({ options }) => options.p !== Infinity);

describe.each(["wasm", "js"] as const)("gradients on %s are what results change by", (backend) => {
  const engine = createEngineSync({ backend });

  it.each(smooth.map((layer) => [layer.title, layer] as const))("%s", (_, layer) => {
    const { shape, parameterShape } = layer;
    const [x, dy] = [normals(shape, 1, "float64"), normals(shape, 2, "float64")];
    const weight = parameterShape && normals(parameterShape, 3, "float64");
    const bias = layer.gradients.includes("gradBias") ? normals(parameterShape!, 4, "float64") : undefined;
    const gradients = gradientsOf(engine, layer, dy, x, weight);
    const forwardOptions = { ...runningOf(layer), ...(weight && { weight }), ...(bias && { bias }) };
    const loss = () => product(layer.forward(engine, x, forwardOptions).data as Float64Array, dy.data as Float64Array);
    expectSlopes(gradients.gradInput!.data as Float64Array, x, loss);
    if (weight) expectSlopes(gradients.gradWeight!.data as Float64Array, weight, loss);
    if (bias) expectSlopes(gradients.gradBias!.data as Float64Array, bias, loss);
  });
});

function gradientsOf(engine: Engine, layer: Layer, dy: Given, x: Given, weight: Given | undefined): Gradients {
  const parameters = weight && { weight };
  if (!layer.frozen) return layer.backward(engine, dy, x, { ...layer.statisticsOf(engine, x), ...parameters });
  const { runningMean, runningVar } = runningOf(layer) as Record<string, Float64Array>;
  const samples = layer.statisticsShape.length > 1 ? layer.statisticsShape[0] : 1;
  const repeated = (values: Float64Array) =>
    Float64Array.from({ length: samples * values.length }, (_, i) => values[i % values.length]);
  const [mean, rstd] = [repeated(runningMean), repeated(runningVar.map((variance) => 1 / Math.sqrt(variance + 1e-5)))];
  return layer.backward(engine, dy, x, { mean, rstd, ...parameters });
}

/** The constants that a layer is given forward. */
function runningOf(layer: Layer): Options {
  if (!layer.frozen) return {};
  const runningMean = fromData("float64", normals(layer.parameterShape!, 5, "float64").data);
  return { runningMean, runningVar: runningMean.map((mean) => 0.5 + mean * mean) };
}

function product(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, index) => sum + value * b[index], 0);
}

/** Shakes every element. */
function expectSlopes(gradient: Float64Array, { data }: Given, loss: () => number): void {
  const slopes = Float64Array.from(data, (value, index) => {
    data[index] = value + step;
    const above = loss();
    data[index] = value - step;
    const below = loss();
    data[index] = value;
    return (above - below) / (2 * step);
  });
  const worst = slopes.reduce((most, slope, index) => {
    return Math.max(most, Math.abs(slope - gradient[index]) / Math.max(1, Math.abs(slope)));
  }, 0);
  expect(worst).toBeLessThan(tolerance);
}
