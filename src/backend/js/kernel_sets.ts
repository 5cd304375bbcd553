import type { Kernels } from "./kernels.js";
import * as maps32 from "./maps32.js";
import * as maps64 from "./maps64.js";
import * as sums32 from "./sums32.js";
import * as sums64 from "./sums64.js";

/** float32, and decoded 16-bit numbers: float64 has digits and range to spare. */
export const kernels32: Kernels<Float32Array> = { tolerance: 2 ** 20, rescales: false, ...sums32, ...maps32 };

/** float64: a shift within a quarter of a standard deviation costs no digits, and the sums have no range to spare. */
export const kernels64: Kernels<Float64Array> = { tolerance: 2 ** -4, rescales: true, ...sums64, ...maps64 };
