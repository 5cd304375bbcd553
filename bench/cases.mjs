// The ways to do the work of an entry. Each has operands of its own home, made once: a call allocates no tensor.

import { createEngineSync } from "../dist/index.js";
import { callOf, resultOf } from "./calls.mjs";
import { valuesOf } from "./data.mjs";
import { bytesOf } from "./entries.mjs";
import { hostOperands, hostOutput, inFloat32, residentOperands, withOwnParameters } from "./operands.mjs";
import { copier } from "./peers/copy.mjs";
import { plainOf } from "./peers/plain.mjs";
import { yardstickOf } from "./peers/yardstick.mjs";

/**
 * The cases of an entry: { name, run, output, dispose }. `output` is the values of what run has written; undefined for
 * peers with data of their own. dispose, where there is one, gives memory back.
 *
 * @param distribution mean and std of x
 * @param yardstick as loadYardstick gives it
 */
export function casesOf(entry, distribution, yardstick) {
  const operands = hostOperands(entry, distribution);
  const measure = entry.peers.includes("yardstick") ? yardstickOf(yardstick, entry) : undefined;
  const copy = measure ? measure.copy : copier(bytesOf(entry));
  const peers = {
    host: () => hostCase("host", "wasm", entry, operands),
    yardstick: () => measure && { name: "yardstick", run: measure.run },
    js: () => hostCase("js", "js", entry, operands),
    float32: () => residentCase("float32", entry, inFloat32(operands)),
    copy: () => ({ name: "copy", run: copy }),
    plain: () => plainCase(entry, operands),
  };
  // In this order nobody finds the operands of the one before in the caches: yardstick and copy share theirs, and host,
  // js and plain an x.
  const wanted = ["host", "yardstick", "js", "float32", "copy", "plain"].filter((name) => {
    return name === "copy" || entry.peers.includes(name);
  });
  return [residentCase("resident", entry, operands), ...wanted.map((name) => peers[name]()).filter(Boolean)];
}

function residentCase(name, entry, operands) {
  const engine = createEngineSync({ backend: "wasm" });
  const { x, parameters } = residentOperands(engine, operands);
  return engineCase(name, engine, entry, x, parameters, engine.empty(x.shape, x.dtype));
}

function hostCase(name, backend, entry, operands) {
  const { x, parameters } = withOwnParameters(operands);
  return engineCase(name, createEngineSync({ backend }), entry, x, parameters, hostOutput(x));
}

function engineCase(name, engine, entry, x, parameters, out) {
  return {
    name,
    run: callOf(engine, entry, x, parameters, out),
    output: () => valuesOf(resultOf(engine, entry, x, out)),
    dispose: () => engine.dispose(),
  };
}

function plainCase(entry, { x, parameters }) {
  const out = hostOutput(x);
  const run = plainOf(entry, x.data, parameters, out.data);
  return run && { name: "plain", run, output: () => out.data };
}

/** By how much of the largest value results may differ. */
const tolerances = { float32: 1e-4, float64: 1e-4, float16: 1e-3, bfloat16: 1e-2 };

/** Runs each case once. Throws unless all have one result: the speed of a wrong answer is worth nothing. */
export function assertAgreement({ name, dtype }, cases) {
  for (const { run } of cases) run();
  const [first, ...others] = cases.filter(({ output }) => output);
  const reference = first.output();
  const scale = largest(reference, (value) => value);
  for (const other of others) {
    const values = other.output();
    const difference = largest(reference, (value, index) => value - values[index]);
    // Written so that NaN fails.
    if (!(difference <= tolerances[dtype] * scale)) {
      throw new Error(`${name}: ${other.name} is off by ${difference}, where the largest value is ${scale}`);
    }
  }
}

/** The largest magnitude that `of` makes of the values; NaN if there is one. */
function largest(values, of) {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const magnitude = Math.abs(of(values[i], i));
    if (!(magnitude <= largest)) largest = magnitude;
    if (Number.isNaN(magnitude)) return NaN;
  }
  return largest;
}
