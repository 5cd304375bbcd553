import { ShapeError } from "../../errors.js";
import { formatShape, sameShape } from "../../shape.js";
import { Tensor } from "../../tensor.js";
import { reshaped } from "../engine.js";
import { stridedCopy, stridesOf } from "../strided.js";
import type { Call } from "./call.js";

/**
 * An input that broadcasts to x, spread over x's last dimensions: from `axis` on, or from further out if it varies there. Then
 * its elements start over after the last wherever x goes on. Copied only where sizes of 1 meet larger ones.
 *
 * @see ONNX's Broadcasting.md, "Unidirectional Broadcasting"
 */
export function spreadOver(call: Call, index: number, input: Tensor, x: Tensor, axis: number): Tensor {
  const { sizes } = x;
  const padded = [...new Array<number>(Math.max(0, sizes.length - input.sizes.length)).fill(1), ...input.sizes];
  if (padded.length !== sizes.length || !padded.every((size, i) => size === 1 || size === sizes[i])) {
    const expected = `must broadcast to shape ${formatShape(sizes)}`;
    throw new ShapeError(call.name, call.inputName(index), expected, formatShape(input.sizes));
  }
  const varying = padded.findIndex((size) => size !== 1);
  const first = varying === -1 ? axis : Math.min(varying, axis);
  const shape = sizes.slice(first);
  if (sameShape(padded.slice(first), shape)) return reshaped(input, shape);
  const strides = stridesOf(padded).map((stride, i) => (padded[i] === 1 ? 0 : stride));
  return Tensor.host(stridedCopy(input.data, input.format, shape, strides.slice(first)), shape, input.format);
}
