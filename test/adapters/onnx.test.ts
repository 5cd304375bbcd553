import { describe, expect, it } from "vitest";
import * as onnx from "../../src/adapters/onnx/index.js";
import { createEngineSync, type Engine, Tensor } from "../../src/index.js";
import { dtypes } from "../support/dtypes.js";
import { type OperatorCall, operatorCalls } from "./operators.js";
import { bitsOf, expectClose, residentOf } from "./support.js";

function run(
  { operator, inputs, attributes, opset, expected }: OperatorCall,
  engine: Engine,
  resident = false,
): Tensor[] {
  const operands = inputs.map((input) => (input && resident ? residentOf(engine, input) : input));
  return operator(operands, (attributes ?? {}) as never, { opset, outputs: expected.length, engine });
}

describe.each(["wasm", "js"] as const)("%s backend", (backend) => {
  const engine = createEngineSync({ backend });

  describe.each(dtypes)("%s", (dtype) => {
    const calls = operatorCalls(dtype);

    it("calls every operator", () => {
      expect(new Set(calls.map(({ operator }) => operator))).toEqual(new Set(Object.values(onnx)));
    });

    it.each(calls)("$label", (call) => {
      const results = run(call, engine);
      expect(results.length).toBe(call.expected.length);
      results.forEach((result, index) => {
        expect(result.resident).toBe(false);
        expect(result.dtype).toBe(call.dtypes?.[index] ?? dtype);
        expectClose(result, call.expected[index], call.roundings);
      });
    });

    it.each(calls)("$label: resident tensors give the same bits, and nothing else stays", (call) => {
      const results = engine.scope(() => {
        const results = run(call, engine, true);
        expect(results.every(({ resident }) => resident)).toBe(true);
        return results;
      });
      expect(bitsOf(results)).toEqual(bitsOf(run(call, engine)));
      for (const result of results) result.dispose();
      expect(engine.memory.usedBytes).toBe(0);
    });
  });
});

describe("the default engine", () => {
  it("runs what names no engine", () => {
    const x = { data: Float32Array.of(1, 2, 3), shape: [1, 3] };
    const [y] = onnx.LpNormalization([x], { p: 1 });
    expect(Array.from(y.data)).toEqual([1 / 6, 1 / 3, 1 / 2].map(Math.fround));
    expect(Tensor.is(y)).toBe(true);
  });
});
