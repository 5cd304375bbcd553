import { formatOfDType, type TypedArray } from "../../dtype.js";
import { OutOfMemoryError } from "../../errors.js";
import { sizeOf } from "../../shape.js";
import type { TensorLike } from "../../tensor.js";
import { formatBytes } from "../format.js";
import { FileElements } from "./file_elements.js";
import { bytesOf, type FileTensor } from "./file_tensor.js";

/** All of a tensor, in an array of its own. */
export function loadTensor(file: FileTensor): TensorLike {
  const { dtype, shape } = file;
  const data = allocate(file);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  new FileElements(file, () => undefined).read(bytes, 0);
  return { data, shape, dtype };
}

function allocate(file: FileTensor): TypedArray {
  try {
    return new (formatOfDType(file.command, file.dtype).Array!)(sizeOf(file.shape));
  } catch {
    throw new OutOfMemoryError(file.command, file.argument, "must fit in memory", formatBytes(bytesOf(file)));
  }
}
