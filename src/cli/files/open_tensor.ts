import { closeSync } from "node:fs";
import { FormatError } from "../../errors.js";
import type { Environment } from "../environment.js";
import type { FileTensor } from "./file_tensor.js";
import { bytesIn, type InputFile, openInput } from "./input.js";
import type { Location } from "./location.js";
import { locateInNpy } from "./npy.js";
import { locateInNpz } from "./npz.js";
import { parseReference } from "./reference.js";
import { rowMajorCopy } from "./row_major.js";
import { locateInSafetensors } from "./safetensors.js";

/** A tensor in a file that is to be closed. */
export interface OpenTensor {
  /** What is known of it before it is read. */
  readonly info: Pick<FileTensor, "dtype" | "shape">;
  /** Where it is, in row-major order: copied, if it was in another. */
  tensor(): FileTensor;
  close(): void;
}

/** Opens the tensor that `text` refers to: `x.npy`, `arrays.npz:key`, `model.safetensors:key`, or `-`. */
export async function openTensor(command: string, text: string, environment: Environment): Promise<OpenTensor> {
  const { path, key } = parseReference(text);
  const file = await openInput(command, path, environment);
  const spools = new Set<number>();
  const close = () => {
    file.close();
    for (const fd of spools) closeSync(fd);
  };
  try {
    const { fortranOrder, ...location } = await locate(file, key);
    if (location.fd !== file.fd) spools.add(location.fd);
    const stored: FileTensor = { ...location, command, argument: file.name };
    const tensor = () => {
      if (!fortranOrder) return stored;
      const copy = rowMajorCopy(stored);
      spools.add(copy.fd);
      return copy;
    };
    return { info: location, tensor, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Files say what they are in their first bytes, whatever they are called. */
function locate(file: InputFile, key: string | undefined): Location | Promise<Location> {
  const first = bytesIn(file, 0, 9);
  if (first[0] === 0x50 && first[1] === 0x4b) return locateInNpz(file, key);
  if (first[8] === 0x7b || file.name.endsWith(".safetensors")) return locateInSafetensors(file, key);
  if (key === undefined) return locateInNpy(file);
  throw new FormatError(file.command, file.name, "must be .safetensors or .npz, which have keys", "neither");
}
