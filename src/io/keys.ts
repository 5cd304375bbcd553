import { describe } from "../dtype.js";
import { ArgumentError } from "../errors.js";
import type { TensorLike } from "../tensor.js";
import { quoteText } from "./scanner.js";

/** An object without a prototype, in which `__proto__` is a key like any other. */
export function recordOf<Value>(entries: ReadonlyMap<string, Value>): Record<string, Value> {
  const record = Object.create(null) as Record<string, Value>;
  for (const [key, value] of entries) record[key] = value;
  return record;
}

/** What a file has under a key. Throws ArgumentError if it has nothing. */
export function entryOf<Entry>(
  functionName: string,
  fileName: string,
  entries: ReadonlyMap<string, Entry>,
  key: unknown,
): Entry {
  const entry = entries.get(key as string);
  if (entry !== undefined) return entry;
  const got = typeof key === "string" ? quoteText(key) : describe(key);
  throw new ArgumentError(functionName, "key", `must be one of the ${entries.size} in ${fileName}`, got);
}

/** The tensors of a writer's argument, by keys that UTF-8 can hold. Throws ArgumentError. */
export function tensorsOf<Value extends TensorLike | number>(
  functionName: string,
  tensors: Readonly<Record<string, Value>>,
): [string, Value][] {
  // A Map has no keys that Object.entries would see: its file would be empty.
  if (typeof tensors !== "object" || tensors === null || Symbol.iterator in tensors)
    throw new ArgumentError(functionName, "tensors", "must be an object of tensors by their keys", describe(tensors));
  const entries = Object.entries(tensors);
  for (const [key] of entries) checkText(functionName, "tensors", key);
  return entries;
}

/** Checks that text can be written as UTF-8, which has no halves of surrogate pairs. Throws ArgumentError. */
export function checkText(functionName: string, argument: string, text: unknown): void {
  if (typeof text !== "string") throw new ArgumentError(functionName, argument, "must hold strings", describe(text));
  if (/\p{Surrogate}/u.test(text))
    throw new ArgumentError(functionName, argument, "must hold valid Unicode", quoteText(text));
}
