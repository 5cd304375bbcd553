import { FormatError } from "../../errors.js";
import type { InputFile } from "./input.js";

/** The key of the tensor that is meant: the one that was named, or the only one. */
export function chooseKey({ command, name }: InputFile, keys: readonly string[], wanted: string | undefined): string {
  if (wanted === undefined && keys.length === 1) return keys[0]!;
  if (wanted !== undefined && keys.includes(wanted)) return wanted;
  const expected = wanted === undefined ? "must be followed by :key" : `must hold ${wanted}`;
  throw new FormatError(command, name, expected, fileOf(keys));
}

const MOST_LISTED = 8;

/** A file by its keys, of which the first few are named. */
export function fileOf(keys: readonly string[]): string {
  if (keys.length === 0) return "a file without tensors";
  const more = keys.length > MOST_LISTED ? `, and ${keys.length - MOST_LISTED} more` : "";
  return `a file of ${keys.slice(0, MOST_LISTED).join(", ")}${more}`;
}
