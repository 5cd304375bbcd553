import { float32, float64, type Format, formatOfDType } from "../../dtype.js";
import { encodeBfloats, encodeHalves } from "../../math/half.js";
import type { Tensor } from "../../tensor.js";
import { newTensor } from "../engine.js";
import { mapTiles } from "../tiles.js";
import type { Call } from "./call.js";

// Numbers of TensorProto.DataType.
const FLOAT = 1;
const FLOAT16 = 10;
const DOUBLE = 11;
const BFLOAT16 = 16;

/**
 * Checks `stash_type` where no output depends on it: the precision of the statistics. Ours is that of x or float32, whichever is
 * more, whatever is asked for.
 */
export function checkStashType(call: Call): void {
  call.choice("stash_type", [FLOAT, FLOAT16, DOUBLE, BFLOAT16], FLOAT);
}

/** The format that `stash_type` gives statistics: float or bfloat16, and for an x of float64 also double. */
export function statisticsFormat(call: Call, x: Tensor): Format {
  const choices = x.dtype === "float64" ? [FLOAT, DOUBLE, BFLOAT16] : [FLOAT, BFLOAT16];
  const stashType = call.choice("stash_type", choices, FLOAT);
  if (stashType === DOUBLE) return float64;
  return stashType === FLOAT ? float32 : formatOfDType(call.name, "bfloat16");
}

/** A tensor in another format; itself, if it has that dtype. */
export function cast(call: Call, tensor: Tensor, format: Format): Tensor {
  if (tensor.dtype === format.dtype) return tensor;
  const result = newTensor(call.engine, call.name, tensor, tensor.sizes, format);
  if (tensor.dtype === "float32" && format.arrayName === "Uint16Array") {
    // At once: what is float32 already need not be rounded from float64.
    const encode = format.dtype === "float16" ? encodeHalves : encodeBfloats;
    encode(result.data as Uint16Array, tensor.data as Float32Array);
  } else {
    mapTiles(tensor, [result], []);
  }
  return result;
}

/** A tensor in what it is computed in: float32 instead of 16 bits. */
export function widened(call: Call, tensor: Tensor): Tensor {
  return tensor.format.bytes === 2 ? cast(call, tensor, float32) : tensor;
}
