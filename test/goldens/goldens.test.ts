import { describe, expect, it } from "vitest";
import { createEngineSync, ShapeError, type Engine } from "../../src/index.js";
import { callFunctional, callNative, title } from "./calls.js";
import { oracleOf } from "./expected.js";
import { loadGoldens, type DType, type Golden, type ResultName, type Results, type Values } from "./load.js";
import { worstError } from "./measure.js";
import { numbersOf } from "./numbers.js";

/** The accuracy contract's bound on err. */
const bound = 8;

goldenSuite("wasm");
goldenSuite("js");

/** Every golden on one backend: against the reference, and against PyTorch as closely as PyTorch is right. */
function goldenSuite(backend: "wasm" | "js"): void {
  describe(`PyTorch's goldens on ${backend}`, () => {
    const engine = createEngineSync({ backend });
    for (const golden of loadGoldens())
      it(title(golden), () => {
        const results = callNative(engine, golden);
        expectForms(results, golden);
        expectErrors(results, golden);
        expectRunningStatistics(results, golden);
        expectFunctional(engine, golden, results);
      });
  });
}

/** Statistics come in float32 (float64 for float64), all else in the dtype of what it is like. */
function expectForms(results: Results<Values>, golden: Golden): void {
  for (const [name, { shape }] of entriesOf(golden.reference)) {
    const { data, ...form } = { ...pick(results[name]!) };
    expect(form, name).toEqual({ dtype: dtypeOf(golden, name), shape });
    expect(data.constructor, name).toBe(arrayOf(form.dtype));
  }
}

function pick({ data, dtype, shape }: Values): Values {
  return { data, dtype, shape };
}

function dtypeOf(golden: Golden, name: ResultName): DType {
  if (name === "output") return golden.input.dtype;
  if (name === "runningMean" || name === "runningVar") return golden[name]!.dtype;
  return golden.input.dtype === "float64" ? "float64" : "float32";
}

function arrayOf(dtype: DType): unknown {
  return { float32: Float32Array, float64: Float64Array, float16: Uint16Array, bfloat16: Uint16Array }[dtype];
}

function expectErrors(results: Results<Values>, golden: Golden): void {
  const { scales } = oracleOf(golden);
  const { dtype } = golden.input;
  for (const [name, reference] of entriesOf(golden.reference)) {
    const [actual, scale] = [results[name]!, scales[name]!];
    expect(worstError(actual, numbersOf(reference), scale, dtype), name).toBeLessThanOrEqual(bound);
    const torch = golden.torch?.[name];
    if (!torch) continue;
    const allowed = golden.torch.err[name]! + bound;
    expect(worstError(actual, numbersOf(torch), scale, dtype), `${name} of PyTorch`).toBeLessThanOrEqual(allowed);
  }
}

/** What the reference has no new value for stays as it was. */
function expectRunningStatistics(results: Results<Values>, golden: Golden): void {
  for (const name of ["runningMean", "runningVar"] as const)
    if (!golden.reference[name]) expect(results[name]?.data, name).toEqual(golden[name]?.data);
}

/** The functional form refuses what PyTorch's refuses, and otherwise gives the native form's bits. */
function expectFunctional(engine: Engine, golden: Golden, native: Results<Values>): void {
  if (golden.torch?.functionalRaises) {
    expect(() => callFunctional(engine, golden)).toThrow(ShapeError);
    return;
  }
  for (const [name, { data }] of entriesOf(callFunctional(engine, golden)))
    expect(data, `${name} of the functional form`).toEqual(native[name]!.data);
}

function entriesOf(results: Results<Values>): [ResultName, Values][] {
  return (Object.entries(results) as [ResultName, Values | undefined][]).filter(
    (entry): entry is [ResultName, Values] => entry[1] !== undefined,
  );
}
