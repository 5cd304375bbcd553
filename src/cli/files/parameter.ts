import type { DType } from "../../dtype.js";
import type { TensorLike } from "../../tensor.js";
import type { Environment } from "../environment.js";
import { asParameter } from "./convert.js";
import { loadTensor } from "./load.js";
import { openTensor } from "./open_tensor.js";

/**
 * A parameter for an x of dtype `like`, from a file: of that dtype, or for an x of 16 bits of float32. Others are widened,
 * which is exact, or rounded, which is said on standard error.
 */
export async function readParameter(
  command: string,
  reference: string,
  like: DType,
  environment: Environment,
): Promise<TensorLike> {
  const file = await openTensor(command, reference, environment);
  try {
    const stored = file.tensor();
    const { tensor, note } = asParameter(loadTensor(stored), like);
    if (note !== undefined) environment.stderr.write(`lanenorm: ${stored.argument}: ${note}\n`);
    return tensor;
  } finally {
    file.close();
  }
}
