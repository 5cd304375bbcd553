import { FormatError } from "../../errors.js";
import type { TensorLike } from "../../tensor.js";
import { bytesIn, type InputFile } from "./input.js";
import { openNpzState } from "./npz_state.js";
import { openSafetensorsState } from "./safetensors_state.js";

/** A file of tensors by their keys, which can be written again with others in it. */
export interface StateFile {
  readonly extension: ".safetensors" | ".npz";
  readonly keys: readonly string[];
  read(key: string): Promise<TensorLike>;
  /**
   * Writes the file to `fd`, with `changes` in the place of what has their keys, or in addition; what is null there is left
   * out. All else is copied byte for byte, whatever it is.
   */
  rewrite(fd: number, changes: ReadonlyMap<string, TensorLike | null>): Promise<void>;
}

/** Files say what they are in their first bytes, whatever they are called. */
export async function openState(file: InputFile): Promise<StateFile> {
  const first = bytesIn(file, 0, 9);
  if (first[0] === 0x50 && first[1] === 0x4b) return openNpzState(file);
  if (first[8] === 0x7b || file.name.endsWith(".safetensors")) return openSafetensorsState(file);
  throw new FormatError(file.command, file.name, "must be .safetensors or .npz, which have keys", "neither");
}
