import { sizeOf } from "../../shape.js";
import type { Tensor } from "../../tensor.js";
import { copyOf, reshaped } from "../engine.js";
import { type Call, type Inputs, lastOnnxOpset, type Operator, type OperatorOptions, run } from "./call.js";

/** Attributes of LRN. */
export interface LRNAttributes {
  /** Channels of the window. */
  size: number;
  /** Factor of the mean square of the window. Default 1e-4. */
  alpha?: number;
  /** Exponent of the divisor. Default 0.75. */
  beta?: number;
  /** Added to the scaled mean square. Default 1. */
  bias?: number;
}

const signature = { inputs: ["X"], outputs: ["Y"], attributes: ["alpha", "beta", "bias", "size"] };

const operator: Operator = { name: "LRN", versions: { 1: signature, 13: signature }, lastOpset: lastOnnxOpset };

/**
 * Local response normalisation: X / (bias + alpha / size * s)^beta, s the sum of squares of `size` neighbouring channels, from
 * floor((size - 1) / 2) before to ceil((size - 1) / 2) after.
 *
 * @param inputs X of shape [N, C, ...]
 * @returns Y of X's shape
 * @throws ShapeError, DTypeError, ArgumentError, DisposedError, OutOfMemoryError
 * @see ONNX LRN, opsets 1 and 13
 */
export function LRN(inputs: Inputs, attributes: LRNAttributes, options?: OperatorOptions): Tensor[] {
  return run(operator, inputs, attributes, options, lrn);
}

function lrn(call: Call): Tensor[] {
  const { engine } = call;
  const x = call.tensor(0, 2);
  const size = call.count("size");
  const options = { alpha: call.number("alpha", 1e-4), beta: call.number("beta", 0.75), k: call.number("bias", 1) };
  // A window of an even size reaches further forward, where localResponseNorm's reaches further back.
  const isEven = size % 2 === 0;
  if (!isEven && x.sizes.length > 2) return [engine.localResponseNorm(x, size, options)];
  return [
    engine.scope(() => {
      const y = copyOf(engine, call.name, x);
      const view = reshaped(y, [x.sizes[0], x.sizes[1], sizeOf(x.sizes.slice(2))]);
      if (isEven) reverseChannels(view);
      engine.localResponseNorm(view, size, { ...options, out: view });
      if (isEven) reverseChannels(view);
      return y;
    }),
  ];
}

/** Turns the order of the channels of [N, C, span] around, in place. */
function reverseChannels(tensor: Tensor): void {
  const [, channels, span] = tensor.sizes;
  const { size } = tensor;
  const data = tensor.data as Float32Array;
  const sample = channels * span;
  for (let start = 0; start < size; start += sample) {
    for (let low = start, high = start + sample - span; low < high; low += span, high -= span) {
      for (let i = 0; i < span; i++) {
        const element = data[low + i];
        data[low + i] = data[high + i];
        data[high + i] = element;
      }
    }
  }
}
