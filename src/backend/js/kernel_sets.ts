import type { DType } from "../../dtype.js";
import type { Operand } from "../../ops/operand.js";
import type { Kernels } from "./kernels.js";
import * as maps32 from "./maps32.js";
import * as maps64 from "./maps64.js";
import * as sums32 from "./sums32.js";
import * as sums64 from "./sums64.js";

/** float32: float64 has digits and range to spare. */
const float32: Kernels = {
  tolerance: 2 ** 20,
  rescales: false,
  ...sums32,
  ...maps32,
};

/** 16-bit numbers, widened to float32. The window is part of their sums' order, and so of their bits. */
const widened: Kernels = { ...float32, window: 4096 };

/** float64: a shift within a quarter of a standard deviation costs no digits, and the sums have no range to spare. */
const float64: Kernels = {
  tolerance: 2 ** -4,
  rescales: true,
  ...sums64,
  ...maps64,
};

const byDType = { float32, float64, float16: widened, bfloat16: widened } satisfies Record<DType, unknown>;

/** The loops for an operand's elements. */
export function kernelsOf({ format }: Operand): Kernels {
  return byDType[format.dtype];
}
