import { describe, expect, it } from "vitest";
import { createEngineSync, type Engine } from "../../src/index.js";
import { loadGradientGoldens, type GradientGolden, type GradientName, type Gradients, type Values } from "./load.js";
import { worstError } from "./measure.js";
import { numbersOf } from "./numbers.js";

/** The accuracy contract's bound on err of gradients. */
const bound = 16;

const goldens = loadGradientGoldens();

describe.each(["wasm", "js"] as const)("PyTorch's gradients on %s", (backend) => {
  const engine = createEngineSync({ backend });
  for (const [index, golden] of goldens.entries())
    it(`${index}: ${title(golden)}`, () => {
      const gradients = call(engine, golden);
      for (const name of Object.keys(golden.reference) as GradientName[])
        expectGradient(gradients[name]!, golden, name);
    });
});

function expectGradient(actual: Values, golden: GradientGolden, name: GradientName): void {
  const { input, torch, reference, scale } = golden;
  expect([actual.dtype, actual.shape], name).toEqual([input.dtype, reference[name]!.shape]);
  const errorOf = (expected: Values) => {
    return worstError(actual, numbersOf(expected), numbersOf(scale[name]!), input.dtype);
  };
  expect(errorOf(reference[name]!), name).toBeLessThanOrEqual(bound);
  if (torch) expect(errorOf(torch[name]!), `${name} of PyTorch`).toBeLessThanOrEqual(bound + torch.err[name]!);
}

type Function = (gradOutput: Values, x: Values, ...rest: unknown[]) => Gradients<Values>;

function call(engine: Engine, golden: GradientGolden): Gradients<Values> {
  const { op, gradOutput, input, arguments: rest, options, mean, rstd, weight } = golden;
  const given = Object.entries({ mean, rstd, weight }).filter(([, values]) => values);
  const method = (engine as unknown as Record<string, Function>)[op];
  // PyTorch's default, which we have none of.
  const training = op === "batchNormBackward" ? { training: false } : {};
  return method.call(engine, gradOutput, input, ...rest, { ...training, ...options, ...Object.fromEntries(given) });
}

function title({ op, input, data, arguments: rest, options, weight }: GradientGolden): string {
  const settings = [
    ...rest.map((argument) => `[${argument}]`),
    ...Object.entries(options).map((pair) => pair.join(" ")),
  ];
  return [`${op} of ${input.dtype} [${input.shape}]`, ...settings, weight ? "weight" : "no weight", data].join(", ");
}
