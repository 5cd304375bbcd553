import { DTypeError, UnsupportedError } from "../../errors.js";
import { npyHeader } from "../../io/npy-header.js";
import { safetensorsHeader } from "../../io/safetensors-header.js";
import { asArgumentError } from "../system-error.js";
import type { FileTensor } from "./file_tensor.js";
import { writeAt } from "./positioned.js";
import type { Reference } from "./reference.js";

/** The key of a result that was given none. */
const DEFAULT_KEY = "output";

/** Begins a file for one tensor of x's shape and dtype: .safetensors or .npy, by its name. Returns where its elements go. */
export function beginTensor(command: string, { path, key }: Reference, fd: number, x: FileTensor): FileTensor {
  const argument = `-o ${path}`;
  const header = headerOf(command, argument, path, key, x);
  try {
    writeAt(fd, header, 0);
  } catch (error) {
    throw asArgumentError(command, argument, "must be a file that can be written", error);
  }
  return { ...x, fd, begin: header.length, bigEndian: false, argument };
}

function headerOf(
  command: string,
  argument: string,
  path: string,
  key: string | undefined,
  { dtype, shape }: FileTensor,
): Uint8Array {
  if (/\.safetensors$/i.test(path)) return safetensorsHeader(new Map([[key ?? DEFAULT_KEY, { dtype, shape }]])).bytes;
  if (/\.npz$/i.test(path)) throw new UnsupportedError(command, argument, "must be .npy or .safetensors", ".npz");
  if (dtype === "bfloat16")
    throw new DTypeError(command, argument, "must be .safetensors for bfloat16, which NumPy does not have", path);
  return npyHeader(dtype, shape);
}
