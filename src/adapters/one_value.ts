// The functions of the package refuse groups of one value, as PyTorch's do; their `native` forms, ONNX and WebNN do not.

import type { Engine } from "../engine/engine.js";
import type { GroupNormOptions } from "../ops/group_norm.js";
import type { InstanceNormOptions } from "../ops/instance_norm.js";
import type { Tensor } from "../tensor.js";

/** groupNorm of any x. */
export function groupNorm(engine: Engine, x: Tensor, numGroups: number, options: GroupNormOptions): Tensor {
  if (x.size !== numGroups) return engine.groupNorm(x, numGroups, options);
  return engine.scope(() => engine.nativeGroupNorm(x, numGroups, options).output);
}

/** instanceNorm of any x with two dimensions beside N and C, or more or less. */
export function instanceNorm(engine: Engine, x: Tensor, options: InstanceNormOptions): Tensor {
  const channels = x.sizes[options.layout === "channels-last" ? x.sizes.length - 1 : 1];
  if (x.size !== x.sizes[0] * channels) return engine.instanceNorm(x, options);
  return engine.scope(() => engine.nativeInstanceNorm(x, options).output);
}
