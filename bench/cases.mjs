// The ways to do the work of a shape. Each has operands of its own home, made once: a call allocates no tensor.

import { createEngineSync } from "../dist/index.js";
import { normalValues } from "./data.mjs";
import { copier } from "./peers/copy.mjs";
import { plainGroupNorm, plainLayerNorm } from "./peers/plain.mjs";
import { yardstickOf } from "./peers/yardstick.mjs";
import { sizeOf } from "./shapes.mjs";

const eps = 1e-5;

/**
 * The cases of a shape: { name, run, output }. `output` is where run writes; undefined for peers with data of their own.
 *
 * @param distribution mean and std of x
 * @param yardstick as loadYardstick gives it
 */
export function casesOf(shape, distribution, yardstick) {
  const data = {
    x: normalValues(sizeOf(shape.shape), { ...distribution, seed: 1 }),
    weight: normalValues(shape.parameters, { mean: 1, seed: 2 }),
    bias: normalValues(shape.parameters, { seed: 3 }),
  };
  const measure = yardstickOf(yardstick, shape);
  const copy = measure ? measure.copy : copier(data.x.length);
  // In this order nobody finds the operands of the one before in the caches: yardstick and copy share theirs, and host,
  // js and plain an x.
  return [
    residentCase(shape, data),
    hostCase("host", createEngineSync({ backend: "wasm" }), shape, data),
    ...(measure ? [{ name: "yardstick", run: measure.run }] : []),
    hostCase("js", createEngineSync({ backend: "js" }), shape, data),
    { name: "copy", run: copy },
    plainCase(shape, data),
  ];
}

function residentCase({ op, shape, groups, parameters }, data) {
  const engine = createEngineSync({ backend: "wasm" });
  const x = engine.tensor(data.x, shape);
  const weight = engine.tensor(data.weight, [parameters]);
  const bias = engine.tensor(data.bias, [parameters]);
  const out = engine.empty(shape);
  return {
    name: "resident",
    run: callOf(engine, op, x, groups ?? parameters, { weight, bias, eps, out }),
    output: out,
  };
}

function hostCase(name, engine, { op, shape, groups, parameters }, { x, weight, bias }) {
  const out = { data: new Float32Array(x.length), shape };
  return {
    name,
    run: callOf(engine, op, { data: x, shape }, groups ?? parameters, { weight, bias, eps, out }),
    output: out,
  };
}

/** One closure per op, so that the call is as direct as a user's. */
function callOf(engine, op, x, argument, options) {
  return op === "layerNorm"
    ? () => engine.layerNorm(x, argument, options)
    : () => engine.groupNorm(x, argument, options);
}

function plainCase({ op, shape, groups }, { x, weight, bias }) {
  const out = new Float32Array(x.length);
  const span = sizeOf(shape.slice(2));
  const run =
    op === "layerNorm"
      ? () => plainLayerNorm(x, weight, bias, eps, out)
      : () => plainGroupNorm(x, span, groups, weight, bias, eps, out);
  return { name: "plain", run, output: { data: out } };
}

/** Runs each case once. Throws unless all have one result: the speed of a wrong answer is worth nothing. */
export function assertAgreement(shape, cases) {
  for (const { run } of cases) run();
  const reference = cases.find(({ name }) => name === "js").output.data;
  for (const { name, output } of cases) {
    const difference = output ? largestDifference(output.data, reference) : 0;
    // Written so that NaN fails.
    if (!(difference < 1e-4)) throw new Error(`${shape.name}: ${name} is off by ${difference}`);
  }
}

function largestDifference(a, b) {
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}
