import { quote } from "../../dtype.js";
import { ArgumentError, ShapeError } from "../../errors.js";
import type { Layout } from "../../ops/channels.js";
import { formatShape } from "../../shape.js";
import type { Tensor, TensorLike } from "../../tensor.js";
import { named } from "../engine.js";
import { instanceNorm } from "../one_value.js";
import { type Method, methodOf, type NormalizationOptions, scaleAndBias } from "./operands.js";

/** Options of instanceNormalization. */
export interface InstanceNormalizationOptions extends NormalizationOptions {
  /** Where the channels are. Default "nchw". */
  layout?: "nchw" | "nhwc";
}

/**
 * Instance normalisation: each channel of each image by its own mean and variance. A channel of one value becomes bias.
 *
 * @param input [N, C, H, W], or [N, H, W, C] with layout "nhwc"
 * @param options scale and bias have shape [C]
 * @returns the input's shape and dtype; host for a host input, resident for a resident one
 * @throws ShapeError, DTypeError, ArgumentError, DisposedError, OutOfMemoryError
 * @see MLGraphBuilder.instanceNormalization, https://www.w3.org/TR/webnn
 */
export function instanceNormalization(input: TensorLike, options?: InstanceNormalizationOptions): Tensor {
  const name = "instanceNormalization";
  return named(name, () => {
    const method = methodOf(name, input, options, ["layout"]);
    const { sizes } = method.input;
    if (sizes.length !== 4) throw new ShapeError(name, "input", "must have 4 dimensions", formatShape(sizes));
    const layout = layoutOf(method);
    const parameters = scaleAndBias(method, [sizes[layout === "channels-first" ? 1 : 3]]);
    return instanceNorm(method.engine, method.input, { ...parameters, eps: method.eps, layout });
  });
}

function layoutOf({ name, options: { layout } }: Method<InstanceNormalizationOptions>): Layout {
  if (layout === undefined || layout === "nchw") return "channels-first";
  if (layout === "nhwc") return "channels-last";
  throw new ArgumentError(name, "layout", 'must be "nchw" or "nhwc"', quote(layout));
}
