import { describe, expect, it } from "vitest";
import { createEngineSync, ShapeError, type Engine } from "../../src/index.js";
import { err, meanErr, rstdErr } from "../support/error.js";
import type { Reference } from "../support/oracle.js";
import { asReference, title } from "./expected.js";
import { loadGoldens, type Golden } from "./load.js";

/** The accuracy contract's bound on err. */
const bound = 8;

const exact = { output: 0, mean: 0, rstd: 0 };

goldenSuite("wasm");
goldenSuite("js");

/** Every golden on one backend: against the float64 reference, and against PyTorch as closely as PyTorch is right. */
function goldenSuite(backend: "wasm" | "js"): void {
  describe(`PyTorch's goldens on ${backend}`, () => {
    const engine = createEngineSync({ backend });
    for (const golden of loadGoldens())
      it(title(golden), () => {
        const { output, mean, rstd } = native(engine, golden);
        expect(output.shape).toEqual(golden.shape);
        expect(mean.shape).toEqual(golden.torch.statisticsShape);
        expect(rstd.shape).toEqual(golden.torch.statisticsShape);
        const results = { output: output.data, mean: mean.data, rstd: rstd.data };
        expectWithin(results, asReference(golden, golden.reference), exact);
        expectWithin(results, asReference(golden, golden.torch), golden.torch.err);
        expectFunctional(engine, golden, output.data);
      });
  });
}

type Errors = Golden["torch"]["err"];

function expectWithin(results: Record<keyof Errors, Float32Array>, reference: Reference, allowance: Errors): void {
  expect(err(results.output, reference)).toBeLessThanOrEqual(allowance.output + bound);
  expect(meanErr(results.mean, reference)).toBeLessThanOrEqual(allowance.mean + bound);
  expect(rstdErr(results.rstd, reference)).toBeLessThanOrEqual(allowance.rstd + bound);
}

/** The functional form refuses what PyTorch's refuses, and otherwise gives the native form's bits. */
function expectFunctional(engine: Engine, golden: Golden, nativeOutput: Float32Array): void {
  if (golden.torch.functionalRaises) expect(() => functional(engine, golden)).toThrow(ShapeError);
  else expect(functional(engine, golden).data).toEqual(nativeOutput);
}

function native(engine: Engine, golden: Golden): ReturnType<Engine["nativeLayerNorm"]> {
  const x = { data: golden.input, shape: golden.shape };
  if (golden.op === "layerNorm") return engine.nativeLayerNorm(x, golden.normalizedShape, parameters(golden));
  return engine.nativeGroupNorm(x, golden.numGroups, parameters(golden));
}

function functional(engine: Engine, golden: Golden): ReturnType<Engine["layerNorm"]> {
  const x = { data: golden.input, shape: golden.shape };
  if (golden.op === "layerNorm") return engine.layerNorm(x, golden.normalizedShape, parameters(golden));
  return engine.groupNorm(x, golden.numGroups, parameters(golden));
}

function parameters({ weight, bias, eps }: Golden): Pick<Golden, "weight" | "bias" | "eps"> {
  return { weight, bias, eps };
}
