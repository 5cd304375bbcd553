import { describe, expect, it } from "vitest";
import { title } from "./calls.js";
import { oracleOf } from "./expected.js";
import { loadGoldens, type Golden, type ResultName } from "./load.js";
import { worstError } from "./measure.js";
import { numbersOf } from "./numbers.js";

const goldens = loadGoldens();

describe("the oracle and the goldens' reference, written in two languages", () => {
  for (const golden of goldens)
    it(title(golden), () => {
      const { values, scales } = oracleOf(golden);
      for (const name of namesOf(golden.reference)) {
        const error = worstError(golden.reference[name]!, values[name]!, scales[name]!, golden.input.dtype);
        expect(error, name).toBeLessThanOrEqual(agreement(golden, name));
      }
    });

  /** In u. Of the oracle, what is not in twice float64's precision is some u of float64 off. */
  function agreement({ op, input }: Golden, name: ResultName): number {
    if (input.dtype !== "float64") return 1e-6;
    return op === "normalize" || op === "localResponseNorm" || name.startsWith("running") ? 8 : 1;
  }
});

describe("the error of PyTorch's own results, as recorded", () => {
  for (const golden of goldens.filter(({ torch }) => torch))
    it(title(golden), () => {
      const { scales } = oracleOf(golden);
      const { err: recorded, ...results } = golden.torch!;
      for (const name of namesOf(recorded)) {
        const torch = {
          ...results[name]!,
          data: Float64Array.from(numbersOf(results[name]!)),
          dtype: "float64",
        } as const;
        const error = worstError(torch, numbersOf(golden.reference[name]!), scales[name]!, golden.input.dtype);
        expect(Math.abs(error - recorded[name]!), name).toBeLessThanOrEqual(1e-9 * recorded[name]!);
      }
    });
});

function namesOf(results: Partial<Record<ResultName, unknown>>): ResultName[] {
  return Object.keys(results) as ResultName[];
}
