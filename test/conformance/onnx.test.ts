// The backend tests of ONNX: 61 of the newest release, 28 of older ones.

import { describe, expect, it } from "vitest";
import { createEngineSync, type Tensor } from "../../src/index.js";
import * as onnx from "../../src/adapters/onnx/index.js";
import { type Case, tensorOf, withCases } from "./cases.js";
import { expectOutput } from "./compare.js";

type Operator = (inputs: onnx.Inputs, attributes: object, options: onnx.OperatorOptions) => Tensor[];

/** Expects 0 / 0 to be NaN, which later releases define as 0 in the same opset. */
const superseded = ["test_l2normalization_axis_0@v1.19.0"];

describe.each(["wasm", "js"] as const)("ONNX, %s backend", (backend) => {
  const engine = createEngineSync({ backend });

  function run({ op, opset, attributes, inputs, outputs }: Case): Tensor[] {
    const operator = (onnx as unknown as Record<string, Operator>)[op];
    const operands = inputs.map((input) => input && tensorOf(input));
    return operator(operands, attributes, { opset: opset!, outputs: outputs.length, engine });
  }

  withCases("onnx", (cases) => {
    it("has all cases", () => expect(cases.length).toBe(89));

    it.each(cases.filter(({ name }) => !superseded.includes(name)))("$name, opset $opset", (testCase) => {
      const results = run(testCase);
      expect(results.length).toBe(testCase.outputs.length);
      results.forEach((result, index) => expectOutput(result, testCase.outputs[index], testCase));
    });

    it.each(cases.filter(({ name }) => superseded.includes(name)))("$name is 0 instead of NaN", (testCase) => {
      const [expected] = testCase.outputs;
      const data = expected.data!.map((value) => (value === "NaN" ? 0 : value));
      expectOutput(run(testCase)[0], { ...expected, data }, testCase);
    });
  });
});
