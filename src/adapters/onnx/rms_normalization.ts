import { sizeOf } from "../../shape.js";
import type { Tensor } from "../../tensor.js";
import { newTensor } from "../engine.js";
import { mapTiles, multiplying } from "../tiles.js";
import { spreadOver } from "./broadcast.js";
import { type Call, type Inputs, lastOnnxOpset, type Operator, type OperatorOptions, run } from "./call.js";
import { checkStashType } from "./stash_type.js";

/** Attributes of RMSNormalization. */
export interface RMSNormalizationAttributes {
  /** The first normalised dimension; a negative one counts from the end. Default -1. */
  axis?: number;
  /** Added to the mean square. Default 1e-5. */
  epsilon?: number;
  /** 1, 10, 11 or 16: the least precision of the root mean square. Default 1, float. */
  stash_type?: number;
}

const operator: Operator = {
  name: "RMSNormalization",
  versions: {
    23: { inputs: ["X", "scale"], outputs: ["Y"], attributes: ["axis", "epsilon", "stash_type"] },
  },
  lastOpset: lastOnnxOpset,
};

/**
 * Root mean square normalisation over the dimensions from `axis` on. Normalised numbers are cast back to X's dtype before they
 * are scaled, so an X of 16 bits is rounded twice, as the specification says and models are trained.
 *
 * @param inputs X of rank 1 or more; scale of any dtype and a shape that broadcasts to X's
 * @returns Y of X's shape and scale's dtype
 * @throws ShapeError, DTypeError, ArgumentError, DisposedError, OutOfMemoryError
 * @see ONNX RMSNormalization, since opset 23
 */
export function RMSNormalization(
  inputs: Inputs,
  attributes?: RMSNormalizationAttributes | null,
  options?: OperatorOptions,
): Tensor[] {
  return run(operator, inputs, attributes, options, rmsNormalization);
}

function rmsNormalization(call: Call): Tensor[] {
  const { engine } = call;
  const x = call.tensor(0, 1);
  const axis = call.axis("axis", -1, x);
  const eps = call.number("epsilon", 1e-5);
  checkStashType(call);
  const weight = spreadOver(call, 1, call.tensor(1), x, axis);
  const shape = x.sizes.slice(axis);
  const fits = weight.dtype === x.dtype && weight.sizes.length === shape.length;
  // No cast in between: x has the dtype that it is computed in.
  if (fits && x.format.bytes !== 2) return [engine.rmsNorm(x, shape, { weight, eps })];
  return engine.scope(() => {
    const y = engine.rmsNorm(x, shape, { eps });
    return [fits ? scaleRows(call, y, weight) : scale(call, y, weight)];
  });
}

/** y * weight in place, by a kernel: its other coefficients leave every number as it is, -0 included. */
function scaleRows({ engine }: Call, y: Tensor, weight: Tensor): Tensor {
  const rows = sizeOf(y.sizes.slice(0, y.sizes.length - weight.sizes.length));
  const nothing = new Float32Array(Math.max(rows, weight.size)).fill(-0);
  const one = new Float32Array(rows).fill(1);
  const beta = nothing.subarray(0, weight.size);
  return engine.affineVectorized(y, one, nothing.subarray(0, rows), weight, beta, { out: y });
}

function scale(call: Call, y: Tensor, weight: Tensor): Tensor {
  const result = weight.dtype === y.dtype ? y : newTensor(call.engine, call.name, y, y.sizes, weight.format);
  mapTiles(y, [result], [multiplying(weight, y)]);
  return result;
}
