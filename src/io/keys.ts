import { describe } from "../dtype.js";
import { ArgumentError } from "../errors.js";
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

/** Checks that text can be written as UTF-8, which has no halves of surrogate pairs. Throws ArgumentError. */
export function checkKey(functionName: string, argument: string, text: unknown): void {
  if (typeof text !== "string") throw new ArgumentError(functionName, argument, "must hold strings", describe(text));
  if (/\p{Surrogate}/u.test(text))
    throw new ArgumentError(functionName, argument, "must hold valid Unicode", quoteText(text));
}
