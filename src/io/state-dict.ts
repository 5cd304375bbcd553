import { describe } from "../dtype.js";
import { ArgumentError } from "../errors.js";
import { optionsOf } from "../ops/operand.js";
import type { Tensor } from "../tensor.js";
import { isInteger } from "./integers.js";
import { recordOf } from "./keys.js";
import { open } from "./safetensors.js";
import { quoteText } from "./scanner.js";
import type { ReadOptions, Source } from "./source.js";

export interface StateDictOptions extends ReadOptions {
  /** What the keys of the module begin with, like "h.0.ln_1."; by default "", which all do. */
  readonly prefix?: string;
}

/**
 * Reads the state dict of a module from a .safetensors file: an object, without a prototype, of what the file has under
 * keys that begin with `prefix`, by the rest of the key. Tensors are as `openSafetensors` reads them, and integers of shape
 * [], like `num_batches_tracked`, are numbers. Of a Blob nothing else is read.
 *
 * Throws ArgumentError if no key begins so; FormatError, as `readSafetensors`, for what is neither.
 */
export async function readStateDict(
  source: Source,
  options: StateDictOptions = {},
): Promise<Record<string, Tensor | number>> {
  const functionName = "readStateDict";
  const { prefix = "", name } = optionsOf(functionName, options, (given) => ({
    prefix: given.prefix,
    name: given.name,
  }));
  if (typeof prefix !== "string") throw new ArgumentError(functionName, "prefix", "must be a string", describe(prefix));
  const file = await open(functionName, source, { name });
  const keys = file.keys.filter((key) => key.startsWith(prefix));
  if (keys.length === 0) {
    const expected = `must begin one of the ${file.keys.length} keys in ${file.name}`;
    throw new ArgumentError(functionName, "prefix", expected, quoteText(prefix));
  }
  const dict = new Map<string, Tensor | number>();
  for (const key of keys) {
    const read = isInteger(file.info(key)) ? file.readInteger : file.read;
    dict.set(key.slice(prefix.length), await read(key));
  }
  return recordOf(dict);
}
