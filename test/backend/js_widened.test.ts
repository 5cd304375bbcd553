import { describe, expect, it } from "vitest";
import { jsBackend } from "../../src/backend/js/backend.js";
import { formatOfDType } from "../../src/dtype.js";
import { UnsupportedError } from "../../src/errors.js";
import type { Operand } from "../../src/ops/operand.js";

describe("a 16-bit tensor whose float32 copy the platform refuses", () => {
  it.each(["float16", "bfloat16"])("is a typed error, %s", (dtype) => {
    const size = 2 ** 50;
    const format = formatOfDType("test", dtype);
    // No array is that large: the operand only says so.
    const x: Operand = { data: new Uint16Array(8), sizes: [size], size, offset: -1, format };
    const out = { ...x, size: 8, sizes: [8], data: new Uint16Array(8).fill(7) };
    const job = { functionName: "normalize", blocks: 1, steps: size, columns: 1, p: 2, eps: 0, x, out };
    expect(() => jsBackend.power(job)).toThrow(UnsupportedError);
    expect(() => jsBackend.power(job)).toThrow(
      /^normalize: x must fit a Float32Array .*, got 1125899906842624 elements$/,
    );
    expect([...out.data]).toEqual(Array(8).fill(7));
  });
});
