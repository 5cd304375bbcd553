import { describe, expect, it } from "vitest";
import { jsBackend } from "../../src/backend/js/backend.js";
import { dtypes } from "../support/dtypes.js";
import { err } from "../support/error.js";
import { familiesOf } from "../support/family/of_dtype.js";
import { groupByAxes } from "../support/reference/grouping.js";
import { localResponseNormReference } from "../support/reference/local_response.js";
import { empty, groupsOfFamily, operand } from "./operands.js";

describe.each(dtypes)("%s", (dtype) => {
  it.each([
    { size: 9, alpha: 0.3, beta: 2.3, k: 1 },
    { size: 9, alpha: 0.7, beta: 5, k: 0.1 },
    { size: 5, alpha: 1e-4, beta: 4.9, k: 2 },
    { size: 30, alpha: 3, beta: 3.7, k: 0 },
    { size: 3, alpha: 1, beta: -1.2, k: 1 },
  ])("loses no digits to large exponents: $size, $alpha, $beta, $k", (options) => {
    const [samples, channels, span] = [2, 33, 5];
    const window = { before: Math.floor(options.size / 2), after: Math.floor((options.size - 1) / 2), ...options };
    for (const name of Object.keys(familiesOf(dtype))) {
      const values = Float64Array.from(groupsOfFamily(dtype, name, groupByAxes([samples, channels * span], [1])));
      const [x, out] = [operand(dtype, values), empty(dtype, values.length)];
      jsBackend.localResponse({ functionName: "test", samples, channels, span, last: false, ...window, x, out });
      const shape = { batch: samples, channels, spatial: span, layout: "channels-first" } as const;
      const reference = localResponseNormReference(values, shape, options);
      expect(err(out.data, reference, dtype), name).toBeLessThan(8);
    }
  });
});
