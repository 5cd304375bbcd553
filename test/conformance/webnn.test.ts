// The tests of WebNN: of web-platform-tests, webnn-baseline (in float64) and webnn-polyfill.

import { describe, expect, it } from "vitest";
import { createEngineSync, type Engine, LanenormError, type Tensor } from "../../src/index.js";
import * as webnn from "../../src/adapters/webnn/index.js";
import { type Case, tensorOf, withCases } from "./cases.js";
import { expectOutput } from "./compare.js";

type Method = (...args: unknown[]) => Tensor;

/** Operands of each method; all that follow are options, in this order. */
const methods: Readonly<Record<string, { readonly method: Method; readonly operands: number }>> = {
  batchNormalization: { method: webnn.batchNormalization as Method, operands: 3 },
  instanceNormalization: { method: webnn.instanceNormalization as Method, operands: 1 },
  layerNormalization: { method: webnn.layerNormalization as Method, operands: 1 },
};

function run({ op, attributes, inputs }: Case, engine: Engine): Tensor {
  const { method, operands } = methods[op];
  const tensors = inputs.map((input) => input && tensorOf(input));
  const [scale, bias] = tensors.slice(operands).map((tensor) => tensor ?? undefined);
  return method(...tensors.slice(0, operands), { ...attributes, scale, bias, engine });
}

describe.each(["wasm", "js"] as const)("WebNN, %s backend", (backend) => {
  const engine = createEngineSync({ backend });

  withCases("webnn", (cases) => {
    const mustThrow = cases.filter(({ error }) => error);
    const mustNot = cases.filter(({ error, inputs }) => !error && !inputs[0]!.data);
    const computed = cases.filter(({ inputs }) => inputs[0]!.data);

    it("has all cases", () => {
      expect(cases.length).toBe(181);
      expect(mustThrow.length).toBe(33);
      expect(mustThrow.length + mustNot.length + computed.length).toBe(181);
    });

    it.each(computed)("$op: $name", (testCase) => {
      expectOutput(run(testCase, engine), testCase.outputs[0], testCase);
    });

    it.each(mustNot)("$op takes: $name", (testCase) => {
      expect(run(testCase, engine).shape).toEqual(testCase.inputs[0]!.shape);
    });

    it.each(mustThrow)("$op: $name", (testCase) => expect(() => run(testCase, engine)).toThrow(LanenormError));
  });
});
