import type { Engine } from "../engine/engine.js";
import type { BatchNormOptions } from "../ops/batch_norm.js";
import type { Tensor } from "../tensor.js";
import { newTensor, reshaped } from "./engine.js";

/** batchNorm of x as if it had another shape, [N, C] or [N, C, ...]; nothing is copied. */
export function batchNormOf(
  engine: Engine,
  functionName: string,
  x: Tensor,
  shape: readonly number[],
  options: BatchNormOptions,
): Tensor {
  const result = newTensor(engine, functionName, x, x.sizes);
  try {
    // nativeBatchNorm, which takes channels of one value too; its statistics are freed.
    engine.scope(() => void engine.nativeBatchNorm(reshaped(x, shape), { ...options, out: reshaped(result, shape) }));
    return result;
  } catch (error) {
    result.dispose();
    throw error;
  }
}
